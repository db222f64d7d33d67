/* acks.h: what v2 devices say they have, on its way to the store: the latest
 * of each chat, a batch every few seconds. Late is fine: a device that comes
 * back says itself how far it is, or gets again what it had. */
#ifndef IM_LIVE_ACKS_H
#define IM_LIVE_ACKS_H

#include "live/session.h"

/* Frame 1 from a client: chat, dstObj, seq and mver; or pver alone. ERR_ARG. */
enum err ack_taken(struct session *session, const struct json *frame);
/* Submits what was collected. While the writer is full it is kept. */
void acks_flush(struct shard *shard);
/* At the end: nothing can be saved any more. */
void acks_drop(struct shard *shard);

#endif
