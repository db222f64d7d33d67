/* session.c: a WebSocket from its handshake to its end. */
#include "live/session.h"

#include "live/acks.h"
#include "live/arrival.h"
#include "live/catchup.h"
#include "live/commands.h"
#include "live/compress.h"
#include "live/cursors.h"
#include "live/device_use.h"
#include "live/seen.h"
#include "live/watch.h"
#include "chat/message.h"
#include "os/clock.h"
#include "os/log.h"
#include "util/mem.h"
#include "ws/deflate.h"

#include <stdlib.h>

#define CLOSE_LINGER_MS 1000
#define PING_SPACE_MS 1000 /* PROTOCOL.md: one ping a second at most */
#define REMEMBER_MS 10000  /* longer than any mail takes: what was pushed may be forgotten */

/* The largest content with every byte escaped as \u00XX, and the rest of a frame. */
#define FRAME_SIZE_MAX (6 * CONTENT_SIZE_MAX + (size_t)16 * 1024)

static void session_read(void *owner, char *bytes, size_t size);
static void session_drained(void *owner);
static void session_closed(void *owner, enum conn_end end);

static const struct conn_owner session_owner = {
    .read = session_read,
    .drained = session_drained,
    .closed = session_closed,
};

/* A session that no end is written of (the server was killed) was here at least when it began. */
static void seen_begin(const struct session *session)
{
    struct service *service = session->shard->service;
    if (!service->router->v->online(service->router, session->user))
        seen_note(session->shard, session->user);
}

struct session *session_open(struct shard *shard, struct conn *stream, const struct session_start *start)
{
    struct session *session = mem_zalloc(sizeof(*session) + start->email.size);
    session->shard = shard;
    session->stream = stream;
    session->decoder = ws_decoder_new(FRAME_SIZE_MAX, start->deflate ? ws_inflate_new() : NULL);
    session->v2 = start->v2;
    session->deflate = start->deflate;
    session->used_ms = start->used_ms;
    session->id = ++shard->last_session_id;
    session->user = start->user;
    session->device = start->device;
    session->named = start->named;
    session->email_size = (uint8_t)start->email.size;
    memcpy(session->email, start->email.ptr, start->email.size);
    session->heard_ms = loop_now_ms(shard->loop);
    session->opened_ms = session->heard_ms;
    session->pinged_ms = session->heard_ms - PING_SPACE_MS;
    session->snapshot = start->snapshot;
    session->born = start->snapshot->published_before;
    map_put(&shard->sessions, session->id, session);
    session->user_next = map_get(&shard->users, (uint64_t)session->user);
    map_put(&shard->users, (uint64_t)session->user, session);
    metric_add(&shard->metrics, METRIC_WS_SESSIONS, 1);
    metric_add(&shard->metrics, METRIC_WS_V2_SESSIONS, session->v2);
    metric_add(&shard->metrics, METRIC_WS_OPENED, 1);
    conn_set_owner(stream, &session_owner, session);
    conn_set_outbox_max(stream, (size_t)shard->service->conf->outbox_max);
    seen_begin(session);
    shard->service->router->v->session_opened(shard->service->router, session->user);
    arrival_submit(session, true);
    catchup_begin(session);
    return session;
}

struct session *session_find(struct shard *shard, uint64_t id)
{
    return map_get(&shard->sessions, id);
}

struct session *session_first(struct shard *shard, int64_t user)
{
    return map_get(&shard->users, (uint64_t)user);
}

struct str session_email(const struct session *session)
{
    return (struct str){ session->email, session->email_size };
}

static void active_remove(struct session *session)
{
    if (session->active_at == NULL)
        return;
    *session->active_at = session->active_next;
    if (session->active_next != NULL)
        session->active_next->active_at = session->active_at;
    session->active_at = NULL;
    session->active_next = NULL;
}

static void active_add(struct session *session)
{
    if (session->active_at != NULL)
        return;
    struct shard *shard = session->shard;
    session->active_next = shard->active;
    if (shard->active != NULL)
        shard->active->active_at = &session->active_next;
    shard->active = session;
    session->active_at = &shard->active;
}

