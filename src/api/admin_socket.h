/* admin_socket.h: the way from a shell command into a running server: a
 * unix-domain socket in the data directory that only its owner may open. One
 * line of JSON in, one line out, and the connection ends. */
#ifndef IM_API_ADMIN_SOCKET_H
#define IM_API_ADMIN_SOCKET_H

#include "live/shard.h"
#include "net/listener.h"

/* On the shard's loop, before it runs. */
enum err admin_socket_open(struct shard *shard, const char *data, struct listener **out);
/* Ends what is open. */
void admin_socket_drain(struct shard *shard);

#endif
