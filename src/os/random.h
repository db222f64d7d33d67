/* random.h: the only source of randomness (libsodium). A test may replace it. */
#ifndef IM_OS_RANDOM_H
#define IM_OS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

void random_bytes(void *out, size_t size);
uint32_t random_below(uint32_t bound); /* uniform in [0, bound) */
/* NULL puts the system's back. */
void random_replace(void (*fill)(void *out, size_t size));

#endif
