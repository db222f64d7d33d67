/* server.c: the life of an HTTP connection.
 * Bytes are parsed where the loop read them; they are copied only when a
 * request is not whole yet or another one is being answered. Bodies too large
 * for that, and replies, pass through a stream of their handler's. */
#include "http/server.h"

#include "http/reply.h"
#include "util/map.h"
#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

#define BEHIND_MAX ((size_t)64 * 1024)       /* bytes kept while a request is being answered */
#define REPLY_MAX ((size_t)64 * 1024 * 1024) /* a page of history, every character of it escaped, fits */
#define LINGER_MS 2000

enum http_state {
    HTTP_READING, /* waiting for a request, or in its head */
    HTTP_BODY,    /* the head is parsed, the body is not whole */
    HTTP_STREAM,  /* the body goes to a stream in pieces */
    HTTP_BUSY,    /* a request is with its handler */
    HTTP_CLOSING,
};

struct http_conn {
    struct http_server *server;
    struct conn *stream;
    struct http_conn *previous;
    struct http_conn *next;
    uint64_t id;
    int64_t deadline_ms;
    struct buf in;
    struct buf body; /* of a chunked request, decoded */
    struct http_chunked chunked;
    size_t head_size;  /* HTTP_BODY: of the head at the front of in */
    size_t whole_size; /* HTTP_BODY with a length: head and body */
    enum http_state state;
    bool is_chunked;
    bool keep_alive;
    bool advancing;    /* http_advance is on the stack */
    struct str behind; /* while it is: what came behind the request at hand */
    bool taken;        /* by http_conn_take, while advancing */
    bool paused;
    bool ended; /* nothing more will come */
    /* The body or the reply in pieces. */
    struct http_stream *streaming;
    uint64_t body_left; /* HTTP_STREAM with a length */
    bool continue_due;  /* HTTP_STREAM: the client waits for a 100 */
    bool sending;       /* HTTP_BUSY: a reply in pieces, which has a deadline */
};

struct http_server {
    struct loop *loop;
    struct http_server_options options;
    struct http_conn *first;
    struct map by_id;
    uint64_t last_id;
    bool draining;
};

static void http_read(void *owner, char *bytes, size_t size);
static void http_ended(void *owner);
static void http_closed(void *owner, enum conn_end end);
static void http_drained(void *owner);
static bool http_advance(struct http_conn *conn, struct str fresh);

static const struct conn_owner http_owner = {
    .read = http_read,
    .drained = http_drained,
    .ended = http_ended,
    .closed = http_closed,
};

static void deadline_set(struct http_conn *conn, int64_t from_now_ms)
{
    conn->deadline_ms = loop_now_ms(conn->server->loop) + from_now_ms;
}

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
    deadline_set(conn, server->options.head_timeout_ms);
    conn->next = server->first;
    if (server->first != NULL)
        server->first->previous = conn;
    server->first = conn;
    map_put(&server->by_id, conn->id, conn);
    conn_set_outbox_max(stream, REPLY_MAX);
    conn_set_owner(stream, &http_owner, conn);
}

static void http_conn_free(struct http_conn *conn)
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

static void http_closed(void *owner, enum conn_end end)
{
    (void)end;
    struct http_conn *conn = owner;
    struct http_stream *stream = conn->streaming;
    http_conn_free(conn);
    if (stream != NULL)
        stream->calls->gone(stream);
}

static void http_close(struct http_conn *conn);

/* The client has shut its side. Requests it has sent are answered still. */
static void http_ended(void *owner)
{
    struct http_conn *conn = owner;
    conn->ended = true;
    if (conn->state != HTTP_BUSY)
        http_close(conn);
}

static void http_close(struct http_conn *conn)
{
    if (conn->state == HTTP_CLOSING)
        return;
    conn->state = HTTP_CLOSING;
    conn_close(conn->stream, LINGER_MS);
}

/* Without a word: the reply under way can't be finished. */
static void http_cut(struct http_conn *conn)
{
    if (conn->state == HTTP_CLOSING)
        return;
    conn->state = HTTP_CLOSING;
    conn_close(conn->stream, 0);
}

/* Answers with an error of HTTP's own and closes: what follows on the stream
 * can't be trusted to be a request. */
static void http_refuse(struct http_conn *conn, int status)
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

static void http_replied(struct http_conn *conn);

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
    deadline_set(conn, conn->server->options.idle_timeout_ms);
    if (conn->paused) {
        conn->paused = false;
        conn_resume(conn->stream);
    }
    if (conn->advancing)
        return;
    if (conn->in.size > 0) {
        deadline_set(conn, conn->server->options.head_timeout_ms);
        if (!http_advance(conn, STR_NONE))
            return;
    }
    if (conn->ended && conn->state != HTTP_BUSY)
        http_close(conn);
}

static void http_continue(struct http_conn *conn)
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
    deadline_set(conn, conn->server->options.idle_timeout_ms);
    conn_resume(conn->stream);
}

void http_conn_send_begin(struct http_conn *conn, struct http_stream *stream)
{
    conn->streaming = stream;
    conn->sending = true;
    deadline_set(conn, conn->server->options.idle_timeout_ms);
}

void http_conn_send_part(struct http_conn *conn, struct payload *payload)
{
    if (conn->state != HTTP_BUSY)
        return;
    conn_send(conn->stream, payload);
    deadline_set(conn, conn->server->options.idle_timeout_ms);
}

void http_conn_sent(struct http_conn *conn, uint64_t bytes, bool full)
{
    if (conn->state != HTTP_BUSY)
        return;
    if (bytes > 0)
        deadline_set(conn, conn->server->options.idle_timeout_ms);
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

static void http_drained(void *owner)
{
    struct http_conn *conn = owner;
    if (conn->state == HTTP_BUSY && conn->sending && conn->streaming != NULL)
        conn->streaming->calls->drained(conn->streaming);
}

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
    deadline_set(conn, conn->server->options.idle_timeout_ms);
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

static void http_read(void *owner, char *bytes, size_t size)
{
    struct http_conn *conn = owner;
    struct str fresh = { bytes, size };
    if (conn->state == HTTP_CLOSING)
        return;
    if (conn->state == HTTP_READING && conn->in.size == 0)
        deadline_set(conn, conn->server->options.head_timeout_ms);
    if (conn->state == HTTP_BUSY || conn->in.size > 0) {
        buf_append(&conn->in, bytes, size);
        fresh = STR_NONE;
    }
    if (conn->state != HTTP_BUSY) {
        (void)http_advance(conn, fresh);
    } else if (conn->in.size > BEHIND_MAX && !conn->paused) {
        conn->paused = true;
        conn_pause(conn->stream);
    }
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
            deadline_set(conn, conn->server->options.idle_timeout_ms);
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

/* Goes through the requests that are there. false: the stream was taken, and conn is gone. */
static bool http_advance(struct http_conn *conn, struct str fresh)
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
            deadline_set(conn, conn->server->options.head_timeout_ms);
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
