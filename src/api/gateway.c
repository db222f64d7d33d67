/* gateway.c: HTTP's callbacks for the API and the web client's files. */
#include "api/gateway.h"

#include "api/call.h"
#include "api/part.h"
#include "api/upload.h"
#include "http/assets.h"
#include "media/file_store.h"
#include "util/jsonw.h"

static void common_headers(struct buf *out, void *context)
{
    const struct shard *shard = context;
    http_cors_append(out, &shard->service->cors, STR_NONE);
}

static void error_body(struct buf *out, int status, void *context)
{
    (void)context;
    const char *message = status == 413   ? "请求体过大"
                          : status == 431 ? "请求头过大"
                          : status == 408 ? "请求超时"
                                          : "不合法的HTTP请求";
    jsonw_open(out, '{');
    jsonw_put_i64(out, "code", status == 413 || status == 431 ? 2106 : 2100);
    jsonw_put_str(out, "msg", str_from(message));
    jsonw_close(out, '}');
}

static bool etag_matches(const struct http_request *request, const struct asset *asset)
{
    struct str wanted = http_header_get(request, "If-None-Match");
    if (wanted.ptr == NULL)
        return false;
    return str_equal(wanted, STR("*")) || memmem(wanted.ptr, wanted.size, asset->etag.ptr, asset->etag.size) != NULL;
}

static bool gzip_accepted(const struct http_request *request)
{
    struct str encodings = http_header_get(request, "Accept-Encoding");
    return encodings.ptr != NULL && memmem(encodings.ptr, encodings.size, "gzip", 4) != NULL;
}

/* Where the page may send files itself; empty: nowhere but here. */
static struct str store_origin(const struct service *service)
{
    const struct file_store *store = service->conf->s3_direct ? service->store : NULL;
    return store == NULL ? STR("") : store->v->origin(store);
}

/* A file of the web client, answered right here: it is in memory. */
static void asset_reply(struct shard *shard, struct http_conn *conn, const struct http_request *request,
                        const struct asset *asset)
{
    struct buf headers = { 0 };
    struct buf response = { 0 };
    bool gzip = asset->gzip.size > 0 && gzip_accepted(request);
    asset_headers_append(&headers, asset, store_origin(shard->service));
    if (gzip)
        buf_append_str(&headers, STR("Content-Encoding: gzip\r\n"));
    http_cors_append(&headers, &shard->service->cors, http_header_get(request, "Origin"));
    http_reply_append(&response, &(struct http_reply){
                                     .status = etag_matches(request, asset) ? 304 : 200,
                                     .content_type = asset->content_type,
                                     .extra_headers = buf_str(&headers),
                                     .body = gzip ? asset->gzip : asset->bytes,
                                     .head_only = request->method == HTTP_HEAD,
                                     .close = http_conn_closing(conn),
                                     .http_1_0 = request->minor == 0,
                                 });
    struct payload *payload = payload_from(buf_str(&response));
    http_conn_reply(conn, payload);
    payload_unref(&payload);
    buf_release(&headers);
    buf_release(&response);
    metric_add(&shard->metrics, METRIC_HTTP_REQUESTS, 1);
}

static void request_taken(struct http_conn *conn, const struct http_request *request, struct str body, void *context)
{
    struct shard *shard = context;
    if (request->method == HTTP_GET || request->method == HTTP_HEAD) {
        const struct asset *asset = asset_find(request->path);
        if (asset != NULL) {
            asset_reply(shard, conn, request, asset);
            return;
        }
    }
    call_begin(shard, conn, request, body);
}

/* Bodies that are too large to be held. */
static struct http_stream *body_begin(struct http_conn *conn, const struct http_request *request, void *context)
{
    if (request->method == HTTP_POST && str_equal(request->path, STR("/file/upload")))
        return upload_begin(context, conn, request);
    if (request->method == HTTP_PUT && str_equal(request->path, STR("/file/part")))
        return part_begin(context, conn, request);
    return NULL;
}

void gateway_open(struct shard *shard)
{
    const struct conf *conf = shard->service->conf;
    shard->http = http_server_new(shard->loop, &(struct http_server_options){
                                                   .head_timeout_ms = conf->head_timeout_ms,
                                                   .idle_timeout_ms = conf->idle_timeout_ms,
                                                   .body_max = (size_t)conf->body_max,
                                                   .body_begin = body_begin,
                                                   .request = request_taken,
                                                   .common_headers = common_headers,
                                                   .error_body = error_body,
                                                   .context = shard,
                                               });
}

void gateway_accepted(struct conn *conn, void *context)
{
    struct shard *shard = context;
    if (atomic_load(&shard->service->draining))
        conn_close(conn, 0);
    else
        http_server_accept(shard->http, conn);
}
