/* receive.c: bytes from the loop to the media threads. The call is with one
 * thread at a time: the loop (waiting for bytes), a reader (who is it), a
 * media thread (writing), the writer (the row). */
#include "api/receive.h"

#include "os/pool.h"

#include <stddef.h>

#define BUFFER_BYTES ((size_t)64 * 1024) /* and what one read brings more: as much */
#define RETRY_S 5

static void receive_pump(struct receive *receive);
static void receive_conclude(struct receive *receive);

static struct receive *receive_of(const struct call *call)
{
    return call->state;
}

static void media_submit(struct receive *receive, void (*step)(struct call *call))
{
    receive->working = true;
    call_media(receive->call, step);
}

/* ---- who ---- */

static atomic_uint *uploads_of(const struct call *call)
{
    return &call->service->uploads_of[(uint64_t)call->user % UPLOAD_SLOTS];
}

/* One user's uploads leave room for those of others. */
static enum err share_take(struct receive *receive)
{
    const struct call *call = receive->call;
    receive->counted = true;
    unsigned before = atomic_fetch_add(uploads_of(call), 1);
    return before >= (unsigned)call->service->conf->uploads_per_user ? ERR_LIMITED : OK;
}

static void admitted(struct call *call)
{
    struct receive *receive = receive_of(call);
    receive->working = false;
    if (receive->err != OK || receive->gone) {
        receive_conclude(receive);
        return;
    }
    receive->admitted = true;
    struct http_conn *conn = http_conn_find(call->shard->http, call->http_conn);
    if (conn != NULL)
        http_conn_body_resume(conn);
    receive_pump(receive);
}

static void admit_run(struct pool_job *job, void *thread_context)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    struct receive *receive = receive_of(call);
    if (!call_authenticate(call, thread_context))
        return; /* It has replied. */
    receive->err = share_take(receive);
    if (receive->err == OK)
        receive->err = receive->calls->admit(receive, thread_context);
    call_to_loop(call, admitted);
}

/* ---- the end ---- */

void receive_busy(struct receive *receive)
{
    call_reply_busy(receive->call, receive->counted ? 429 : 503, RETRY_S, "上传过多，请稍后再试");
}

static void conclude_run(struct call *call)
{
    struct receive *receive = receive_of(call);
    receive->calls->conclude(receive);
}

static void receive_conclude(struct receive *receive)
{
    if (receive->err == OK && receive->gone && !receive->committed)
        receive->err = ERR_CLOSED;
    receive->over = true;
    if (receive->calls->ended != NULL)
        receive->calls->ended(receive);
    media_submit(receive, conclude_run);
}

static enum err commit_run(struct call *call, struct core_tx *tx)
{
    struct receive *receive = receive_of(call);
    return receive->calls->commit(receive, tx);
}

static void committed(struct call *call, enum err result)
{
    struct receive *receive = receive_of(call);
    receive->working = false;
    receive->err = result;
    receive->committed = result == OK;
    receive_conclude(receive);
}

static void receive_commit(struct receive *receive)
{
    receive->working = true;
    call_write(receive->call, false, commit_run, committed);
}

void receive_prepared(struct receive *receive, enum err err)
{
    receive->working = false;
    receive->err = err == OK && receive->gone ? ERR_CLOSED : err;
    if (receive->err != OK)
        receive_conclude(receive);
    else
        receive_commit(receive);
}

/* ---- bytes ---- */

static void write_done(struct call *call)
{
    struct receive *receive = receive_of(call);
    receive->working = false;
    metric_add(&call->shard->metrics, METRIC_FILE_BYTES_IN, (int64_t)receive->writing.size);
    buf_clear(&receive->writing);
    if (receive->gone && receive->err == OK)
        receive->err = ERR_CLOSED;
    if (receive->err != OK) {
        receive_conclude(receive);
    } else if (receive->writing_last) {
        receive->working = true;
        if (receive->calls->prepare == NULL || !receive->calls->prepare(receive))
            receive_commit(receive);
    } else {
        receive_pump(receive);
    }
}

static void write_run(struct call *call)
{
    struct receive *receive = receive_of(call);
    receive->err = receive->calls->take(receive, buf_str(&receive->writing), receive->writing_last);
    call_to_loop(call, write_done);
}

/* Hands on what has been collected, if nobody is at work. */
static void receive_pump(struct receive *receive)
{
    if (receive->working || receive->over || !receive->admitted ||
        (!receive->last && receive->collecting.size < BUFFER_BYTES))
        return;
    struct buf empty = receive->writing;
    receive->writing = receive->collecting;
    receive->collecting = empty;
    receive->writing_last = receive->last;
    struct http_conn *conn = http_conn_find(receive->call->shard->http, receive->call->http_conn);
    if (conn != NULL && !receive->last)
        http_conn_body_resume(conn);
    media_submit(receive, write_run);
}

static void body(struct http_stream *stream, struct str bytes, bool last)
{
    struct receive *receive = (struct receive *)stream;
    if (receive->over)
        return;
    if (receive->collecting.ptr == NULL)
        buf_reserve(&receive->collecting, BUFFER_BYTES + bytes.size);
    buf_append_str(&receive->collecting, bytes);
    receive->last = last;
    receive_pump(receive);
    if (!last && receive->collecting.size >= BUFFER_BYTES) {
        struct http_conn *conn = http_conn_find(receive->call->shard->http, receive->call->http_conn);
        if (conn != NULL)
            http_conn_body_pause(conn);
    }
}

static void drained(struct http_stream *stream)
{
    (void)stream;
}

static void gone(struct http_stream *stream)
{
    struct receive *receive = (struct receive *)stream;
    receive->gone = true;
    if (!receive->working && !receive->over)
        receive_conclude(receive);
}

static const struct http_stream_calls stream_calls = { .body = body, .drained = drained, .gone = gone };

/* With the call, on its loop. */
static void dropped(struct call *call)
{
    struct receive *receive = receive_of(call);
    receive->calls->dropped(receive);
    buf_release(&receive->collecting);
    buf_release(&receive->writing);
    if (receive->counted)
        atomic_fetch_sub(uploads_of(call), 1);
    atomic_fetch_sub(&call->service->uploads, 1);
}

struct http_stream *receive_begin(struct receive *receive, struct call *call, const struct http_request *request)
{
    struct shard *shard = call->shard;
    receive->stream.calls = &stream_calls;
    receive->call = call;
    receive->length = request->chunked || request->content_length > INT64_MAX ? 0 : (int64_t)request->content_length;
    if (request->content_length > INT64_MAX)
        receive->length = INT64_MAX / 2;
    receive->working = true;
    call->state = receive;
    call_transfer(call, dropped);
    metric_add(&shard->metrics, METRIC_HTTP_REQUESTS, 1);
    if (atomic_fetch_add(&shard->service->uploads, 1) >= (unsigned)shard->service->conf->uploads_max) {
        receive->err = ERR_LIMITED;
        call_to_loop(call, admitted);
        return &receive->stream;
    }
    call->pool.run = admit_run;
    if (pool_submit(shard->service->readers, &call->pool) != OK) {
        receive->err = ERR_LIMITED;
        call_to_loop(call, admitted);
    }
    return &receive->stream;
}
