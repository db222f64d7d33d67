/* call.c: requests between threads, and their replies. */
#include "api/call.h"

#include "api/authenticate.h"
#include "api/call_action.h"
#include "live/catchup.h"
#include "api/upgrade.h"
#include "os/clock.h"
#include "os/log.h"
#include "util/jsonw.h"
#include "util/mem.h"
#include "util/network.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define JSON_TYPE STR("application/json;charset=utf-8")

void call_free(struct call *call)
{
    if (call->dropped != NULL)
        call->dropped(call);
    if (call->transfer)
        atomic_fetch_sub(&call->shard->transfers, 1);
    snapshot_free(&call->snapshot);
    buf_release(&call->accept);
    buf_release(&call->headers);
    buf_release(&call->out);
    buf_release(&call->action.data);
    arena_release(&call->arena);
    free(call);
}

void call_head_append(struct call *call, struct http_conn *conn, struct buf *out, uint64_t body_size)
{
    http_cors_append(&call->headers, &call->service->cors, call->origin);
    http_reply_append(out, &(struct http_reply){
                               .status = call->status,
                               .content_type = call->content_type,
                               .extra_headers = buf_str(&call->headers),
                               .body = { NULL, (size_t)body_size },
                               .head_only = true,
                               .close = call->close || http_conn_closing(conn),
                               .http_1_0 = call->http_1_0,
                           });
}

static void call_looped(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    struct call *call = (struct call *)((char *)mail - offsetof(struct call, mail));
    call->loop_step(call);
}

void call_to_loop(struct call *call, void (*step)(struct call *call))
{
    call->loop_step = step;
    call->mail.run = call_looped;
    loop_post(call->shard->loop, &call->mail);
}

bool call_authenticate(struct call *call, struct reader *reader)
{
    enum err err = authenticate(call, reader);
    if (err == ERR_DENIED)
        call_reply_raw(call, 401, "text/html;charset=utf-8", STR("未经授权的请求"));
    else if (err != OK)
        call_reply_broken(call, err);
    return err == OK;
}

static void call_send(struct call *call, struct http_conn *conn)
{
    struct buf response = { 0 };
    http_cors_append(&call->headers, &call->service->cors, call->origin);
    http_reply_append(&response, &(struct http_reply){
                                     .status = call->status,
                                     .content_type = call->content_type,
                                     .extra_headers = buf_str(&call->headers),
                                     .body = buf_str(&call->out),
                                     .head_only = call->method == HTTP_HEAD,
                                     .close = call->close || http_conn_closing(conn),
                                     .http_1_0 = call->http_1_0,
                                 });
    struct payload *payload = payload_from(buf_str(&response));
    buf_release(&response);
    http_conn_reply(conn, payload);
    payload_unref(&payload);
}

/* The end of every call, on its loop. */
static void call_arrived(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    struct call *call = (struct call *)((char *)mail - offsetof(struct call, mail));
    struct http_conn *conn = http_conn_find(call->shard->http, call->http_conn);
    if (conn != NULL && call->status == 101)
        upgrade_finish(call, conn);
    else if (conn != NULL)
        call_send(call, conn);
    log_debug("http", "answered", LOG_I64("status", call->status),
              LOG_TEXT("path", call->match.route != NULL ? call->match.route->path : "-"), LOG_TEXT("peer", call->peer),
              LOG_I64("user", call->user), LOG_I64("us", clock_mono_us() - call->began_us));
    if (call->status == 401)
        metric_add(&call->shard->metrics, METRIC_HTTP_UNAUTHORIZED, 1);
    if (call->match.route != NULL && call->match.route->action != NULL)
        metric_add(&call->shard->metrics, call->status == 429 ? METRIC_RATE_LIMITED : METRIC_ACTIONS, 1);
    if (call->status == 429 || call->status == 503)
        metric_add(&call->shard->metrics, METRIC_HTTP_REFUSED, 1);
    call_free(call);
}

static void call_end(struct call *call)
{
    call->mail.run = call_arrived;
    loop_post(call->shard->loop, &call->mail);
}

struct buf *call_data(struct call *call)
{
    buf_append_str(&call->out, STR("{\"code\":0,\"msg\":\"\",\"data\":"));
    return &call->out;
}

void call_reply_data(struct call *call)
{
    buf_append_byte(&call->out, '}');
    call->status = 200;
    call->content_type = JSON_TYPE;
    call_end(call);
}

