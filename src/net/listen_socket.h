/* listen_socket.h: makes sockets that listen. Blocking calls, at start only. */
#ifndef IM_NET_LISTEN_SOCKET_H
#define IM_NET_LISTEN_SOCKET_H

#include <stdbool.h>

#include "util/err.h"

/* Listens on host (see listener_options) and *port, which is filled in when
 * it was 0. Several sockets may share a port (SO_REUSEPORT); the first of them
 * makes sure that it is not shared with another process. */
enum err listen_socket_tcp(const char *host, unsigned *port, bool first, int *fd_out);
enum err listen_socket_unix(const char *path, int *fd_out);

#endif
