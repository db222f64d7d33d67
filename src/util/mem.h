/* mem.h: allocation that does not fail.
 * Every queue and buffer above this is bounded, so running out of memory
 * is an operator's problem, not a code path: it is logged and aborts. */
#ifndef IM_UTIL_MEM_H
#define IM_UTIL_MEM_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void *mem_alloc(size_t size);              /* not cleared */
void *mem_zalloc(size_t size);             /* cleared */
void *mem_realloc(void *ptr, size_t size);
void *mem_dup(const void *ptr, size_t size);

/* Frees with free(3). */

#ifdef __cplusplus
}
#endif

#endif