static void user_remove(struct session *session)
{
    struct shard *shard = session->shard;
    struct session *first = map_get(&shard->users, (uint64_t)session->user);
    if (first == session) {
        if (session->user_next == NULL)
            map_remove(&shard->users, (uint64_t)session->user);
        else
            map_put(&shard->users, (uint64_t)session->user, session->user_next);
        return;
    }
    while (first->user_next != session)
        first = first->user_next;
    first->user_next = session->user_next;
}

static void held_release(struct session *session)
{
    if (session->held == NULL)
        return;
    buf_release(session->held);
    free(session->held);
    session->held = NULL;
}

/* While the server goes down there may be no next tick. */
static void seen_take(const struct session *session)
{
    struct service *service = session->shard->service;
    if (service->router->v->online(service->router, session->user))
        return;
    seen_note(session->shard, session->user);
    if (atomic_load(&service->draining))
        seen_flush(session->shard);
}

static void session_closed(void *owner, enum conn_end end)
{
    struct session *session = owner;
    struct shard *shard = session->shard;
    if (end == CONN_END_SLOW) {
        metric_add(&shard->metrics, METRIC_WS_SLOW_CLOSED, 1);
        log_info("session", "closed a reader that was too slow", LOG_I64("user", session->user));
    }
    active_remove(session);
    user_remove(session);
    room_leave_all(shard, session);
    watch_release(session);
    map_remove(&shard->sessions, session->id);
    shard->service->router->v->session_closed(shard->service->router, session->user);
    arrival_submit(session, false);
    seen_take(session);
    acks_flush(shard);
    cursors_flush(shard); /* A device that comes right back finds its cursor where it was confirmed. */
    metric_add(&shard->metrics, METRIC_WS_SESSIONS, -1);
    metric_add(&shard->metrics, METRIC_WS_V2_SESSIONS, -(int64_t)session->v2);
    ws_decoder_free(&session->decoder);
    snapshot_free(&session->snapshot);
    waiting_release(&session->waiting);
    held_release(session);
    pushed_release(&session->pushed);
    free(session);
}

static void frame_send(struct session *session, const struct buf *frame)
{
    struct payload *payload = payload_from(buf_str(frame));
    conn_send(session->stream, payload);
    payload_unref(&payload);
}

void session_close(struct session *session, unsigned code, struct str reason)
{
    if (session->closing)
        return;
    session->closing = true;
    struct buf frame = { 0 };
    ws_close_append(&frame, code, reason);
    frame_send(session, &frame);
    buf_release(&frame);
    conn_close(session->stream, CLOSE_LINGER_MS);
}

void session_pushed(struct session *session, int64_t chat, int64_t seq)
{
    pushed_set(&session->pushed, chat, seq);
    session->pushes++;
    active_add(session);
}

/* Forgets what is confirmed, unless an event about it may still be on its way. */
static void session_forget(struct session *session)
{
    struct shard *shard = session->shard;
    if (session->live &&
        (shard->delivered_number >= session->fence || loop_now_ms(shard->loop) - session->opened_ms >= REMEMBER_MS))
        pushed_forget(&session->pushed);
}

/* While the session catches up. A message that does not fit is in the store:
 * the snapshot is taken anew. */
static void session_wait(struct session *session, int64_t chat, int64_t seq, struct payload *payload)
{
    if (!waiting_add(&session->waiting, chat, seq, payload))
        session->again = true;
}

void session_send(struct session *session, struct payload *payload)
{
    if (!session->deflate) {
        conn_send(session->stream, payload);
        return;
    }
    struct payload *compressed = compress_frames(session->shard, payload);
    conn_send(session->stream, compressed);
    payload_unref(&compressed);
}

/* PROTOCOL.md: at most one unanswered, and one a second. */
static bool ping_due(const struct session *session)
{
    return !session->ping_out && !session->paused &&
           loop_now_ms(session->shard->loop) - session->pinged_ms >= PING_SPACE_MS;
}

