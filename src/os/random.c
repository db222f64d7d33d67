/* random.c: libsodium's generator, unless a test brought its own. */
#include "os/random.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <threads.h>

static once_flag sodium_ready = ONCE_FLAG_INIT;

static void sodium_start(void)
{
    if (sodium_init() < 0)
        abort(); /* No randomness, no tokens: nothing can be served. */
}

static void system_fill(void *out, size_t size)
{
    call_once(&sodium_ready, sodium_start);
    randombytes_buf(out, size);
}

static void (*source)(void *out, size_t size) = system_fill;

void random_bytes(void *out, size_t size)
{
    if (size > 0)
        source(out, size);
}

uint32_t random_below(uint32_t bound)
{
    assert(bound > 0);
    /* The first 2^32 mod bound values would come up once too often. */
    uint32_t skip = (0u - bound) % bound;
    uint32_t value;
    do {
        random_bytes(&value, sizeof(value));
    } while (value < skip);
    return value % bound;
}

void random_replace(void (*fill)(void *out, size_t size))
{
    source = fill == NULL ? system_fill : fill;
}
