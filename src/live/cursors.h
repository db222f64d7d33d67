/* cursors.h: delivered cursors on their way to the store, a batch a second. */
#ifndef IM_LIVE_CURSORS_H
#define IM_LIVE_CURSORS_H

#include "live/shard.h"

/* The device has everything of the chat up to seq. */
void cursors_confirm(struct shard *shard, int64_t user, int64_t device, int64_t chat, int64_t seq);
/* Submits what was collected. While the writer is full it is kept. */
void cursors_flush(struct shard *shard);
/* At the end: nothing can be saved any more. */
void cursors_drop(struct shard *shard);

#endif
