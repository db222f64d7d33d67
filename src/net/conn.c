/* conn.c: a conn's life, from accept to the one call of closed.
 * Nothing ends in the middle of somebody's callback: whatever goes wrong is
 * noted and the conn put on the loop's deferred list; only the end of a turn
 * tells the owner and lets go. So an owner may close or send from anywhere. */
#include "net/conn.h"

#include <arpa/inet.h>
#include <assert.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn_private.h"
#include "util/mem.h"

static_assert(sizeof(struct conn) <= 320, "an idle conn stays small");

/* How long a peer that ended its side may take to read what was queued. */
enum { PEER_ENDED_LINGER_MS = 10 * 1000 };

static void turn_ended(struct loop_deferred *deferred);

void conn_origin_unref(struct conn_origin **origin)
{
    if (--(*origin)->refs == 0)
        free(*origin);
    *origin = NULL;
}

struct conn *conn_new(struct net_loop *net, struct conn_origin *origin, int fd)
{
    struct conn *conn = mem_zalloc(sizeof(*conn));
    if (uv_poll_init(loop_uv(net->loop), &conn->poll, fd) != 0) {
        close(fd);
        free(conn);
        return NULL;
    }
    conn->poll.data = conn;
    conn->turn_end.run = turn_ended;
    conn->fd = fd;
    conn->kind = origin->tls == NULL ? CONN_PLAIN : CONN_UNKNOWN;
    conn->net = net;
    conn->origin = origin;
    origin->refs++;
    origin->conns++;
    conn_set_outbox_max(conn, origin->outbox_max);
    conn->next = net->conns;
    conn->link = &net->conns;
    if (conn->next != NULL)
        conn->next->link = &conn->next;
    net->conns = conn;
    conn_watch(conn);
    return conn;
}

void conn_set_owner(struct conn *conn, const struct conn_owner *calls, void *owner)
{
    conn->calls = calls;
    conn->owner = owner;
}

struct loop *conn_loop(const struct conn *conn)
{
    return conn->net->loop;
}

void conn_peer(const struct conn *conn, char *out, size_t size)
{
    struct sockaddr_storage address;
    socklen_t address_size = sizeof(address);
    const void *bytes = NULL;
    if (size == 0)
        return;
    snprintf(out, size, "%s", conn->origin->local ? "local" : "unknown");
    if (getpeername(conn->fd, (struct sockaddr *)&address, &address_size) != 0)
        return;
    int family = address.ss_family;
    if (family == AF_INET) {
        bytes = &((struct sockaddr_in *)&address)->sin_addr;
    } else if (family == AF_INET6) {
        const struct in6_addr *in6 = &((struct sockaddr_in6 *)&address)->sin6_addr;
        bytes = in6;
        /* One client, one address, whichever kind of socket accepted it. */
        if (IN6_IS_ADDR_V4MAPPED(in6)) {
            family = AF_INET;
            bytes = &in6->s6_addr[12];
        }
    }
    char text[INET6_ADDRSTRLEN];
    if (bytes != NULL && inet_ntop(family, bytes, text, sizeof(text)) != NULL)
        snprintf(out, size, "%s", text);
}

bool conn_is_tls(const struct conn *conn)
{
    return conn->kind == CONN_TLS;
}

enum err conn_send(struct conn *conn, struct payload *payload)
{
    if (conn->state != CONN_OPEN)
        return ERR_CLOSED;
    enum err err = outbox_push(&conn->outbox, &conn->net->spares, payload, conn->outbox_max);
    if (err == ERR_FULL && !conn->blocked) {
        /* A burst within one turn; the peer has not been asked yet. */
        conn_flush(conn);
        if (conn->state != CONN_OPEN)
            return ERR_CLOSED;
        err = outbox_push(&conn->outbox, &conn->net->spares, payload, conn->outbox_max);
    }
    if (err == OK)
        loop_defer(conn->net->loop, &conn->turn_end);
    else
        conn_fail(conn, CONN_END_SLOW);
    return err;
}

size_t conn_queued_bytes(const struct conn *conn)
{
    return conn->outbox.bytes + conn_tls_waiting(conn);
}

void conn_set_outbox_max(struct conn *conn, size_t bytes)
{
    conn->outbox_max = bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes;
}

int conn_descriptor(const struct conn *conn)
{
    return conn->kind == CONN_PLAIN && conn->state == CONN_OPEN ? fcntl(conn->fd, F_DUPFD_CLOEXEC, 0) : -1;
}

void conn_await_room(struct conn *conn)
{
    if (conn->state != CONN_OPEN)
        return;
    conn->awaited = true;
    conn->blocked = true;
    conn_watch(conn);
}

void conn_pause(struct conn *conn)
{
    /* Poll is told when the next bytes come, if it is still so then: most
     * pauses end before that, and cost nothing. */
    conn->paused = true;
}

void conn_resume(struct conn *conn)
{
    conn->paused = false;
    if (conn->state == CONN_OPEN)
        conn_watch(conn);
}

