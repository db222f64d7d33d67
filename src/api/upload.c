/* upload.c: bytes from the loop to the media threads, two buffers an upload.
 * While one is written, the next collects; when that is full the client is
 * not read from. The connection may end at any time: then what was written
 * goes, unless its row was committed before. The upload lives in its call,
 * which is with one thread at a time: the loop (waiting for bytes), a reader
 * (who is it), a media thread (writing), the writer (the row). */
#include "api/upload.h"

#include "media/intake.h"
#include "os/clock.h"
#include "os/log.h"
#include "store/file.h"
#include "util/jsonw.h"

#include <stddef.h>

#define BUFFER_BYTES ((size_t)128 * 1024)
#define FORM_BYTES_MAX INT64_C(70000) /* what a form adds to its file, see media/multipart.h */
#define RETRY_S 5

struct upload {
    struct http_stream stream; /* first */
    struct call *call;
    struct buf collecting; /* the loop's */
    struct buf writing;    /* of whoever has the call */
    int64_t length;        /* of the whole body; 0: not told */
    bool working;          /* the call is with another thread */
    bool admitted;         /* bytes may be written */
    bool last;             /* nothing more comes */
    bool gone;             /* the connection ended */
    bool over;             /* a reply is on its way */
    /* Of whoever has the call; apart from the loop's, which are read together in one word. */
    struct intake *intake;
    struct file row;
    enum err err;
    bool quota;   /* err is the quota's */
    bool counted; /* among those of its user */
    bool writing_last;
};

static void upload_pump(struct upload *upload);
static void upload_conclude(struct upload *upload);

static struct upload *upload_of(const struct call *call)
{
    return call->state;
}

static void media_submit(struct upload *upload, void (*run)(struct pool_job *job, void *thread_context))
{
    struct call *call = upload->call;
    upload->working = true;
    call->pool.run = run;
    if (pool_submit(call->service->media, &call->pool) != OK)
        run(&call->pool, NULL); /* The queue has room for all uploads: never. */
}

/* ---- who, and how much ---- */

static atomic_uint *uploads_of(const struct call *call)
{
    return &call->service->uploads_of[(uint64_t)call->user % UPLOAD_SLOTS];
}

/* One user's uploads leave room for those of others. */
static enum err share_take(struct upload *upload)
{
    const struct call *call = upload->call;
    upload->counted = true;
    unsigned before = atomic_fetch_add(uploads_of(call), 1);
    return before >= (unsigned)call->service->conf->uploads_per_user ? ERR_LIMITED : OK;
}

static bool too_large(const struct upload *upload)
{
    const struct conf *conf = upload->call->service->conf;
    const int64_t bounds[] = { conf->image_max, conf->video_max, conf->audio_max, conf->file_max };
    int64_t most = 0;
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
        if (bounds[i] > most)
            most = bounds[i];
    return upload->length > most + FORM_BYTES_MAX;
}

static enum err quota_check(struct db *db, const struct upload *upload, int64_t size)
{
    int64_t used;
    int64_t quota = upload->call->service->conf->quota;
    if (quota == 0)
        return OK;
    enum err err = file_usage(db, upload->call->user, &used);
    return err == OK && (used >= quota || size > quota - used) ? ERR_TOO_LARGE : err;
}

static void admitted(struct call *call)
{
    struct upload *upload = upload_of(call);
    upload->working = false;
    if (upload->err != OK || upload->gone) {
        upload_conclude(upload);
        return;
    }
    upload->admitted = true;
    struct http_conn *conn = http_conn_find(call->shard->http, call->http_conn);
    if (conn != NULL)
        http_conn_body_resume(conn);
    upload_pump(upload);
}

