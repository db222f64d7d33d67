/* listener.h: sockets that accept, one per loop (SO_REUSEPORT), so that the
 * kernel spreads connections and no accept crosses a thread. */
#ifndef IM_NET_LISTENER_H
#define IM_NET_LISTENER_H

#include "net/conn.h"
#include "net/tls.h"

struct listener;

struct listener_options {
    const char *host; /* numeric address, "" or "*" for all; "[::1]" without brackets */
    unsigned port;    /* 0: any free one, the same for all loops of the call */
    struct tls *tls;  /* NULL: plain only. Else both on this port: a first byte of 0x16 is TLS,
                         unless tls_only */
    bool tls_only;
    size_t outbox_max;  /* bytes per conn */
    unsigned conns_max; /* per loop; beyond it a conn is accepted and closed at once */
    conn_accepted accepted;
    void *context; /* handed to accepted; one per loop: contexts[i] when not NULL */
    void **contexts;
};

/* Binds on every loop (call before the loops run). *port_out tells the port
 * (may be NULL). ERR_ARG: host is no address; ERR_BUSY: the port is taken, by
 * another process of this program too; ERR_DENIED. What failed is logged. */
enum err listener_open(struct loop *const *loops, unsigned loop_count, const struct listener_options *options,
                       struct listener **out, unsigned *port_out);
/* A unix-domain stream socket at path, on one loop, mode 0600. host, port and
 * tls of the options do not count. A socket file nobody listens on is
 * replaced; ERR_BUSY when somebody does, ERR_EXISTS when it is another kind of
 * file. listener_stop removes the file. */
enum err listener_open_unix(struct loop *loop, const char *path, const struct listener_options *options,
                            struct listener **out);
/* Any thread: stops accepting on all loops. Conns live on. */
void listener_stop(struct listener *listener);
/* After the loops have ended, before they are freed. Stops first if need be. */
void listener_free(struct listener **listener);

#endif
