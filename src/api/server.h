/* server.h: one running node, from its settings to its end. */
#ifndef IM_API_SERVER_H
#define IM_API_SERVER_H

#include "conf/conf.h"
#include "util/err.h"

/* Names of what lies in the data directory. */
#define SERVER_STORE_FILE "im_service.db"
#define SERVER_SEARCH_FILE "search.db"
#define SERVER_LOCK_FILE "im_service.lock"
#define SERVER_ADMIN_SOCKET "admin.sock"

/* Serves in the foreground until SIGTERM or SIGINT, then takes everything down
 * in reverse. Prints the address on stdout once requests are answered. What
 * fails at the start is logged and returned. */
enum err server_run(const struct conf *conf);

#endif
