/* download.c: a media thread hands a file to the kernel as its reader takes it
 * (sendfile), a piece at a time; the loop waits for room in between. Where the
 * bytes are encrypted, it reads a piece while the one before it is sent. So two
 * pieces of a file are in memory at most, whatever its size and however slow
 * its reader, and no loop ever waits for a disk. What is small leaves with the
 * head. */
#include "api/download.h"

#include "http/range.h"
#include "media/blob.h"
#include "media/file_store.h"
#include "media/sniff.h"
#include "os/file.h"

#include <stddef.h>
#include <sys/socket.h>

#define PIECE_BYTES ((uint64_t)256 * 1024)
#define SMALL_BYTES ((uint64_t)64 * 1024)
#define SEND_BYTES ((uint64_t)1024 * 1024)         /* then others have the thread */
#define OBJECT_PIECE_BYTES ((uint64_t)1024 * 1024) /* each is a request of its own */
#define RETRY_S 5

struct download {
    struct http_stream stream; /* first */
    struct call *call;
    struct str fid;
    const char *variant;
    struct str object; /* its name in the other store; ptr NULL: it is on the disk */
    int fd;
    int socket;            /* the reader's; -1: pieces are read */
    uint64_t at;           /* of the next piece */
    uint64_t left;         /* not read yet */
    uint64_t promised;     /* in the head */
    uint64_t sent;         /* by the last file_send, */
    bool full;             /* after which the kernel had no more room */
    struct payload *piece; /* read, not given to the connection */
    enum err err;
    bool reading; /* a media thread has the call */
    bool gone;    /* the connection ended */
};

static void download_go(struct download *download);

static struct download *download_of(const struct call *call)
{
    return call->state;
}

/* link: to the other store, of a thread that fetches from it. */
static void read_piece(struct download *download, void *link)
{
    struct file_store *store = download->call->service->store;
    uint64_t most = download->object.ptr == NULL ? PIECE_BYTES : OBJECT_PIECE_BYTES;
    uint64_t size = download->left < most ? download->left : most;
    if (size == 0)
        return;
    download->piece = payload_new((size_t)size);
    if (download->object.ptr == NULL)
        download->err = file_read_at(download->fd, "a file", download->at, download->piece->bytes, (size_t)size);
    else
        download->err =
            store->v->read(store, link, download->object, download->at, download->piece->bytes, (size_t)size);
    download->at += size;
    download->left -= size;
}

/* With the call, on its loop. */
static void dropped(struct call *call)
{
    struct download *download = download_of(call);
    struct linger reset = { .l_onoff = 1, .l_linger = 0 };
    if (download->socket >= 0 && download->left > 0) /* Cut: what the kernel has goes, too. */
        (void)setsockopt(download->socket, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    file_close(&download->socket);
    file_close(&download->fd);
    if (download->piece != NULL)
        payload_unref(&download->piece);
    atomic_fetch_sub(&call->shard->transfers, 1);
}

static void download_end(struct download *download)
{
    call_free(download->call);
}

static void piece_read(struct call *call)
{
    struct download *download = download_of(call);
    download->reading = false;
    download_go(download);
}

static void read_run(struct pool_job *job, void *thread_context)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    read_piece(download_of(call), thread_context);
    call_to_loop(call, piece_read);
}

static struct pool *threads_of(const struct download *download)
{
    const struct service *service = download->call->service;
    return download->object.ptr == NULL ? service->media : service->fetchers;
}

static void read_begin(struct download *download)
{
    download->call->pool.run = read_run;
    download->reading = true;
    if (pool_submit(threads_of(download), &download->call->pool) != OK) {
        download->err = ERR_FULL; /* The queue has room for all connections: never. */
        call_to_loop(download->call, piece_read);
    }
}

static void piece_sent(struct call *call)
{
    struct download *download = download_of(call);
    struct http_conn *conn = download->gone ? NULL : http_conn_find(call->shard->http, call->http_conn);
    download->reading = false;
    if (conn != NULL && download->err == OK) {
        metric_add(&call->shard->metrics, METRIC_FILE_BYTES_OUT, (int64_t)download->sent);
        http_conn_sent(conn, download->sent, download->full);
    }
    download_go(download);
}

static void send_run(struct call *call)
{
    struct download *download = download_of(call);
    uint64_t size = download->left < SEND_BYTES ? download->left : SEND_BYTES;
    uint64_t from = download->at;
    download->err = file_send(download->fd, "a file", download->socket, &download->at, (size_t)size);
    download->sent = download->at - from;
    download->left -= download->sent;
    download->full = download->err == OK && download->sent < size;
    call_to_loop(call, piece_sent);
}

/* The next piece, when there is one and the last has left. */
static void download_go(struct download *download)
{
    struct call *call = download->call;
    struct http_conn *conn = download->gone ? NULL : http_conn_find(call->shard->http, call->http_conn);
    if (conn == NULL) {
        if (!download->reading)
            download_end(download);
        return;
    }
    if (download->reading)
        return;
    if (download->err != OK) {
        http_conn_send_end(conn, false);
        download_end(download);
        return;
    }
    if (download->piece != NULL && conn_queued_bytes(http_conn_stream(conn)) == 0) {
        metric_add(&call->shard->metrics, METRIC_FILE_BYTES_OUT, download->piece->size);
        http_conn_send_part(conn, download->piece);
        payload_unref(&download->piece);
    }
    if (download->piece != NULL)
        return;
    if (download->left > 0 && download->socket < 0) {
        read_begin(download);
    } else if (download->left > 0) {
        if (download->full || conn_queued_bytes(http_conn_stream(conn)) > 0)
            return; /* drained comes. */
        download->reading = true;
        call_media(call, send_run);
    } else if (conn_queued_bytes(http_conn_stream(conn)) == 0) { /* Else drained comes. */
        http_conn_send_end(conn, true);
        download_end(download);
    }
}

