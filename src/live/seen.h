/* seen.h: when users were last here, written lazily: a notice that somebody left does not wait for a disk. */
#ifndef IM_LIVE_SEEN_H
#define IM_LIVE_SEEN_H

#include "live/shard.h"

/* The user is here now: his first session began, or his last one ended. */
void seen_note(struct shard *shard, int64_t user);
/* Hands what was noted to the writer: once a tick. */
void seen_flush(struct shard *shard);
void seen_drop(struct shard *shard);

#endif
