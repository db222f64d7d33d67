/* request.c: what comes in on a connection.
 * Bytes are parsed where the loop read them; they are copied only when a
 * request is not whole yet or another one is being answered. Bodies too large
 * for that pass through a stream of their handler's. */
#include "http/connection.h"

#define BEHIND_MAX ((size_t)64 * 1024) /* bytes kept while a request is being answered */

/* The body's next bytes, as far as input has them; what was used of it is told. The body's end makes the request
 * one that waits for its reply. */
static enum err stream_feed(struct http_conn *conn, struct str input, size_t *used)
{
    struct str piece = input;
    bool last;
    if (conn->is_chunked) {
        struct str left = input;
        enum err err = http_chunked_feed(&conn->chunked, &left, &conn->body, SIZE_MAX);
        if (err != OK && err != ERR_MORE) {
            http_refuse(conn, err == ERR_TOO_LARGE ? 413 : 400);
            return err;
        }
        piece = buf_str(&conn->body);
        *used = (size_t)(left.ptr - input.ptr);
        last = err == OK;
    } else {
        if (piece.size > conn->body_left)
            piece.size = (size_t)conn->body_left;
        conn->body_left -= piece.size;
        *used = piece.size;
        last = conn->body_left == 0;
    }
    http_deadline_set(conn, conn->server->options.idle_timeout_ms);
    if (last) {
        conn->state = HTTP_BUSY;
        conn->chunked = (struct http_chunked){ 0 };
        if (conn->paused) {
            conn->paused = false;
            conn_resume(conn->stream);
        }
    }
    if (piece.size > 0 || last)
        conn->streaming->calls->body(conn->streaming, piece, last);
    if (last)
        buf_release(&conn->body);
    else
        buf_clear(&conn->body);
    return OK;
}

/* Whether a stream wants the body of this request; then conn is its reader from here on. */
static bool stream_begin(struct http_conn *conn, const struct http_request *request)
{
    struct http_server *server = conn->server;
    if (server->options.body_begin == NULL || (request->content_length == 0 && !request->chunked))
        return false;
    conn->streaming = server->options.body_begin(conn, request, server->options.context);
    if (conn->streaming == NULL)
        return false;
    conn->state = HTTP_STREAM;
    conn->body_left = request->content_length;
    conn->continue_due = request->expect_continue;
    conn->paused = true;
    conn_pause(conn->stream);
    return true;
}

/* Where the body of a parsed head stands. OK: whole, *used bytes of input
 * belong to the request. */
static enum err body_collect(struct http_conn *conn, const struct http_request *request, struct str input,
                             struct str *body, size_t *used)
{
    if (!request->chunked) {
        size_t length = (size_t)request->content_length;
        if (input.size - conn->head_size < length)
            return ERR_MORE;
        *body = (struct str){ input.ptr + conn->head_size, length };
        *used = conn->head_size + length;
        return OK;
    }
    struct str left = { input.ptr + conn->head_size, input.size - conn->head_size };
    enum err err = http_chunked_feed(&conn->chunked, &left, &conn->body, conn->server->options.body_max);
    *body = buf_str(&conn->body);
    *used = (size_t)(left.ptr - input.ptr);
    return err;
}

/* One step over input: a request dispatched (OK, *used of it consumed), more
 * bytes needed (ERR_MORE), or the connection refused (anything else). */