static void ping_send(struct session *session)
{
    struct buf frame = { 0 };
    char counter[16];
    int size = snprintf(counter, sizeof(counter), "%u", session->pushes);
    ws_frame_append(&frame, WS_PING, (struct str){ counter, (size_t)size });
    frame_send(session, &frame);
    buf_release(&frame);
    session->ping_out = true;
    session->pinged_ms = loop_now_ms(session->shard->loop);
    session->ping_value = session->pushes;
    pushed_pinged(&session->pushed);
}

bool session_takes_run(const struct session *session, int64_t chat, int64_t first)
{
    return session->live && (session->v2 || pushed_seq(&session->pushed, chat) < first);
}

/* v1, going: what it is not pushed any more, it is pushed when it comes again. */
static bool is_muted(const struct session *session)
{
    return session->leaving != SESSION_STAYS && !session->v2 && session->inflight == 0;
}

void session_push_message(struct session *session, int64_t chat, int64_t seq, struct payload *payload)
{
    if (session->closing || is_muted(session))
        return;
    if (!session->live) {
        session_wait(session, chat, seq, payload);
        return;
    }
    if (session->v2) { /* What it has is its own business: it sees seqs. */
        session_send(session, payload);
        metric_add(&session->shard->metrics, METRIC_FRAMES_OUT, 1);
        return;
    }
    if (pushed_seq(&session->pushed, chat) >= seq)
        return;
    session_pushed(session, chat, seq);
    session_send(session, payload);
    metric_add(&session->shard->metrics, METRIC_FRAMES_OUT, 1);
    if (ping_due(session))
        ping_send(session); /* Right behind it, so that a short visit confirms what it saw. */
}

void session_push(struct session *session, struct payload *payload)
{
    if (session->closing)
        return;
    if (!session->live) {
        session_wait(session, 0, 0, payload);
        return;
    }
    session_send(session, payload);
    metric_add(&session->shard->metrics, METRIC_FRAMES_OUT, 1);
}

void session_ping(struct session *session)
{
    active_remove(session);
    session_resume(session);
    if (session->closing)
        return;
    if (ping_due(session))
        ping_send(session);
    else
        active_add(session);
}

static void session_hold(struct session *session, const char *bytes, size_t size)
{
    if (size > 0) {
        if (session->held == NULL)
            session->held = mem_zalloc(sizeof(*session->held));
        buf_append(session->held, bytes, size);
    }
    if (!session->paused)
        conn_pause(session->stream);
    session->paused = true;
    if (session->inflight == 0)
        active_add(session); /* Nobody will wake it but the timer. */
}

static void leave_if_done(struct session *session)
{
    bool confirmed = !session->ping_out && session->ping_value == session->pushes;
    bool now = session->leaving == SESSION_LEAVES_NOW;
    if (session->inflight > 0 || session->closing || !(now || (session->leaving == SESSION_LEAVES && confirmed)))
        return;
    if (session->v2)
        session_end(session, "drain", session->retry_after_s);
    else
        session->leaving = SESSION_SAVES;
}

void session_leave(struct session *session, enum session_leaving how, unsigned retry_after_s)
{
    if (session->closing)
        return;
    session->leaving = (uint8_t)how;
    session->retry_after_s = (uint8_t)retry_after_s;
    session->leaving_ms = loop_now_ms(session->shard->loop);
    if (how == SESSION_LEAVES_NOW)
        session_hold(session, NULL, 0);
    leave_if_done(session);
}

static void chat_confirmed(void *context, int64_t chat, int64_t seq)
{
    struct session *session = context;
    cursors_confirm(session->shard, session->user, session->device, chat, seq);
}

/* The device has answered: what had been pushed before that ping is there. */
static void pong_taken(struct session *session, struct str payload)
{
    int64_t value;
    if (!session->ping_out || !str_to_i64(payload, &value) || value != (int64_t)session->ping_value)
        return; /* An unsolicited pong is allowed (RFC 6455 section 5.5.3) and says nothing. */
    session->ping_out = false;
    pushed_ponged(&session->pushed, chat_confirmed, session);
    session_forget(session);
    leave_if_done(session);
}

