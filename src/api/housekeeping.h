/* housekeeping.h: what nobody waits for: expired tokens and messages go, and
 * memory that a storm of connects has left behind is given back. */
#ifndef IM_API_HOUSEKEEPING_H
#define IM_API_HOUSEKEEPING_H

#include "live/shard.h"

struct housekeeping;

/* On the shard's loop, before it runs. */
struct housekeeping *housekeeping_new(struct shard *shard);
/* After the loop has ended. */
void housekeeping_free(struct housekeeping **housekeeping);

#endif