static enum err http_step(struct http_conn *conn, struct str input, size_t *used)
{
    struct http_request request;
    size_t head_size = 0;
    *used = 0;
    if (conn->state == HTTP_BODY && !conn->is_chunked && input.size < conn->whole_size)
        return ERR_MORE;
    enum err err = http_parse_head(input, &request, &head_size);
    if (err == ERR_MORE)
        return err;
    if (err != OK) {
        http_refuse(conn, err == ERR_TOO_LARGE ? 431 : 400);
        return err;
    }
    bool fresh_head = conn->state == HTTP_READING;
    conn->head_size = head_size;
    conn->is_chunked = request.chunked;
    conn->keep_alive = request.keep_alive;
    if (fresh_head && stream_begin(conn, &request)) {
        *used = head_size;
        return OK;
    }
    if (!request.chunked && request.content_length > conn->server->options.body_max) {
        http_refuse(conn, 413);
        return ERR_TOO_LARGE;
    }
    struct str body;
    err = body_collect(conn, &request, input, &body, used);
    if (err == ERR_MORE) {
        if (fresh_head) {
            conn->state = HTTP_BODY;
            conn->whole_size = head_size + (size_t)request.content_length;
            http_deadline_set(conn, conn->server->options.idle_timeout_ms);
            if (request.expect_continue)
                http_continue(conn);
        }
        /* What a chunked body has given is in conn->body; only the head and
         * what was not consumed are kept. */
        return ERR_MORE;
    }
    if (err != OK) {
        http_refuse(conn, err == ERR_TOO_LARGE ? 413 : 400);
        return err;
    }
    conn->state = HTTP_BUSY;
    conn->behind = (struct str){ input.ptr + *used, input.size - *used };
    conn->server->options.request(conn, &request, body, conn->server->options.context);
    buf_release(&conn->body);
    conn->chunked = (struct http_chunked){ 0 };
    return OK;
}

/* Consumes decoded chunks from in, keeping the head in front. */
static void chunks_drop(struct http_conn *conn, size_t used)
{
    size_t decoded = used - conn->head_size;
    memmove(conn->in.ptr + conn->head_size, conn->in.ptr + used, conn->in.size - used);
    conn->in.size -= decoded;
}

bool http_advance(struct http_conn *conn, struct str fresh)
{
    conn->advancing = true;
    struct str input = fresh.ptr != NULL ? fresh : buf_str(&conn->in);
    bool own = fresh.ptr == NULL; /* input is conn->in */
    while (conn->state == HTTP_READING || conn->state == HTTP_BODY || conn->state == HTTP_STREAM) {
        size_t used = 0;
        if (input.size == 0)
            break;
        enum err err = conn->state == HTTP_STREAM ? stream_feed(conn, input, &used) : http_step(conn, input, &used);
        if (conn->taken) {
            http_conn_free(conn);
            return false;
        }
        if (err == ERR_MORE) {
            if (!own)
                buf_append(&conn->in, input.ptr, input.size);
            if (conn->state == HTTP_BODY && conn->is_chunked && used > conn->head_size)
                chunks_drop(conn, used);
            break;
        }
        if (err != OK)
            break;
        if (own) {
            buf_consume(&conn->in, used);
            input = buf_str(&conn->in);
        } else {
            input.ptr += used;
            input.size -= used;
        }
        if (conn->state == HTTP_READING && input.size > 0) /* The next one has begun. */
            http_deadline_set(conn, conn->server->options.head_timeout_ms);
        if (conn->state == HTTP_BUSY && !own && input.size > 0) {
            buf_append(&conn->in, input.ptr, input.size);
            break;
        }
    }
    conn->advancing = false;
    if (conn->in.size == 0)
        buf_release(&conn->in);
    return true;
}

void http_conn_read(struct http_conn *conn, struct str bytes)
{
    struct str fresh = bytes;
    if (conn->state == HTTP_CLOSING)
        return;
    if (conn->state == HTTP_READING && conn->in.size == 0)
        http_deadline_set(conn, conn->server->options.head_timeout_ms);
    if (conn->state == HTTP_BUSY || conn->in.size > 0) {
        buf_append_str(&conn->in, bytes);
        fresh = STR_NONE;
    }
    if (conn->state != HTTP_BUSY) {
        (void)http_advance(conn, fresh);
    } else if (conn->in.size > BEHIND_MAX && !conn->paused) {
        conn->paused = true;
        conn_pause(conn->stream);
    }
}

struct conn *http_conn_take(struct http_conn *conn, struct buf *rest)
{
    struct conn *stream = conn->stream;
    if (conn->paused)
        conn_resume(stream);
    if (conn->advancing) { /* http_advance frees it. */
        buf_append_str(rest, conn->behind);
        conn->taken = true;
    } else {
        buf_append(rest, conn->in.ptr, conn->in.size);
        http_conn_free(conn);
    }
    return stream;
}