static void admit_run(struct pool_job *job, void *thread_context)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    struct upload *upload = upload_of(call);
    struct reader *reader = thread_context;
    const struct conf *conf = call->service->conf;
    if (!call_authenticate(call, reader))
        return; /* It has replied. */
    upload->err = share_take(upload);
    if (upload->err == OK && too_large(upload)) {
        upload->err = ERR_TOO_LARGE;
    } else if (upload->err == OK) {
        upload->err =
            quota_check(reader->db, upload, upload->length > FORM_BYTES_MAX ? upload->length - FORM_BYTES_MAX : 0);
        upload->quota = upload->err == ERR_TOO_LARGE;
    }
    struct intake_limits limits = {
        .size_max = { [MEDIA_FILE] = conf->file_max,
                      [MEDIA_IMAGE] = conf->image_max,
                      [MEDIA_VIDEO] = conf->video_max,
                      [MEDIA_AUDIO] = conf->audio_max },
    };
    if (upload->err == OK)
        upload->err = intake_new(call->service->blobs, &limits, call->header_type, call_query_text(call, "name"),
                                 &upload->intake);
    call_to_loop(call, admitted);
}

/* ---- the end ---- */

static void reply_refused(struct call *call, const struct upload *upload)
{
    switch (upload->err) {
    case ERR_TOO_LARGE:
        call_reply_error(call, 2106, upload->quota ? "存储空间不足" : "文件过大");
        break;
    case ERR_ARG:
        call_reply_error(call, 2100, "没有文件，或文件是空的");
        break;
    case ERR_PARSE:
        call_reply_error(call, 2100, "表单格式错误");
        break;
    case ERR_EXISTS:
        call_reply_error(call, 2100, "一次只能上传一个文件");
        break;
    case ERR_CLOSED: /* Nobody hears it. */
    case ERR_LIMITED:
        call_reply_busy(call, upload->counted ? 429 : 503, RETRY_S, "上传过多，请稍后再试");
        break;
    default:
        call_reply_broken(call, upload->err);
    }
}

static void reply_stored(struct call *call, const struct file *row)
{
    struct buf *out = call_data(call);
    struct file_url room;
    struct str url = arena_format(&call->arena, "/file/%.*s", (int)row->fid.size, row->fid.ptr);
    jsonw_open(out, '{');
    jsonw_put_str(out, "fid", row->fid);
    jsonw_put_str(out, "url", url);
    jsonw_put_str(out, "signed", file_url_out(url, &room));
    jsonw_put_str(out, "name", row->name);
    jsonw_put_i64(out, "size", row->size);
    jsonw_put_str(out, "mime", row->mime);
    jsonw_put_str(out, "kind", str_from(media_kind_name((enum media_kind)row->kind)));
    jsonw_close(out, '}');
    call_reply_data(call);
}

/* On a media thread: the last of the files, then the reply. */
static void conclude_run(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    struct upload *upload = upload_of(call);
    if (upload->err == OK) {
        intake_settle(upload->intake);
        reply_stored(call, &upload->row);
    } else {
        intake_free(&upload->intake);
        reply_refused(call, upload);
    }
}

static void upload_conclude(struct upload *upload)
{
    if (upload->err == OK && upload->gone && upload->row.id == 0)
        upload->err = ERR_CLOSED;
    if (upload->quota)
        metric_add(&upload->call->shard->metrics, METRIC_FILES_OVER_QUOTA, 1);
    upload->over = true;
    media_submit(upload, conclude_run);
}

static enum err row_write(struct call *call, struct core_tx *tx)
{
    struct upload *upload = upload_of(call);
    enum err err = quota_check(tx->db, upload, upload->row.size);
    upload->quota = err == ERR_TOO_LARGE;
    upload->row.created_ms = tx->now_ms;
    upload->row.expires_ms = tx->now_ms + call->service->conf->unused_ms;
    return err == OK ? file_insert(tx->db, &upload->row) : err;
}

static void row_written(struct call *call, enum err result)
{
    struct upload *upload = upload_of(call);
    upload->working = false;
    upload->err = result;
    if (result != OK)
        upload->row.id = 0;
    else
        metric_add(&call->shard->metrics, METRIC_FILES_STORED, 1);
    upload_conclude(upload);
}

/* The file has its place; from the commit on it is there. */
static void row_begin(struct upload *upload)
{
    const struct intake_result *result = intake_result(upload->intake);
    struct call *call = upload->call;
    upload->row = (struct file){
        .fid = result->fid,
        .owner = call->user,
        .size = result->size,
        .kind = (int64_t)result->type.kind,
        .mime = str_from(result->type.mime),
        .name = result->name,
        .sha256 = { (const char *)result->sha256, sizeof(result->sha256) },
    };
    upload->working = true;
    call_write(call, false, row_write, row_written);
}