void call_reply_ok(struct call *call, struct str text)
{
    jsonw_str(call_data(call), text);
    call_reply_data(call);
}

void call_reply_true(struct call *call)
{
    jsonw_bool(call_data(call), true);
    call_reply_data(call);
}

void call_reply_status(struct call *call, int status, int code, const char *message)
{
    buf_clear(&call->out);
    jsonw_open(&call->out, '{');
    jsonw_put_i64(&call->out, "code", code);
    jsonw_put_str(&call->out, "msg", str_from(message));
    jsonw_close(&call->out, '}');
    call->status = status;
    call->content_type = JSON_TYPE;
    call_end(call);
}

void call_reply_error(struct call *call, int code, const char *message)
{
    call_reply_status(call, 200, code, message);
}

void call_reply_busy(struct call *call, int status, unsigned retry_after_s, const char *message)
{
    buf_append_format(&call->headers, "Retry-After: %u\r\n", retry_after_s);
    call_reply_status(call, status, 2108, message);
}

void call_reply_raw(struct call *call, int status, const char *content_type, struct str body)
{
    buf_append_str(&call->out, body);
    call->status = status;
    call->content_type = content_type == NULL ? STR_NONE : str_from(content_type);
    call_end(call);
}

void call_reply_broken(struct call *call, enum err err)
{
    log_error("api", "a call failed", LOG_TEXT("path", call->match.route != NULL ? call->match.route->path : "-"),
              LOG_TEXT("reason", err_text(err)));
    if (err == ERR_FULL || err == ERR_BUSY)
        call_reply_busy(call, 503, 1, "服务器繁忙，请稍后再试");
    else if (err == ERR_DISK_FULL)
        call_reply_status(call, 503, 2108, "存储空间已满");
    else
        call_reply_status(call, 500, 2100, "服务器内部错误");
}

static bool json_take(struct call *call, struct reader *reader)
{
    struct json *json = NULL;
    enum err err = json_parse(reader->json, &call->arena, call->body, &json);
    if (err != OK || json->type != JSON_OBJECT)
        return false;
    call->json = json;
    return true;
}

static void call_run(struct pool_job *job, void *thread_context)
{
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    struct reader *reader = thread_context;
    const struct route *route = call->match.route;
    if (!call->match.open && !call_authenticate(call, reader))
        return;
    if (call->upgrade) {
        upgrade_run(call, reader);
    } else if (route == NULL && call->match.known) {
        buf_append_format(&call->headers, "Allow: %s\r\n", call->match.allow);
        call_reply_status(call, 405, 2100, "不支持的请求方法");
    } else if (route == NULL) {
        call_reply_status(call, 404, 2109, "请求的地址不存在");
    } else if ((route->flags & ROUTE_JSON) != 0 && !json_take(call, reader)) {
        call_reply_status(call, 400, 2100, "请求体不是合法的JSON对象");
    } else if (route->action != NULL) {
        call_action_run(call, reader);
    } else {
        (void)core_reach(call->service->core, reader->db); /* What can't be read says so there. */
        route->run(call, reader);
    }
}

static void hash_run(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    call->hash_step(call);
}

void call_hash(struct call *call, void (*step)(struct call *call))
{
    call->hash_step = step;
    call->pool.run = hash_run;
    if (pool_submit(call->service->hashers, &call->pool) != OK)
        call_reply_busy(call, 429, 1, "登录请求过多，请稍后再试");
}

void call_again(struct call *call)
{
    call->again = true;
    buf_clear(&call->headers);
    call->pool.run = call_run;
    if (pool_submit(call->service->readers, &call->pool) != OK)
        call_reply_busy(call, 503, 1, "服务器繁忙，请稍后再试");
}

static void media_run(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    struct call *call = (struct call *)((char *)job - offsetof(struct call, pool));
    call->media_step(call);
}

void call_media(struct call *call, void (*step)(struct call *call))
{
    call->media_step = step;
    call->pool.run = media_run;
    if (pool_submit(call->service->media, &call->pool) != OK)
        media_run(&call->pool, NULL); /* The queue has room for all connections: never. */
}

void call_transfer(struct call *call, void (*dropped)(struct call *call))
{
    call->dropped = dropped;
    call->transfer = true;
    atomic_fetch_add(&call->shard->transfers, 1);
}

static enum err write_run(struct core_job *job, struct core_tx *tx)
{
    struct call *call = (struct call *)job;
    return call->write_step(call, tx);
}

