/* upgrade.c: from a request to a session.
 * A v2 client names its device; a name that is new, or comes with another
 * token, is noted by the writer first. */
#include "api/upgrade.h"

#include "chat/account.h"
#include "live/catchup.h"
#include "live/session.h"
#include "os/clock.h"
#include "store/device_name.h"

#include <stddef.h>

#define DEVICE_SIZE_MAX ((size_t)64)
#define NOTE_AFTER_MS (INT64_C(60) * 60 * 1000) /* a device's use is written once an hour at most */

/* PROTOCOL.md: at most 64 of [A-Za-z0-9._-]. */
static bool device_valid(struct str name)
{
    if (name.size == 0 || name.size > DEVICE_SIZE_MAX)
        return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
              c == '-'))
            return false;
    }
    return true;
}

static void session_prepare(struct call *call, struct reader *reader)
{
    call->snapshot = snapshot_new();
    enum err err =
        snapshot_load(call->service, reader, call->user, call->device, call->named != 0, NULL, call->snapshot);
    if (err == ERR_DENIED)
        call_reply_raw(call, 401, "text/html;charset=utf-8", STR("未经授权的请求"));
    else if (err != OK)
        call_reply_broken(call, err);
    else
        call_reply_raw(call, 101, "", STR_NONE);
}

static enum err device_write(struct call *call, struct core_tx *tx)
{
    return account_device(tx, call->user, call->device_name, call->device, (size_t)call->service->conf->tokens_max,
                          &call->named);
}

static void prepare_run(struct pool_job *job, void *thread_context)
{
    session_prepare((struct call *)((char *)job - offsetof(struct call, pool)), thread_context);
}

static void device_written(struct call *call, enum err result)
{
    call->pool.run = prepare_run;
    if (result == OK && atomic_load(&call->service->draining))
        result = ERR_BUSY; /* The workers may be gone. */
    if (result == OK)
        result = pool_submit(call->service->readers, &call->pool);
    if (result != OK)
        call_reply_broken(call, result);
}

static void device_open(struct call *call, struct reader *reader)
{
    struct device_name device;
    call->device_name = call_query_text(call, "device");
    if (call->device_name.ptr == NULL) /* A client that names none is as many devices as it has tokens. */
        call->device_name = arena_format(&call->arena, "token-%lld", (long long)call->device);
    if (!device_valid(call->device_name)) {
        call_reply_status(call, 400, 2100, "device不合法");
        return;
    }
    enum err err = device_name_get(reader->db, call->user, call->device_name, &device);
    if (err == OK && device.login == call->device && clock_wall_ms() - device.used_ms < NOTE_AFTER_MS) {
        call->named = device.id;
        session_prepare(call, reader);
    } else if (err == OK || err == ERR_NOT_FOUND) {
        call_write(call, false, device_write, device_written);
    } else {
        call_reply_broken(call, err);
    }
}

void upgrade_run(struct call *call, struct reader *reader)
{
    if (call->handshake == ERR_ARG) {
        buf_append_str(&call->headers, STR("Sec-WebSocket-Version: 13\r\n"));
        call_reply_status(call, 426, 2100, "只支持WebSocket版本13");
    } else if (call->handshake != OK) {
        call_reply_status(call, 400, 2100, "WebSocket握手不合法");
    } else if (call_is_v2(call)) {
        device_open(call, reader);
    } else {
        session_prepare(call, reader);
    }
}

void upgrade_finish(struct call *call, struct http_conn *conn)
{
    struct buf reply = { 0 };
    struct buf rest = { 0 };
    bool deflate = call->service->conf->deflate && call->offer.wanted;
    http_cors_append(&call->headers, &call->service->cors, call->origin);
    ws_handshake_reply(&reply, buf_str(&call->accept), deflate ? &call->offer : NULL, buf_str(&call->headers));
    struct payload *payload = payload_from(buf_str(&reply));
    buf_release(&reply);
    struct conn *stream = http_conn_take(conn, &rest);
    conn_send(stream, payload);
    payload_unref(&payload);

    struct session_start start = {
        .user = call->user,
        .device = call->device,
        .named = call->named,
        .email = call->email,
        .used_ms = call->used_ms,
        .v2 = call->named != 0,
        .deflate = deflate,
        .snapshot = call->snapshot,
    };
    call->snapshot = NULL;
    struct session *session = session_open(call->shard, stream, &start);
    if (atomic_load(&call->service->draining))
        session_end(session, "drain", 1);
    else if (rest.size > 0)
        session_feed(session, rest.ptr, rest.size);
    buf_release(&rest);
}