void session_check(struct session *session, int64_t now_ms)
{
    const struct conf *conf = session->shard->service->conf;
    if (session->closing || session->paused)
        return;
    int64_t silent_ms = now_ms - session->heard_ms;
    if (silent_ms >= conf->dead_ms) {
        metric_add(&session->shard->metrics, METRIC_WS_DEAD_CLOSED, 1);
        session->closing = true;
        conn_close(session->stream, 0);
        return;
    }
    if (silent_ms >= conf->ping_ms && !session->ping_out)
        ping_send(session);
    if (session->pushed.count > 0)
        session_forget(session);
    if (session->heard_ms > session->opened_ms)
        session->used_ms = device_used(session->shard->service, session->device, session->used_ms, clock_wall_ms());
}

static void session_fail(struct session *session, unsigned code)
{
    metric_add(&session->shard->metrics, METRIC_WS_PROTOCOL_CLOSED, 1);
    session_close(session, code, STR_NONE);
}

static void event_taken(struct session *session, const struct ws_event *event)
{
    struct buf frame = { 0 };
    switch (event->opcode) {
    case WS_TEXT:
        metric_add(&session->shard->metrics, METRIC_FRAMES_IN, 1);
        if (session->leaving == SESSION_STAYS) /* Else it comes too late, as if the socket were closed. */
            command_run(session, event->payload);
        break;
    case WS_PING:
        ws_frame_append(&frame, WS_PONG, event->payload);
        frame_send(session, &frame);
        break;
    case WS_PONG:
        pong_taken(session, event->payload);
        break;
    case WS_CLOSE:
        session_close(session, event->close_code, STR_NONE);
        break;
    default:
        metric_add(&session->shard->metrics, METRIC_FRAMES_REJECTED, 1); /* No command is binary. */
        break;
    }
    buf_release(&frame);
}

static bool session_must_wait(const struct session *session)
{
    const struct service *service = session->shard->service;
    return session->leaving == SESSION_LEAVES_NOW || (session->v2 && !session->live) ||
           session->throttled_ms > loop_now_ms(session->shard->loop) || session->inflight >= INFLIGHT_MAX ||
           core_queued(service->core) >= (size_t)service->conf->queue_max / 2;
}

void session_feed(struct session *session, char *bytes, size_t size)
{
    while (!session->closing) {
        if (session_must_wait(session)) {
            session_hold(session, bytes, size);
            return;
        }
        struct ws_event event;
        unsigned code = 0;
        enum err err = ws_decode(session->decoder, &bytes, &size, &event, &code);
        if (err == ERR_MORE)
            return;
        if (err != OK) {
            session_fail(session, code);
            return;
        }
        event_taken(session, &event);
    }
}

static void session_read(void *owner, char *bytes, size_t size)
{
    struct session *session = owner;
    session->heard_ms = loop_now_ms(session->shard->loop);
    if (session->paused)
        session_hold(session, bytes, size);
    else
        session_feed(session, bytes, size);
}

static void session_drained(void *owner)
{
    struct session *session = owner;
    if (!session->live && !session->closing)
        catchup_drained(session);
}

void session_resume(struct session *session)
{
    if (!session->paused || session->closing || session_must_wait(session))
        return;
    session->paused = false;
    session->heard_ms = loop_now_ms(session->shard->loop);
    struct buf *held = session->held;
    session->held = NULL;
    conn_resume(session->stream);
    if (held != NULL) {
        session_feed(session, held->ptr, held->size);
        buf_release(held);
        free(held);
    }
}

void session_job_begun(struct session *session)
{
    session->inflight++;
}

void session_job_done(struct session *session)
{
    session->inflight--;
    session_resume(session);
    leave_if_done(session);
    if (session->paused && session->inflight == 0)
        active_add(session); /* Nobody will wake it but the timer. */
}