void conn_close(struct conn *conn, unsigned linger_ms)
{
    if (conn->state == CONN_OPEN) {
        conn_wind_up(conn, CONN_END_OWN, linger_ms);
    } else if (linger_ms == 0 && conn->linger != NULL) {
        loop_timer_free(&conn->linger);
        if (conn->state == CONN_WAITING)
            conn->state = CONN_ENDING;
        loop_defer(conn->net->loop, &conn->turn_end);
    }
}

static void lingered(void *context)
{
    struct conn *conn = context;
    conn->state = CONN_ENDING;
    loop_defer(conn->net->loop, &conn->turn_end);
}

void conn_wind_up(struct conn *conn, enum conn_end end, unsigned linger_ms)
{
    if (conn->state != CONN_OPEN)
        return;
    conn->state = CONN_CLOSING;
    conn->end = (uint8_t)end;
    if (linger_ms > 0) {
        conn->linger = loop_timer_new(conn->net->loop, lingered, conn);
        loop_timer_start(conn->linger, linger_ms, 0);
    }
    conn_watch(conn);
    loop_defer(conn->net->loop, &conn->turn_end);
}

void conn_fail(struct conn *conn, enum conn_end end)
{
    if (conn->state >= CONN_ENDING)
        return;
    if (conn->state == CONN_OPEN)
        conn->end = (uint8_t)end;
    conn->state = CONN_ENDING;
    loop_defer(conn->net->loop, &conn->turn_end);
}

void conn_peer_ended(struct conn *conn)
{
    conn->peer_ended = true;
    if (conn->state == CONN_WAITING)
        conn_fail(conn, CONN_END_OWN);
    else if (conn->state == CONN_OPEN && conn->calls != NULL && conn->calls->ended != NULL)
        conn->calls->ended(conn->owner);
    else
        conn_wind_up(conn, CONN_END_PEER, PEER_ENDED_LINGER_MS);
    conn_watch(conn);
}

/* Everything queued is with the kernel: end, or see the last bytes home. A
 * close(2) now could reset them away if the peer has sent something since. */
static void closing_flushed(struct conn *conn)
{
    if (conn->linger == NULL || conn->peer_ended || shutdown(conn->fd, SHUT_WR) != 0) {
        conn->state = CONN_ENDING;
        return;
    }
    conn->state = CONN_WAITING;
    conn_watch(conn);
}

/* Whether what is queued can leave before the peer says something. */
static bool deliverable(const struct conn *conn)
{
    if (conn->kind == CONN_TLS)
        return conn_tls_ready(conn);
    return conn->kind == CONN_PLAIN || !conn->origin->tls_only;
}

static void turn_ended_closing(struct conn *conn)
{
    if (!deliverable(conn))
        outbox_clear(&conn->outbox, &conn->net->spares);
    conn_flush(conn);
    if (conn->kind == CONN_TLS && conn->outbox.bytes == 0 && conn->state == CONN_CLOSING) {
        conn_tls_shut(conn);
        conn_flush(conn);
    }
    if (conn->state != CONN_CLOSING)
        return;
    if (conn_queued_bytes(conn) == 0)
        closing_flushed(conn);
    else if (conn->linger == NULL)
        conn->state = CONN_ENDING;
}

static void turn_ended(struct loop_deferred *deferred)
{
    struct conn *conn = (struct conn *)deferred; /* its first member */
    if (conn->state == CONN_OPEN) {
        bool queued = conn_queued_bytes(conn) > 0 || (conn->awaited && !conn->blocked);
        conn_flush(conn);
        if (conn->state == CONN_OPEN) {
            conn->awaited = conn->awaited && !queued;
            if (queued && conn->calls->drained != NULL && conn_queued_bytes(conn) == 0)
                conn->calls->drained(conn->owner);
            return;
        }
    }
    if (conn->state == CONN_CLOSING)
        turn_ended_closing(conn);
    if (conn->state == CONN_ENDING)
        conn_finish(conn, conn->end);
}

static void poll_closed(uv_handle_t *handle)
{
    struct conn *conn = handle->data;
    conn_origin_unref(&conn->origin);
    free(conn);
}

void conn_finish(struct conn *conn, enum conn_end end)
{
    /* What is dropped must not look like an orderly end, nor stay with the
     * kernel for a peer that does not read: a reset does both. */
    struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    if (conn_queued_bytes(conn) > 0)
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    conn->state = CONN_GONE;
    conn->origin->conns--;
    *conn->link = conn->next;
    if (conn->next != NULL)
        conn->next->link = conn->link;
    loop_timer_free(&conn->linger);
    conn_tls_release(conn);
    outbox_clear(&conn->outbox, &conn->net->spares);
    uv_close((uv_handle_t *)&conn->poll, poll_closed);
    close(conn->fd);
    if (conn->calls != NULL)
        conn->calls->closed(conn->owner, end);
}
