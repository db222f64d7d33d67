/* deliver.c: fan-out.
 * A frame is built once a loop, and only if somebody on this loop is to get
 * it. Messages of one group that stand side by side in a batch leave as one
 * payload, so that a busy group costs each member one send a batch. */
#include "live/deliver.h"

#include "live/frame_v1.h"
#include "live/frame_v2.h"
#include "live/session.h"
#include "live/watch.h"

#define RUN_SIZE_MAX ((size_t)64 * 1024)

/* One thing to tell, as v1 and as v2 see it: each built when the first session of its kind is met. */
struct told {
    struct shard *shard;
    const struct event *run; /* one event, or so many messages of one group */
    size_t count;
    struct payload *v1;
    struct payload *v2[2]; /* by the side of a direct chat (frame_v2.h) */
};

static void told_release(struct told *told)
{
    payload_unref(&told->v1);
    payload_unref(&told->v2[0]);
    payload_unref(&told->v2[1]);
}

static void v1_append(struct told *told, const struct event *event)
{
    struct buf *out = &told->shard->frame;
    bool escape = told->shard->service->conf->escape_html;
    if (event->type == EVENT_FRIENDS) {
        frame_v1_friends_append(out, event, escape);
    } else if (event->type == EVENT_JOINED) {
        frame_v1_joined_append(out, event, escape);
    } else if (event->type == EVENT_MESSAGE && event->msg_type != MESSAGE_TYPE_NOTICE) {
        struct v1_message message = v1_message_of(event);
        frame_v1_message_append(out, &message, escape);
    }
}

/* NULL: v1 hears nothing of it. */
static struct payload *told_v1(struct told *told)
{
    if (told->v1 != NULL)
        return told->v1;
    buf_clear(&told->shard->frame);
    for (size_t i = 0; i < told->count; i++)
        v1_append(told, &told->run[i]);
    if (told->shard->frame.size > 0)
        told->v1 = payload_from(buf_str(&told->shard->frame));
    return told->v1;
}

/* NULL: v2 hears of it by an update. */
static struct payload *told_v2(struct told *told, unsigned side)
{
    if (told->v2[side] != NULL)
        return told->v2[side];
    buf_clear(&told->shard->frame);
    for (size_t i = 0; i < told->count; i++) {
        if (told->run[i].type == EVENT_MESSAGE)
            frame_v2_message_append(&told->shard->frame, &told->run[i]);
        else if (told->run[i].type == EVENT_UPDATE)
            frame_v2_update_append(&told->shard->frame, &told->run[i], side);
    }
    if (told->shard->frame.size > 0)
        told->v2[side] = payload_from(buf_str(&told->shard->frame));
    return told->v2[side];
}

static void session_tell(struct told *told, struct session *session, unsigned side)
{
    struct payload *payload = session->v2 ? told_v2(told, side) : told_v1(told);
    const struct event *last = &told->run[told->count - 1];
    if (last->type == EVENT_MESSAGE && payload != NULL)
        session_push_message(session, last->chat, last->seq, payload);
    else if (payload != NULL)
        session_push(session, payload);
}

static void user_tell(struct told *told, int64_t user, unsigned side)
{
    for (struct session *session = session_first(told->shard, user); session != NULL; session = session->user_next)
        session_tell(told, session, side);
}

static void direct_deliver(struct shard *shard, const struct event *event)
{
    struct told told = { .shard = shard, .run = event, .count = 1 };
    user_tell(&told, event->users[0], 0);
    if (event->users[1] != event->users[0])
        user_tell(&told, event->users[1], 0); /* A message names its recipient to both. */
    told_release(&told);
}

/* The events from the first on that belong to the same group: at least one. */
static size_t run_length(const struct event_list *events, size_t first)
{
    const struct event *event = &events->items[first];
    size_t end = first + 1;
    size_t size = event->content.size;
    while (end < events->count && events->items[end].type == EVENT_MESSAGE && events->items[end].chat == event->chat &&
           size + events->items[end].content.size < RUN_SIZE_MAX) {
        size += events->items[end].content.size;
        end++;
    }
    return end - first;
}

static void run_push_singly(struct shard *shard, struct session *session, const struct event *run, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct told told = { .shard = shard, .run = &run[i], .count = 1 };
        session_tell(&told, session, 0);
        told_release(&told);
    }
}

static void run_deliver(struct shard *shard, const struct event *run, size_t count)
{
    struct told told = { .shard = shard, .run = run, .count = count };
    struct room *room = map_get(&shard->rooms, (uint64_t)run->chat);
    for (uint32_t i = 0; room != NULL && i < room->count; i++) {
        struct session *session = room->members[i].session;
        if (session_takes_run(session, run->chat, run->seq)) {
            session_tell(&told, session, 0);
            metric_add(&shard->metrics, METRIC_FRAMES_OUT, (int64_t)count - 1);
        } else {
            run_push_singly(shard, session, run, count);
        }
    }
    told_release(&told);
}

static void room_tell(struct told *told, int64_t but_user)
{
    struct room *room = map_get(&told->shard->rooms, (uint64_t)told->run->chat);
    for (uint32_t i = 0; room != NULL && i < room->count; i++)
        if (room->members[i].session->user != but_user)
            session_tell(told, room->members[i].session, 0);
}