static void write_finished(struct core_job *job)
{
    struct call *call = (struct call *)job;
    call->written_step(call, job->write.result);
}

void call_write(struct call *call, bool single, enum err (*write)(struct call *call, struct core_tx *tx),
                void (*written)(struct call *call, enum err result))
{
    call->write_step = write;
    call->written_step = written;
    call->job.write.single = single;
    call->job.loop = call->shard->loop;
    call->job.run = write_run;
    call->job.finished = write_finished;
    enum err err = core_submit(call->service->core, &call->job);
    if (err != OK)
        call_reply_broken(call, err);
}

static struct str header_keep(struct call *call, const struct http_request *request, const char *name)
{
    struct str value = http_header_get(request, name);
    return value.ptr == NULL ? STR_NONE : arena_str(&call->arena, value);
}

/* The address that limits count: the peer's, or what a proxy says it is
 * (http.forwarded, http.proxies). */
static void peer_find(struct call *call, const struct http_request *request, struct conn *stream)
{
    conn_peer(stream, call->peer, sizeof(call->peer));
    call->plain = !conn_is_tls(stream);
    struct str forwarded = http_header_get(request, "X-Forwarded-For");
    call->proxied = forwarded.ptr != NULL;
    const struct conf *conf = call->service->conf;
    if (!call->proxied || !conf->forwarded || !network_list_has(str_from(conf->proxies), call->peer))
        return;
    const char *comma = memrchr(forwarded.ptr, ',', forwarded.size);
    if (comma != NULL) {
        forwarded.size -= (size_t)(comma + 1 - forwarded.ptr);
        forwarded.ptr = comma + 1;
    }
    forwarded = str_trim(forwarded);
    if (forwarded.size > 0 && forwarded.size < sizeof(call->peer))
        snprintf(call->peer, sizeof(call->peer), "%.*s", (int)forwarded.size, forwarded.ptr);
}

/* What only files look at. */
static void file_headers_keep(struct call *call, const struct http_request *request)
{
    call->path = arena_str(&call->arena, request->path);
    call->header_type = header_keep(call, request, "Content-Type");
    call->header_range = header_keep(call, request, "Range");
    call->header_if_range = header_keep(call, request, "If-Range");
    call->header_if_none_match = header_keep(call, request, "If-None-Match");
}

struct call *call_new(struct shard *shard, struct http_conn *conn, const struct http_request *request, struct str body)
{
    struct call *call = mem_zalloc(sizeof(*call));
    call->began_us = clock_mono_us();
    call->shard = shard;
    call->service = shard->service;
    call->http_conn = http_conn_id(conn);
    call->method = request->method;
    call->http_1_0 = request->minor == 0;
    call->query = request->query.ptr == NULL ? STR_NONE : arena_str(&call->arena, request->query);
    call->body = arena_str(&call->arena, body);
    call->origin = header_keep(call, request, "Origin");
    call->header_email = header_keep(call, request, "email");
    call->header_token = header_keep(call, request, "token");
    call->header_version = header_keep(call, request, "v");
    call->header_authorization = header_keep(call, request, "Authorization");
    call->requested_headers = header_keep(call, request, "Access-Control-Request-Headers");
    if (request->path.size > 6 && memcmp(request->path.ptr, "/file/", 6) == 0)
        file_headers_keep(call, request);
    peer_find(call, request, http_conn_stream(conn));
    return call;
}

void call_begin(struct shard *shard, struct http_conn *conn, const struct http_request *request, struct str body)
{
    struct call *call = call_new(shard, conn, request, body);
    metric_add(&shard->metrics, METRIC_HTTP_REQUESTS, 1);
    routes_match(request->method, request->path, &call->match);
    if (request->method == HTTP_OPTIONS) {
        buf_append_format(&call->headers, "Allow: %s\r\n",
                          call->match.known ? call->match.allow : "GET, HEAD, POST, PUT, DELETE, OPTIONS");
        http_cors_preflight_append(&call->headers, STR("GET, HEAD, POST, PUT, DELETE, OPTIONS"),
                                   call->requested_headers);
        call->status = 204;
        call_end(call);
        return;
    }
    if (str_equal(request->path, STR("/chat")) && request->upgrade_websocket) {
        call->upgrade = true;
        call->handshake = ws_handshake_check(request, &call->accept, &call->offer);
    }
    call->pool.run = call_run;
    if (pool_submit(shard->service->readers, &call->pool) != OK)
        call_reply_busy(call, 503, 1, "服务器繁忙，请稍后再试");
}
