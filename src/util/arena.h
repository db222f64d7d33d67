/* arena.h: memory that dies all at once, at the end of a call.
 * A zeroed struct arena is valid and empty. Allocations are aligned for any
 * type. An arena belongs to one thread at a time. */
#ifndef IM_UTIL_ARENA_H
#define IM_UTIL_ARENA_H

#include "util/str.h"

#ifdef __cplusplus
extern "C" {
#endif

struct arena_block;
struct arena {
    struct arena_block *blocks;
    size_t used_bytes; /* total handed out */
};

void *arena_alloc(struct arena *arena, size_t size); /* not cleared */
void *arena_zalloc(struct arena *arena, size_t size);
/* Copies; the copy is followed by a NUL byte that its size does not count. */
struct str arena_str(struct arena *arena, struct str text);
struct str arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
void arena_release(struct arena *arena); /* Frees everything, zeroes *arena. */

#ifdef __cplusplus
}
#endif

#endif