static void drained(struct http_stream *stream)
{
    struct download *download = (struct download *)stream;
    if (!download->reading)
        download->full = false;
    download_go((struct download *)stream);
}

static void gone(struct http_stream *stream)
{
    struct download *download = (struct download *)stream;
    download->gone = true;
    download_go(download);
}

static void body(struct http_stream *stream, struct str bytes, bool last)
{
    (void)stream;
    (void)bytes;
    (void)last;
}

static const struct http_stream_calls stream_calls = { .body = body, .drained = drained, .gone = gone };

/* The head is known; on the loop. */
static void download_start(struct call *call)
{
    struct download *download = download_of(call);
    struct http_conn *conn = http_conn_find(call->shard->http, call->http_conn);
    struct buf head = { 0 };
    if (conn == NULL) {
        download_end(download);
        return;
    }
    metric_add(&call->shard->metrics, METRIC_FILES_SENT, 1);
    call_head_append(call, conn, &head, download->promised);
    struct payload *payload = payload_from(buf_str(&head));
    buf_release(&head);
    if (call->method == HTTP_HEAD) {
        http_conn_reply(conn, payload);
        payload_unref(&payload);
        download_end(download);
        return;
    }
    http_conn_send_begin(conn, &download->stream);
    http_conn_send_part(conn, payload);
    payload_unref(&payload);
    if (download->piece == NULL) {
        download->socket = conn_descriptor(http_conn_stream(conn));
        download_go(download);
        return;
    }
    metric_add(&call->shard->metrics, METRIC_FILE_BYTES_OUT, download->piece->size);
    http_conn_send_part(conn, download->piece); /* Leaves with the head. */
    payload_unref(&download->piece);
    download_go(download);
}

static void range_take(struct call *call, struct download *download, uint64_t size, struct str etag)
{
    bool same = call->header_if_range.ptr == NULL || str_equal(call->header_if_range, etag);
    struct http_range range = http_range_parse(same ? call->header_range : STR_NONE, size);
    download->at = range.from;
    download->left = range.size;
    call->status = 200;
    if (range.kind == HTTP_RANGE_PART) {
        call->status = 206;
        buf_append_format(&call->headers, "Content-Range: bytes %llu-%llu/%llu\r\n", (unsigned long long)range.from,
                          (unsigned long long)(range.from + range.size - 1), (unsigned long long)size);
    } else if (range.kind == HTTP_RANGE_NONE) {
        call->status = 416;
    }
}

static struct str etag_of(struct call *call, const struct download *download)
{
    return arena_format(&call->arena, "\"%.*s%s%s\"", (int)download->fid.size, download->fid.ptr,
                        *download->variant == '\0' ? "" : "-", download->variant);
}

static enum err bytes_find(struct download *download, void *link, uint64_t *size)
{
    const struct service *service = download->call->service;
    if (download->object.ptr == NULL)
        return blob_open(service->blobs, download->fid, download->variant, &download->fd, size);
    return service->store->v->size(service->store, link, download->object, size);
}

static void open_run(struct pool_job *job, void *link)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    struct download *download = download_of(call);
    uint64_t size = 0;
    enum err err = bytes_find(download, link, &size);
    if (err == ERR_NOT_FOUND && call->service->store != NULL && !call->again) {
        call_again(call); /* It was carried to the other store this very moment. */
        return;
    }
    if (err == OK)
        range_take(call, download, size, etag_of(call, download));
    download->promised = download->left;
    bool direct = call->plain && download->object.ptr == NULL && download->left > SMALL_BYTES;
    if (err == OK && call->status != 416 && call->method != HTTP_HEAD && !direct) {
        read_piece(download, link);
        err = download->err;
    }
    if (err == OK && call->status != 416) {
        call_to_loop(call, download_start);
        return;
    }
    buf_clear(&call->headers); /* They are the file's. */
    if (err == OK)
        buf_append_format(&call->headers, "Content-Range: bytes */%llu\r\n", (unsigned long long)size);
    if (err == OK)
        call_reply_status(call, 416, 2100, "请求的范围不存在");
    else if (err == ERR_NOT_FOUND)
        call_reply_status(call, 404, 2109, "文件不存在");
    else if (download->object.ptr != NULL)
        call_reply_busy(call, 503, RETRY_S, "文件存储暂不可用，请稍后再试");
    else
        call_reply_broken(call, err);
}

void download_begin(struct call *call, const struct file *file, const char *variant, struct str object)
{
    struct download *download = arena_zalloc(&call->arena, sizeof(*download));
    download->stream.calls = &stream_calls;
    download->call = call;
    download->fid = file->fid;
    download->variant = variant;
    download->object = object;
    download->fd = -1;
    download->socket = -1;
    call->state = download;
    if (call->dropped == NULL) /* Else it was counted before call_again. */
        atomic_fetch_add(&call->shard->transfers, 1);
    call->dropped = dropped;
    struct str etag = etag_of(call, download);
    buf_append_format(&call->headers, "ETag: %.*s\r\nAccept-Ranges: bytes\r\n", (int)etag.size, etag.ptr);
    if (http_etag_listed(call->header_if_none_match, etag)) {
        call_reply_raw(call, 304, NULL, STR_NONE);
        return;
    }
    call->pool.run = open_run;
    if (pool_submit(threads_of(download), &call->pool) != OK)
        call_reply_busy(call, 503, 1, "服务器繁忙，请稍后再试");
}
