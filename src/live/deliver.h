/* deliver.h: events to the sessions of one loop. */
#ifndef IM_LIVE_DELIVER_H
#define IM_LIVE_DELIVER_H

#include "live/shard.h"

/* core_options.deliver; context is the loop's struct shard. */
void deliver_events(void *context, const struct event_list *events, uint64_t number);

#endif
