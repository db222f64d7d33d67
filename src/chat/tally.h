/* tally.h: how many members of a group have read how far.
 * Each reader's own sessions hear of his mark at once. The group hears one
 * number a second at most, however many read: "so many have read up to here",
 * for the greatest mark that moved. What it says may be a moment old; who
 * wants to know who they are asks (/msg/readers). */
#ifndef IM_CHAT_TALLY_H
#define IM_CHAT_TALLY_H

#include "chat/core.h"

struct tally;

struct tally *tally_new(void);
void tally_free(struct tally **tally);

/* The writer's: somebody in that group has read up to there. Dropped beyond a bound of groups. */
void tally_add(struct tally *tally, int64_t group, int64_t seq);
/* Whether there is something to tell. Any thread. */
bool tally_waiting(const struct tally *tally);

/* In a job, after the marks were stored: tells a bounded number of groups. tally_told comes after its commit. */
enum err tally_tell(struct tally *tally, struct core_tx *tx);
void tally_told(struct tally *tally, bool committed);

#endif
