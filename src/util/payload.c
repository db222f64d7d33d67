/* payload.c: one allocation holds the count and the bytes. */
#include "util/payload.h"

#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

struct payload *payload_new(size_t size)
{
    assert(size <= UINT32_MAX);
    struct payload *payload = mem_alloc(sizeof(*payload) + size);
    payload->refs = 1;
    payload->size = (uint32_t)size;
    return payload;
}

struct payload *payload_from(struct str bytes)
{
    struct payload *payload = payload_new(bytes.size);
    if (bytes.size > 0)
        memcpy(payload->bytes, bytes.ptr, bytes.size);
    return payload;
}

void payload_unref(struct payload **payload)
{
    struct payload *one = *payload;
    *payload = NULL;
    if (one == NULL)
        return;
    assert(one->refs > 0);
    if (--one->refs == 0)
        free(one);
}
