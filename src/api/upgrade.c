/* upgrade.c: the handshake's two halves. */
#include "api/upgrade.h"

#include "live/catchup.h"
#include "live/session.h"

void upgrade_run(struct call *call, struct reader *reader)
{
    if (call->handshake == ERR_ARG) {
        buf_append_str(&call->headers, STR("Sec-WebSocket-Version: 13\r\n"));
        call_reply_status(call, 426, 2100, "只支持WebSocket版本13");
        return;
    }
    if (call->handshake != OK) {
        call_reply_status(call, 400, 2100, "WebSocket握手不合法");
        return;
    }
    call->snapshot = snapshot_new();
    enum err err = snapshot_load(call->service, reader, call->user, call->device, NULL, call->snapshot);
    if (err != OK) {
        call_reply_broken(call, err);
        return;
    }
    call_reply_raw(call, 101, "", STR_NONE);
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

    struct snapshot *snapshot = call->snapshot;
    call->snapshot = NULL;
    struct session *session =
        session_open(call->shard, stream, call->user, call->device, call->email, call->used_ms, deflate, snapshot);
    if (atomic_load(&call->service->draining))
        session_close(session, WS_CLOSE_GOING_AWAY, STR("server is going down"));
    else if (rest.size > 0)
        session_feed(session, rest.ptr, rest.size);
    buf_release(&rest);
}