static void update_deliver(struct shard *shard, const struct event *event)
{
    struct told told = { .shard = shard, .run = event, .count = 1 };
    bool direct = chat_id_is_direct(event->chat);
    bool others = event->scope == EVENT_TO_OTHERS;
    if (event->scope == EVENT_TO_TARGETS) {
        for (size_t i = 0; i < event->target_count; i++)
            user_tell(&told, event->targets[i], direct && event->targets[i] != event->actor);
    } else if (event->scope == EVENT_TO_ACTOR) {
        user_tell(&told, event->actor, 0);
    } else if (!direct) {
        room_tell(&told, others ? event->actor : 0);
    } else {
        if (!others)
            user_tell(&told, event->users[0], 0);
        if (event->users[1] != event->users[0])
            user_tell(&told, event->users[1], 1);
    }
    told_release(&told);
}

static void friends_deliver(struct shard *shard, const struct event *event)
{
    struct told told = { .shard = shard, .run = event, .count = 1 };
    user_tell(&told, event->users[0], 0);
    user_tell(&told, event->users[1], 0);
    told_release(&told);
}

static void joined_deliver(struct shard *shard, const struct event *event)
{
    for (struct session *session = session_first(shard, event->actor); session != NULL; session = session->user_next) {
        room_enter(shard, session, event->chat);
        session->again |= !session->live;
    }
    struct told told = { .shard = shard, .run = event, .count = 1 };
    if (!event->founded)
        room_tell(&told, 0);
    told_release(&told);
}

/* The group is no more: its room empties. */
static void room_dissolve(struct shard *shard, int64_t chat)
{
    struct room *room;
    while ((room = map_get(&shard->rooms, (uint64_t)chat)) != NULL) {
        struct session *session = room->members[0].session;
        session->again |= !session->live;
        room_leave(shard, session, chat);
    }
}

static void left_deliver(struct shard *shard, const struct event *event)
{
    watch_review(shard, event->chat, event->actor);
    if (event->actor == 0) {
        room_dissolve(shard, event->chat);
        return;
    }
    for (struct session *session = session_first(shard, event->actor); session != NULL; session = session->user_next) {
        room_leave(shard, session, event->chat);
        session->again |= !session->live;
    }
}

/* The frame names whom it is told. */
static void presence_push(struct session *session, const void *context)
{
    const struct event *event = context;
    struct buf *frame = &session->shard->frame;
    buf_clear(frame);
    if (session->v2)
        frame_v2_presence_append(frame, event->actor_email, session_email(session), event->online, event->created_ms);
    else
        frame_v1_presence_append(frame, event->actor_email, session_email(session), event->online);
    struct payload *payload = payload_from(buf_str(frame));
    session_push(session, payload);
    payload_unref(&payload);
}

/* Friends, then those who watch him and were not told as friends. */
static void presence_deliver(struct shard *shard, const struct event *event)
{
    for (size_t i = 0; i < event->target_count; i++)
        for (struct session *session = session_first(shard, event->targets[i]); session != NULL;
             session = session->user_next)
            if (watch_news(session, event->actor, event->online))
                presence_push(session, event);
    watch_tell(shard, event->actor, event->online, presence_push, event);
}

/* Not those that came with a newer token while this was on its way from another node. */
static void sessions_end(struct shard *shard, const struct event *event, uint64_t number)
{
    for (struct session *session = session_first(shard, event->actor); session != NULL; session = session->user_next)
        if (session->born < number &&
            (event->type == EVENT_USER_ENDED ||
             event->device == (event->type == EVENT_NAMED_ENDED ? session->named : session->device)))
            session_end(session, event->reason != NULL ? event->reason : "revoked", 0);
}

/* A named device has one session. Those that opened before this one end; one that opened after it has an event of
 * its own still to come, and ends this one then. */
static void opened_deliver(struct shard *shard, const struct event *event)
{
    for (struct session *session = session_first(shard, event->actor); session != NULL; session = session->user_next) {
        if (session->named != event->device)
            continue;
        if (!event->foreign && session->id == event->session && loop_index(shard->loop) == event->loop)
            session->announced = true;
        else if (session->announced)
            session_end(session, "replaced", 0);
    }
}

void deliver_events(void *context, const struct event_list *events, uint64_t number)
{
    struct shard *shard = context;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *event = &events->items[i];
        switch (event->type) {
        case EVENT_MESSAGE:
            if (chat_id_is_direct(event->chat)) {
                direct_deliver(shard, event);
            } else {
                size_t count = run_length(events, i);
                run_deliver(shard, event, count);
                i += count - 1;
            }
            break;
        case EVENT_UPDATE:
            update_deliver(shard, event);
            break;
        case EVENT_OPENED:
            opened_deliver(shard, event);
            break;
        case EVENT_FRIENDS:
            friends_deliver(shard, event);
            break;
        case EVENT_JOINED:
            joined_deliver(shard, event);
            break;
        case EVENT_LEFT:
            left_deliver(shard, event);
            shard->left_number = number;
            break;
        case EVENT_PRESENCE:
            presence_deliver(shard, event);
            break;
        case EVENT_HIDDEN:
            watch_end(shard, event->users[1], event->actor);
            break;
        case EVENT_USER_ENDED:
        case EVENT_DEVICE_ENDED:
        case EVENT_NAMED_ENDED:
            sessions_end(shard, event, number);
            break;
        case EVENT_BEHIND:
            shard_renew(shard);
            break;
        case EVENT_NODE_CAME:
        case EVENT_NODE_WENT:
        case EVENT_NODE_USERS:
        case EVENT_FLUSHED:
        case EVENT_FORGET_CHAT:
        case EVENT_FORGET_MEMBER:
        case EVENT_FORGET_ALL:
        case EVENT_TYPES:
            break; /* Between nodes. */
        }
    }
    shard->delivered_number = number;
}
