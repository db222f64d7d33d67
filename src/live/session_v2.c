/* session_v2.c: what a v2 session alone is told: greetings, answers, refusals, and why it ends. */
#include "live/session.h"

#include "live/frame_v2.h"
#include "chat/refusal.h"
#include "chat/shared.h"
#include "os/clock.h"
#include "os/log.h"

void session_answer(struct session *session, const struct buf *frame)
{
    if (session->closing)
        return;
    struct payload *payload = payload_from(buf_str(frame));
    session_send(session, payload);
    payload_unref(&payload);
    metric_add(&session->shard->metrics, METRIC_FRAMES_OUT, 1);
}

void session_refuse(struct session *session, int64_t ref, struct str cid, enum err err, unsigned retry_after_s)
{
    struct buf frame = { 0 };
    int code = refusal_code(err);
    bool trouble = code == 0;
    if (trouble)
        log_warn("session", "a frame could not be dealt with", LOG_I64("cmd", ref), LOG_TEXT("reason", err_text(err)));
    frame_v2_error_append(&frame, ref, cid, trouble ? refusal_code(ERR_LIMITED) : code, refusal_text(err),
                          trouble ? 1 : retry_after_s);
    session_answer(session, &frame);
    buf_release(&frame);
}

void session_hello(struct session *session)
{
    const struct service *service = session->shard->service;
    struct buf frame = { 0 };
    struct shared_stats nodes;
    core_shared_stats(service->core, &nodes);
    char sid[64]; /* the node among several, the loop, the session */
    int size = nodes.shared ? snprintf(sid, sizeof(sid), "%lld-", (long long)nodes.node) : 0;
    size += snprintf(sid + size, sizeof(sid) - (size_t)size, "%u-%llu", loop_index(session->shard->loop),
                     (unsigned long long)session->id);
    frame_v2_hello_append(&frame, &(struct hello){
                                      .epoch = str_from(service->epoch),
                                      .sid = { sid, (size_t)size },
                                      .now_ms = clock_wall_ms(),
                                      .heart_s = service->conf->ping_ms / 1000,
                                      .message_per_s = service->conf->message_per_s,
                                      .message_burst = service->conf->message_burst,
                                      .recall_ms = service->conf->recall_ms,
                                      .edit_ms = service->conf->edit_ms,
                                  });
    session_answer(session, &frame);
    buf_release(&frame);
}

void session_end(struct session *session, const char *reason, unsigned retry_after_s)
{
    if (session->v2) {
        struct buf frame = { 0 };
        frame_v2_session_append(&frame, reason, retry_after_s);
        session_answer(session, &frame);
        buf_release(&frame);
    }
    bool drain = strcmp(reason, "drain") == 0;
    session_close(session, drain ? WS_CLOSE_GOING_AWAY : WS_CLOSE_POLICY,
                  str_from(drain ? "server is going down" : reason));
}
