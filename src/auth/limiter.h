/* limiter.h: so many of something a minute for each key (token buckets).
 * Keys are hashes of an address, or of an account and an address together, so
 * that nobody can lock another out. Thread-safe, bounded in memory: when it
 * is full, the keys that have recovered are forgotten first. */
#ifndef IM_AUTH_LIMITER_H
#define IM_AUTH_LIMITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct limiter;

/* per_minute 0: never refuses. keys_max bounds memory (about 48 bytes each). */
struct limiter *limiter_new(unsigned per_minute, size_t keys_max);
void limiter_free(struct limiter **limiter);

/* Takes one. false: none left; *retry_after_s says in how many seconds there is. */
bool limiter_take(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s);
/* The same question without taking. */
bool limiter_peek(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s);

#endif
