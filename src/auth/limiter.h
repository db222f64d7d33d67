/* limiter.h: so many of something a minute for each key (token buckets).
 * Keys are hashes of an address, or of an account and an address together, so
 * that nobody can lock another out. Thread-safe, bounded in memory: when it
 * is full, the keys that have recovered are forgotten first.
 * Nodes may share a limiter (limiter_share). Each still holds the limit by
 * itself, which is what is left of it while they can't reach each other. */
#ifndef IM_AUTH_LIMITER_H
#define IM_AUTH_LIMITER_H

#include "util/str.h"

struct limiter;
struct router;

/* per_minute 0: never refuses. keys_max bounds memory (about 48 bytes each). */
struct limiter *limiter_new(unsigned per_minute, size_t keys_max);
/* The same with a rate and a reserve of their own. per_second 0: never refuses. */
struct limiter *limiter_new_burst(double per_second, double burst, size_t keys_max);
void limiter_free(struct limiter **limiter);

/* Before its first use: other nodes count in the same buckets, by the router (which ends before the limiter). name: a
 * literal, of this limiter on all nodes. A text is asked for at once, which may take ROUTER_WAIT_MS; a number is used
 * by everybody all the time, so what was taken is told in portions of an eighth of the burst, without waiting: n
 * nodes give at most n portions more than one would. */
void limiter_share(struct limiter *limiter, struct router *router, const char *name);

/* Takes one. false: none left; *retry_after_s says in how many seconds there is. */
bool limiter_take(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s);
/* Takes one even where there is none, on credit of at most one more burst. Returns how long the caller has to
 * wait until he may go on, in ms; 0: not at all. */
int64_t limiter_charge(struct limiter *limiter, uint64_t key, int64_t now_ms);
/* The same question without taking. */
bool limiter_peek(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s);
/* The same for a key that is text, such as an address. */
bool limiter_take_text(struct limiter *limiter, struct str key, int64_t now_ms, unsigned *retry_after_s);
bool limiter_peek_text(struct limiter *limiter, struct str key, int64_t now_ms, unsigned *retry_after_s);

#endif