/* ---- bytes ---- */

static void write_done(struct call *call)
{
    struct upload *upload = upload_of(call);
    upload->working = false;
    metric_add(&call->shard->metrics, METRIC_FILE_BYTES_IN, (int64_t)upload->writing.size);
    buf_clear(&upload->writing);
    if (upload->gone && upload->err == OK)
        upload->err = ERR_CLOSED;
    if (upload->err != OK)
        upload_conclude(upload);
    else if (upload->writing_last)
        row_begin(upload);
    else
        upload_pump(upload);
}

static void write_run(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    struct upload *upload = upload_of(call);
    upload->err = intake_feed(upload->intake, buf_str(&upload->writing));
    if (upload->err == OK && upload->writing_last)
        upload->err = intake_finish(upload->intake);
    call_to_loop(call, write_done);
}

/* Hands on what has been collected, if nobody is at work. */
static void upload_pump(struct upload *upload)
{
    if (upload->working || upload->over || !upload->admitted ||
        (!upload->last && upload->collecting.size < BUFFER_BYTES))
        return;
    struct buf empty = upload->writing;
    upload->writing = upload->collecting;
    upload->collecting = empty;
    upload->writing_last = upload->last;
    struct http_conn *conn = http_conn_find(upload->call->shard->http, upload->call->http_conn);
    if (conn != NULL && !upload->last)
        http_conn_body_resume(conn);
    media_submit(upload, write_run);
}

static void body(struct http_stream *stream, struct str bytes, bool last)
{
    struct upload *upload = (struct upload *)stream;
    if (upload->over)
        return;
    if (upload->collecting.ptr == NULL)
        buf_reserve(&upload->collecting, BUFFER_BYTES + bytes.size);
    buf_append_str(&upload->collecting, bytes);
    upload->last = last;
    upload_pump(upload);
    if (!last && upload->collecting.size >= BUFFER_BYTES) {
        struct http_conn *conn = http_conn_find(upload->call->shard->http, upload->call->http_conn);
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
    struct upload *upload = (struct upload *)stream;
    upload->gone = true;
    if (!upload->working && !upload->over)
        upload_conclude(upload);
}

static const struct http_stream_calls stream_calls = { .body = body, .drained = drained, .gone = gone };

/* With the call, on its loop. */
static void dropped(struct call *call)
{
    struct upload *upload = upload_of(call);
    intake_free(&upload->intake); /* Its file was settled or removed before. */
    buf_release(&upload->collecting);
    buf_release(&upload->writing);
    atomic_fetch_sub(&call->shard->transfers, 1);
    if (upload->counted)
        atomic_fetch_sub(uploads_of(call), 1);
    atomic_fetch_sub(&call->service->uploads, 1);
}

struct http_stream *upload_begin(struct shard *shard, struct http_conn *conn, const struct http_request *request)
{
    struct call *call = call_new(shard, conn, request, STR_NONE);
    struct upload *upload = arena_zalloc(&call->arena, sizeof(*upload));
    upload->stream.calls = &stream_calls;
    upload->call = call;
    upload->length = request->chunked || request->content_length > INT64_MAX ? 0 : (int64_t)request->content_length;
    if (request->content_length > INT64_MAX)
        upload->length = INT64_MAX / 2;
    upload->working = true;
    call->state = upload;
    call->dropped = dropped;
    metric_add(&shard->metrics, METRIC_HTTP_REQUESTS, 1);
    atomic_fetch_add(&shard->transfers, 1);
    if (atomic_fetch_add(&shard->service->uploads, 1) >= (unsigned)shard->service->conf->uploads_max) {
        upload->err = ERR_LIMITED;
        call_to_loop(call, admitted);
        return &upload->stream;
    }
    call->pool.run = admit_run;
    if (pool_submit(shard->service->readers, &call->pool) != OK) {
        upload->err = ERR_LIMITED;
        call_to_loop(call, admitted);
    }
    return &upload->stream;
}
