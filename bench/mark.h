/* mark.h: what a message says of itself, in its content.
 * ~T, the time it was meant to leave (16 hex digits of monotonic ns), its
 * stream and its number in the stream (8 each), ~. It has no byte that JSON or
 * HTML escapes, so it is found by a plain scan, without parsing. */
#ifndef IM_BENCH_MARK_H
#define IM_BENCH_MARK_H

#include "common.h"

#define MARK_SIZE 35

struct mark {
    int64_t sent_ns;
    uint32_t stream;
    uint32_t number; /* from 0 */
};

void mark_write(char out[MARK_SIZE], const struct mark *mark);
/* hint: where the last one stood, tried first. false: the payload has none. */
bool mark_find(const char *payload, size_t size, size_t *hint, struct mark *mark);

/* Which numbers of a stream arrived at one place. The last 64 are remembered
 * each, so that a repetition is told from one that came late. */
struct tally {
    uint32_t next; /* the smallest number above all that came */
    uint32_t lost, repeated, late;
    uint64_t seen; /* bit i: next - 1 - i came */
};
void tally_add(struct tally *tally, uint32_t number);
/* Numbers below sent that never came. */
uint64_t tally_lost(const struct tally *tally, uint32_t sent);

#endif
