/* gateway.h: where accepted connections become requests. */
#ifndef IM_API_GATEWAY_H
#define IM_API_GATEWAY_H

#include "live/shard.h"

/* Gives the shard its HTTP server. */
void gateway_open(struct shard *shard);
/* The listener's conn_accepted; context is the loop's struct shard. */
void gateway_accepted(struct conn *conn, void *context);

#endif
