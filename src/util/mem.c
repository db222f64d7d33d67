/* mem.c: allocation that ends the process where it cannot serve.
 * The log stands above this folder, so the last words go to stderr. */
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *ptr, size_t size)
{
    if (ptr == NULL) {
        fprintf(stderr, "im_service: out of memory allocating %zu bytes\n", size);
        abort();
    }
    return ptr;
}

/* malloc(0) may give NULL, which here would read as failure. */
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *mem_alloc(size_t size)
{
    return checked(malloc(at_least_one(size)), size);
}

void *mem_zalloc(size_t size)
{
    return checked(calloc(1, at_least_one(size)), size);
}

void *mem_realloc(void *ptr, size_t size)
{
    return checked(realloc(ptr, at_least_one(size)), size);
}

void *mem_dup(const void *ptr, size_t size)
{
    void *copy = mem_alloc(size);
    if (size > 0)
        memcpy(copy, ptr, size);
    return copy;
}
