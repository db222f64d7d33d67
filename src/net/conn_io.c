/* conn_io.c: a conn's bytes, in and out.
 * Sockets are polled and read here with plain system calls instead of
 * libuv's streams: one path for TCP and unix-domain sockets, 88 bytes less a
 * conn, and one send(2) a turn with nothing around it. */
#include "net/conn_private.h"

#include <assert.h>
#include <errno.h>
#include <sys/socket.h>

enum {
    /* A payload from this size on goes out from where it lies, though others
     * follow: a second send costs less than copying it. */
    DIRECT_BYTES_MIN = 32 * 1024,
    /* Reads after an error was seen: what the peer sent before it. */
    LAST_READS_MAX = 64,
    TLS_FIRST_BYTE = 0x16, /* RFC 8446 section 5.1: a record of type handshake */
};

void conn_watch(struct conn *conn)
{
    int events = 0;
    if (!conn->peer_ended && (!conn->paused || conn->state != CONN_OPEN))
        events |= UV_READABLE;
    if (conn->blocked)
        events |= UV_WRITABLE;
    if (conn->watched == events || conn->state >= CONN_ENDING)
        return;
    conn->watched = (uint8_t)events;
    /* Fails only for a descriptor that another handle has: our bug. */
    int failed = events == 0 ? uv_poll_stop(&conn->poll) : uv_poll_start(&conn->poll, events, conn_poll_cb);
    assert(failed == 0);
    (void)failed;
}

static void received(struct conn *conn, char *bytes, size_t size)
{
    if (conn->kind == CONN_UNKNOWN) {
        if (conn->origin->tls_only || (unsigned char)bytes[0] == TLS_FIRST_BYTE)
            conn_tls_start(conn);
        else
            conn->kind = CONN_PLAIN;
        if (conn->outbox.bytes > 0)
            loop_defer(conn->net->loop, &conn->turn_end);
    }
    if (conn->kind == CONN_TLS)
        conn_tls_read(conn, bytes, size);
    else
        conn->calls->read(conn->owner, bytes, size);
}

/* One recv(2). True if it brought bytes. */
static bool read_once(struct conn *conn)
{
    char *buffer = conn->net->read_buffer;
    ssize_t size = recv(conn->fd, buffer, NET_READ_BYTES, MSG_DONTWAIT);
    if (size > 0) {
        if (conn->state == CONN_OPEN)
            received(conn, buffer, (size_t)size);
        return true;
    }
    if (size == 0)
        conn_peer_ended(conn);
    else if (errno != EAGAIN && errno != EINTR)
        conn_fail(conn, CONN_END_ERROR);
    return false;
}

static bool reads(const struct conn *conn)
{
    return conn->state < CONN_ENDING && !conn->peer_ended && (!conn->paused || conn->state != CONN_OPEN);
}

void conn_poll_cb(uv_poll_t *poll, int status, int events)
{
    struct conn *conn = poll->data;
    if (status < 0) {
        /* libuv has stopped watching. What came before the error is read. */
        conn->watched = 0;
        for (unsigned i = 0; i < LAST_READS_MAX && reads(conn) && read_once(conn); i++)
            ;
        conn_fail(conn, CONN_END_ERROR);
        return;
    }
    if ((events & UV_WRITABLE) != 0) {
        conn->blocked = false;
        loop_defer(conn->net->loop, &conn->turn_end);
    }
    if ((events & UV_READABLE) == 0)
        return;
    if (reads(conn))
        read_once(conn);
    else
        conn_watch(conn);
}

size_t conn_transmit(struct conn *conn, struct str bytes)
{
    ssize_t sent;
    do {
        sent = send(conn->fd, bytes.ptr, bytes.size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && errno != EAGAIN) {
        conn_fail(conn, CONN_END_ERROR);
        return 0;
    }
    size_t went = sent < 0 ? 0 : (size_t)sent;
    conn->blocked = went < bytes.size;
    return went;
}

static void flush_plain(struct conn *conn)
{
    struct outbox *outbox = &conn->outbox;
    struct net_loop *net = conn->net;
    while (outbox->bytes > 0 && !conn->blocked && conn->state < CONN_ENDING) {
        struct str piece = outbox_first(outbox);
        if (outbox->count > 1 && piece.size < DIRECT_BYTES_MIN)
            piece = (struct str){ net->scratch, outbox_copy(outbox, net->scratch, NET_SCRATCH_BYTES) };
        outbox_advance(outbox, &net->spares, conn_transmit(conn, piece));
    }
}

void conn_flush(struct conn *conn)
{
    if (conn->blocked)
        return;
    if (conn->kind == CONN_TLS)
        conn_tls_flush(conn);
    else if (conn->kind == CONN_PLAIN || conn->state == CONN_CLOSING)
        flush_plain(conn);
    conn_watch(conn);
}
