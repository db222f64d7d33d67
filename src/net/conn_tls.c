/* conn_tls.c: a conn whose bytes pass through TLS.
 * Payloads stay in the outbox until the kernel has room and are encrypted
 * then, so that little ciphertext ever waits. */
#include "net/conn_private.h"

#include <stdlib.h>

#include "util/mem.h"

enum {
    ENCRYPT_BYTES = 32 * 1024, /* plain text at a time: two full records */
    /* Alerts, handshake and key updates a peer may leave unread. */
    WIRE_BYTES_MAX = 256 * 1024,
    BUFFER_KEPT_MAX = 128 * 1024,
    ALERT_LINGER_MS = 1000, /* for the peer to read why */
};

struct conn_tls {
    struct tls_conn *session;
    struct buf wire; /* encrypted, from sent on for the kernel to take */
    size_t sent;
    bool shut;
};

void conn_tls_start(struct conn *conn)
{
    conn->kind = CONN_TLS;
    conn->tls = mem_zalloc(sizeof(*conn->tls));
    conn->tls->session = tls_conn_new(conn->origin->tls);
}

void conn_tls_release(struct conn *conn)
{
    if (conn->tls == NULL)
        return;
    tls_conn_free(&conn->tls->session);
    buf_release(&conn->tls->wire);
    free(conn->tls);
    conn->tls = NULL;
}

size_t conn_tls_waiting(const struct conn *conn)
{
    return conn->tls == NULL ? 0 : conn->tls->wire.size - conn->tls->sent;
}

bool conn_tls_ready(const struct conn *conn)
{
    return tls_conn_ready(conn->tls->session);
}

/* The buffer for what is to be sent: the loop's, if nobody has it. */
static struct buf *wire_buf(struct conn *conn)
{
    struct buf *spare = &conn->net->wire_spare;
    if (conn->tls->wire.ptr == NULL && spare->ptr != NULL) {
        conn->tls->wire = *spare;
        *spare = (struct buf){ 0 };
    }
    return &conn->tls->wire;
}

static void wire_give_back(struct conn *conn)
{
    struct buf *wire = &conn->tls->wire;
    struct buf *spare = &conn->net->wire_spare;
    conn->tls->sent = 0;
    if (spare->ptr == NULL && wire->capacity <= BUFFER_KEPT_MAX) {
        buf_clear(wire);
        *spare = *wire;
        *wire = (struct buf){ 0 };
    } else {
        buf_release(wire);
    }
}

void conn_tls_read(struct conn *conn, const char *bytes, size_t size)
{
    struct buf *plain = &conn->net->plain;
    buf_clear(plain);
    enum err err = tls_conn_input(conn->tls->session, (struct str){ bytes, size }, plain, wire_buf(conn));
    if (conn_queued_bytes(conn) > 0)
        loop_defer(conn->net->loop, &conn->turn_end);
    else
        wire_give_back(conn);
    if (conn_tls_waiting(conn) > WIRE_BYTES_MAX) {
        conn_fail(conn, CONN_END_ERROR);
        return;
    }
    if (plain->size > 0)
        conn->calls->read(conn->owner, plain->ptr, plain->size);
    if (plain->capacity > BUFFER_KEPT_MAX)
        buf_release(plain);
    if (err == ERR_CLOSED)
        conn_peer_ended(conn);
    else if (err != OK)
        conn_wind_up(conn, CONN_END_ERROR, ALERT_LINGER_MS);
}

static void wire_send(struct conn *conn)
{
    struct conn_tls *tls = conn->tls;
    struct str rest = { tls->wire.ptr + tls->sent, conn_tls_waiting(conn) };
    tls->sent += conn_transmit(conn, rest);
    if (tls->sent == tls->wire.size)
        wire_give_back(conn);
}

void conn_tls_flush(struct conn *conn)
{
    struct outbox *outbox = &conn->outbox;
    struct net_loop *net = conn->net;
    while (conn->state < CONN_ENDING && !conn->blocked) {
        if (conn_tls_waiting(conn) > 0) {
            wire_send(conn);
            continue;
        }
        if (outbox->bytes == 0 || conn->tls->shut || !conn_tls_ready(conn))
            return;
        struct str piece = outbox_first(outbox);
        if (outbox->count > 1 && piece.size < ENCRYPT_BYTES)
            piece = (struct str){ net->scratch, outbox_copy(outbox, net->scratch, ENCRYPT_BYTES) };
        if (piece.size > ENCRYPT_BYTES)
            piece.size = ENCRYPT_BYTES;
        if (tls_conn_output(conn->tls->session, piece, wire_buf(conn)) != OK) {
            conn_fail(conn, CONN_END_ERROR);
            return;
        }
        outbox_advance(outbox, &net->spares, piece.size);
    }
}

void conn_tls_shut(struct conn *conn)
{
    if (conn->tls->shut)
        return;
    conn->tls->shut = true;
    tls_conn_close(conn->tls->session, wire_buf(conn));
}
