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
/* The same with a rate and a reserve of their own. per_second 0: never refuses. */
struct limiter *limiter_new_burst(double per_second, double burst, size_t keys_max);
void limiter_free(struct limiter **limiter);

/* Takes one. false: none left; *retry_after_s says in how many seconds there is. */
bool limiter_take(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s);
/* Takes one even where there is none, on credit of at most one more burst. Returns how long the caller has to
 * wait until he may go on, in ms; 0: not at all. */
int64_t limiter_charge(struct limiter *limiter, uint64_t key, int64_t now_ms);
/* The same question without taking. */
bool limiter_peek(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s);

#endif
