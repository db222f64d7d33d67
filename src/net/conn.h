/* conn.h: one accepted byte stream, buffered outwards.
 * Belongs to its loop's thread. What is queued in one turn of the loop leaves
 * in one send at the turn's end (on this hardware a send costs 5 µs whatever
 * it carries). Many queued payloads are copied together into the loop's
 * scratch; a single one is sent from where it lies. TLS, when the listener
 * has it, is below this: the owner sees plain bytes. */
#ifndef IM_NET_CONN_H
#define IM_NET_CONN_H

#include "os/loop.h"
#include "util/payload.h"
#include "util/str.h"

struct conn;

enum conn_end {
    CONN_END_PEER,  /* orderly end of stream; what was queued by then was still sent */
    CONN_END_ERROR, /* reset, time-out below us, TLS failure */
    CONN_END_SLOW,  /* the outbox went over its bound */
    CONN_END_OWN,   /* conn_close by the owner */
};

/* The owner. Callbacks run on the loop's thread. */
struct conn_owner {
    /* bytes lie in the loop's read buffer and are the owner's until it
     * returns; it may change them in place (unmasking). */
    void (*read)(void *owner, char *bytes, size_t size);
    /* At the end of a turn that began or went on with queued bytes and left
     * none, or after conn_await_room: room for more. May be NULL. */
    void (*drained)(void *owner);
    /* The peer has sent its last byte but may still read. The owner must
     * conn_close when it has nothing more to say. NULL: what is queued is
     * sent and the conn closes by itself (CONN_END_PEER). */
    void (*ended)(void *owner);
    /* The last call for this conn, exactly once; the conn is gone after it. */
    void (*closed)(void *owner, enum conn_end end);
};

/* Called by the listener for each accepted stream, before any byte is read:
 * must call conn_set_owner or conn_close. */
typedef void (*conn_accepted)(struct conn *conn, void *context);

void conn_set_owner(struct conn *conn, const struct conn_owner *calls, void *owner);
struct loop *conn_loop(const struct conn *conn);

/* The peer's address without the port ("127.0.0.1", "::1"), into at most size
 * bytes; "local" over a unix-domain socket. */
void conn_peer(const struct conn *conn, char *out, size_t size);
bool conn_is_tls(const struct conn *conn);

/* Queues payload, taking its own reference. ERR_FULL: the bound would be
 * exceeded though the kernel took what it could; nothing was queued and the conn closes itself (CONN_END_SLOW) at
 * the end of this turn. ERR_CLOSED: closing already. Either may be ignored. */
enum err conn_send(struct conn *conn, struct payload *payload);
size_t conn_queued_bytes(const struct conn *conn); /* not yet given to the kernel */
void conn_set_outbox_max(struct conn *conn, size_t bytes);

/* For bytes that are no payloads (file_send): the same stream as a descriptor of the caller's own, to be closed by
 * him, whatever becomes of the conn; -1 where bytes must be encrypted, or there is none to have. It is written to only
 * while nothing is queued here, by one at a time. */
int conn_descriptor(const struct conn *conn);
/* drained comes when the kernel has room again. */
void conn_await_room(struct conn *conn);

/* Back-pressure on the peer: nothing is read until resumed. While paused the
 * end of the stream is not noticed either. */
void conn_pause(struct conn *conn);
void conn_resume(struct conn *conn);

/* Sends what is queued, ends our side and waits for the peer to end its own,
 * so that the last bytes are not reset away; linger_ms bounds how long that
 * may take. 0 closes at the end of this turn, after one attempt to send. The
 * owner's read and drained are not called any more; closed is, when it is
 * done, and never from within this call. A second call with 0 cuts a linger
 * short. */
void conn_close(struct conn *conn, unsigned linger_ms);

#endif
