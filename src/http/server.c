/* server.c: the connections of a loop: their beginning, their time-outs, their end. */
#include "http/connection.h"

#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

#define REPLY_MAX ((size_t)64 * 1024 * 1024) /* a page of history, every character of it escaped, fits */

void http_deadline_set(struct http_conn *conn, int64_t from_now_ms)
{
    conn->deadline_ms = loop_now_ms(conn->server->loop) + from_now_ms;
}

void http_conn_free(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    if (conn->previous != NULL)
        conn->previous->next = conn->next;
    else
        server->first = conn->next;
    if (conn->next != NULL)
        conn->next->previous = conn->previous;
    map_remove(&server->by_id, conn->id);
    buf_release(&conn->in);
    buf_release(&conn->body);
    free(conn);
}

static void http_read(void *owner, char *bytes, size_t size)
{
    http_conn_read(owner, (struct str){ bytes, size });
}

/* The client has shut its side. Requests it has sent are answered still. */
static void http_ended(void *owner)
{
    struct http_conn *conn = owner;
    conn->ended = true;
    if (conn->state != HTTP_BUSY)
        http_close(conn);
}

static void http_closed(void *owner, enum conn_end end)
{
    (void)end;
    struct http_conn *conn = owner;
    struct http_stream *stream = conn->streaming;
    http_conn_free(conn);
    if (stream != NULL)
        stream->calls->gone(stream);
}

static void http_drained(void *owner)
{
    struct http_conn *conn = owner;
    if (conn->state == HTTP_BUSY && conn->sending && conn->streaming != NULL)
        conn->streaming->calls->drained(conn->streaming);
}

static const struct conn_owner http_owner = {
    .read = http_read,
    .drained = http_drained,
    .ended = http_ended,
    .closed = http_closed,
};

struct http_server *http_server_new(struct loop *loop, const struct http_server_options *options)
{
    struct http_server *server = mem_zalloc(sizeof(*server));
    server->loop = loop;
    server->options = *options;
    return server;
}

void http_server_free(struct http_server **server)
{
    if (*server == NULL)
        return;
    assert((*server)->first == NULL);
    map_release(&(*server)->by_id);
    free(*server);
    *server = NULL;
}

void http_server_accept(struct http_server *server, struct conn *stream)
{
    struct http_conn *conn = mem_zalloc(sizeof(*conn));
    conn->server = server;
    conn->stream = stream;
    conn->id = ++server->last_id;
    conn->keep_alive = true;
    http_deadline_set(conn, server->options.head_timeout_ms);
    conn->next = server->first;
    if (server->first != NULL)
        server->first->previous = conn;
    server->first = conn;
    map_put(&server->by_id, conn->id, conn);
    conn_set_outbox_max(stream, REPLY_MAX);
    conn_set_owner(stream, &http_owner, conn);
}

void http_server_tick(struct http_server *server, int64_t now_ms)
{
    struct http_conn *next;
    for (struct http_conn *conn = server->first; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->state == HTTP_CLOSING || now_ms < conn->deadline_ms || (conn->state == HTTP_BUSY && !conn->sending) ||
            (conn->state == HTTP_STREAM && conn->paused))
            continue;
        if (conn->sending)
            http_cut(conn);
        else if (conn->in.size > 0 || conn->state == HTTP_STREAM)
            http_refuse(conn, 408);
        else
            http_close(conn);
    }
}

void http_server_drain(struct http_server *server)
{
    server->draining = true;
    struct http_conn *next;
    for (struct http_conn *conn = server->first; conn != NULL; conn = next) {
        next = conn->next;
        conn->keep_alive = false;
        if (conn->state != HTTP_BUSY)
            http_close(conn);
    }
}

size_t http_server_count(const struct http_server *server)
{
    return server->by_id.count;
}

uint64_t http_conn_id(const struct http_conn *conn)
{
    return conn->id;
}

struct http_conn *http_conn_find(struct http_server *server, uint64_t id)
{
    return map_get(&server->by_id, id);
}

struct conn *http_conn_stream(struct http_conn *conn)
{
    return conn->stream;
}

bool http_conn_closing(const struct http_conn *conn)
{
    return !conn->keep_alive || conn->server->draining || conn->state == HTTP_STREAM;
}
