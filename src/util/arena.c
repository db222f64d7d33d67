/* arena.c: a list of blocks, filled from the front, freed together.
 * The first block is about what one command needs; later ones double up to
 * a bound, and what is larger than a block gets one of its own. */
#include "util/arena.h"

#include "util/mem.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK_BYTES_MIN 1024
#define BLOCK_BYTES_MAX 65536

struct arena_block {
    struct arena_block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) char bytes[];
};

static struct arena_block *block_new(struct arena *arena, size_t size)
{
    size_t room = arena->blocks == NULL ? BLOCK_BYTES_MIN - sizeof(struct arena_block) : arena->blocks->size * 2;
    if (room > BLOCK_BYTES_MAX)
        room = BLOCK_BYTES_MAX;
    if (room < size)
        room = size;
    struct arena_block *block = mem_alloc(sizeof(*block) + room);
    *block = (struct arena_block){ .next = arena->blocks, .size = room };
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    assert(size <= SIZE_MAX / 2);
    size_t whole = (size + align - 1) & ~(align - 1);
    struct arena_block *block = arena->blocks;
    if (block == NULL || block->size - block->used < whole)
        block = block_new(arena, whole);
    char *ptr = block->bytes + block->used;
    block->used += whole;
    arena->used_bytes += size;
    return ptr;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    return memset(arena_alloc(arena, size), 0, size);
}

struct str arena_str(struct arena *arena, struct str text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    if (text.size > 0)
        memcpy(copy, text.ptr, text.size);
    copy[text.size] = '\0';
    return (struct str){ copy, text.size };
}

struct str arena_format(struct arena *arena, const char *format, ...)
{
    assert(format != NULL);
    va_list args;
    va_start(args, format);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)size + 1, format, args);
    va_end(args);
    return (struct str){ text, (size_t)size };
}

void arena_release(struct arena *arena)
{
    struct arena_block *block = arena->blocks;
    while (block != NULL) {
        struct arena_block *next = block->next;
        free(block);
        block = next;
    }
    *arena = (struct arena){ 0 };
}
