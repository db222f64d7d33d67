/* respond.c: what goes out on a connection: replies whole or in pieces, refusals, its closing. */
#include "http/connection.h"

#include "http/reply.h"

#define LINGER_MS 2000

void http_close(struct http_conn *conn)
{
    if (conn->state == HTTP_CLOSING)
        return;
    conn->state = HTTP_CLOSING;
    conn_close(conn->stream, LINGER_MS);
}

void http_cut(struct http_conn *conn)
{
    if (conn->state == HTTP_CLOSING)
        return;
    conn->state = HTTP_CLOSING;
    conn_close(conn->stream, 0);
}

void http_refuse(struct http_conn *conn, int status)
{
    struct http_server *server = conn->server;
    struct buf headers = { 0 };
    struct buf body = { 0 };
    struct buf out = { 0 };
    server->options.common_headers(&headers, server->options.context);
    server->options.error_body(&body, status, server->options.context);
    http_reply_append(&out, &(struct http_reply){ .status = status,
                                                  .content_type = STR("application/json;charset=utf-8"),
                                                  .extra_headers = buf_str(&headers),
                                                  .body = buf_str(&body),
                                                  .close = true });
    struct payload *payload = payload_from(buf_str(&out));
    conn_send(conn->stream, payload);
    payload_unref(&payload);
    buf_release(&out);
    buf_release(&body);
    buf_release(&headers);
    http_close(conn);
}

/* The reply is given. On to the next request, or to the end. */
static void http_replied(struct http_conn *conn)
{
    conn->streaming = NULL;
    conn->sending = false;
    if (http_conn_closing(conn)) {
        http_close(conn);
        return;
    }
    conn->state = HTTP_READING;
    http_deadline_set(conn, conn->server->options.idle_timeout_ms);
    if (conn->paused) {
        conn->paused = false;
        conn_resume(conn->stream);
    }
    if (conn->advancing)
        return;
    if (conn->in.size > 0) {
        http_deadline_set(conn, conn->server->options.head_timeout_ms);
        if (!http_advance(conn, STR_NONE))
            return;
    }
    if (conn->ended && conn->state != HTTP_BUSY)
        http_close(conn);
}

void http_conn_reply(struct http_conn *conn, struct payload *payload)
{
    if (conn->state != HTTP_BUSY && conn->state != HTTP_STREAM) {
        conn->streaming = NULL; /* Its handler is done with it. */
        return;
    }
    if (conn->state == HTTP_STREAM)
        conn->keep_alive = false; /* The rest of the body may still come. */
    conn_send(conn->stream, payload);
    http_replied(conn);
}

void http_continue(struct http_conn *conn)
{
    struct payload *payload = payload_from(STR("HTTP/1.1 100 Continue\r\n\r\n"));
    conn_send(conn->stream, payload);
    payload_unref(&payload);
}

void http_conn_body_pause(struct http_conn *conn)
{
    if (conn->state != HTTP_STREAM || conn->paused)
        return;
    conn->paused = true;
    conn_pause(conn->stream);
}

void http_conn_body_resume(struct http_conn *conn)
{
    if (conn->state != HTTP_STREAM || !conn->paused)
        return;
    if (conn->continue_due)
        http_continue(conn);
    conn->continue_due = false;
    conn->paused = false;
    http_deadline_set(conn, conn->server->options.idle_timeout_ms);
    conn_resume(conn->stream);
}

void http_conn_send_begin(struct http_conn *conn, struct http_stream *stream)
{
    conn->streaming = stream;
    conn->sending = true;
    http_deadline_set(conn, conn->server->options.idle_timeout_ms);
}

void http_conn_send_part(struct http_conn *conn, struct payload *payload)
{
    if (conn->state != HTTP_BUSY)
        return;
    conn_send(conn->stream, payload);
    http_deadline_set(conn, conn->server->options.idle_timeout_ms);
}

void http_conn_sent(struct http_conn *conn, uint64_t bytes, bool full)
{
    if (conn->state != HTTP_BUSY)
        return;
    if (bytes > 0)
        http_deadline_set(conn, conn->server->options.idle_timeout_ms);
    if (full)
        conn_await_room(conn->stream);
}

void http_conn_send_end(struct http_conn *conn, bool whole)
{
    conn->streaming = NULL;
    conn->sending = false;
    if (conn->state != HTTP_BUSY)
        return;
    if (whole)
        http_replied(conn);
    else
        http_cut(conn);
}
