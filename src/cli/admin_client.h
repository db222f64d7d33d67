/* admin_client.h: an operator's request, carried out by the running server or,
 * when none runs, on the store itself. Never two writers: the second way
 * takes the same lock the server takes. */
#ifndef IM_CLI_ADMIN_CLIENT_H
#define IM_CLI_ADMIN_CLIENT_H

#include "conf/conf.h"
#include "util/buf.h"
#include "util/err.h"

struct admin_client;

/* error says in one sentence what is in the way. */
enum err admin_client_open(const struct conf *conf, struct admin_client **out, struct buf *error);
/* One JSON object in, one out. */
enum err admin_client_ask(struct admin_client *client, struct str request, struct buf *answer);
void admin_client_close(struct admin_client **client);

#endif
