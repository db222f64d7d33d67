/* conn_private.h: a conn's insides, for the files of net/ alone.
 * conn.c is its life, conn_io.c its bytes, conn_tls.c the same under TLS. */
#ifndef IM_NET_CONN_PRIVATE_H
#define IM_NET_CONN_PRIVATE_H

#include <sys/types.h>
#include <uv.h>

#include "net/conn.h"
#include "net/net_loop.h"
#include "net/outbox.h"
#include "net/tls.h"

/* What the conns of one listener on one loop have in common. Freed by the
 * last of them and the listener (origin_unref). */
struct conn_origin {
    unsigned refs;
    unsigned conns; /* open now */
    bool local;     /* a unix-domain socket */
    bool tls_only;
    struct tls *tls; /* NULL: plain */
    size_t outbox_max;
};
void conn_origin_unref(struct conn_origin **origin);

enum conn_state {
    CONN_OPEN,
    CONN_CLOSING, /* nothing more from the owner; sends what is queued */
    CONN_WAITING, /* our side is shut; waits for the peer's end */
    CONN_ENDING,  /* ends at the end of this turn, whatever is queued */
    CONN_GONE,    /* the owner was told; memory until libuv lets go */
};

enum conn_kind {
    CONN_UNKNOWN, /* the first byte will tell */
    CONN_PLAIN,
    CONN_TLS,
};

struct conn_tls;

/* An idle conn is this and nothing else, so its size is a promise. The first
 * cache line is all that conn_send and a flush without surprises touch. */
struct conn {
    struct loop_deferred turn_end;
    struct outbox outbox;
    int fd;
    uint32_t outbox_max;
    uint8_t state;   /* enum conn_state */
    uint8_t end;     /* enum conn_end, once state is not CONN_OPEN */
    uint8_t kind;    /* enum conn_kind */
    uint8_t watched; /* enum uv_poll_event, what poll waits for */
    bool paused;
    bool blocked;    /* the kernel took less than it was given */
    bool peer_ended; /* nothing more to read */
    bool awaited;    /* conn_await_room: drained is due */

    const struct conn_owner *calls;
    void *owner;
    struct net_loop *net;
    struct conn_origin *origin;
    struct conn_tls *tls;      /* when kind is CONN_TLS */
    struct loop_timer *linger; /* while closing */
    struct conn *next;
    struct conn **link; /* who points here */
    uv_poll_t poll;
};

/* conn.c */

/* Takes the descriptor; NULL (and closed) if the loop cannot watch it. */
struct conn *conn_new(struct net_loop *net, struct conn_origin *origin, int fd);
/* Tells the owner and lets go, now. Only from the end of a turn. */
void conn_finish(struct conn *conn, enum conn_end end);
/* Ends at the end of this turn; what is queued is dropped. */
void conn_fail(struct conn *conn, enum conn_end end);
/* Sends what is queued, within linger_ms (0: one attempt), then ends. */
void conn_wind_up(struct conn *conn, enum conn_end end, unsigned linger_ms);
/* The peer sends no more: wind up, for nothing it waits for can follow. */
void conn_peer_ended(struct conn *conn);

/* conn_io.c */

void conn_poll_cb(uv_poll_t *poll, int status, int events);
/* Makes poll wait for what this conn's state asks for. */
void conn_watch(struct conn *conn);
/* Hands the kernel all it takes. */
void conn_flush(struct conn *conn);
/* One send(2): how much went; sets blocked, or fails the conn. */
size_t conn_transmit(struct conn *conn, struct str bytes);

/* conn_tls.c */

void conn_tls_start(struct conn *conn);
void conn_tls_read(struct conn *conn, const char *bytes, size_t size);
void conn_tls_flush(struct conn *conn);
/* Encrypted bytes the kernel has not taken. */
size_t conn_tls_waiting(const struct conn *conn);
/* The handshake is done: what is queued can leave. */
bool conn_tls_ready(const struct conn *conn);
/* Queues the close_notify, after everything else. */
void conn_tls_shut(struct conn *conn);
void conn_tls_release(struct conn *conn);

#endif
