/* compress.h: frames for sessions that took permessage-deflate. */
#ifndef IM_LIVE_COMPRESS_H
#define IM_LIVE_COMPRESS_H

#include "live/shard.h"
#include "util/payload.h"

/* The same text frames, those worth it compressed (RFC 7692, without context).
 * The caller gets a reference. A payload that goes to many sessions one after
 * the other is compressed once. */
struct payload *compress_frames(struct shard *shard, struct payload *plain);
void compress_forget(struct shard *shard);

#endif
