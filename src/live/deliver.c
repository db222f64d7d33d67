/* deliver.c: fan-out.
 * A frame is built once a loop, and only if somebody on this loop is to get
 * it. Messages of one group that stand side by side in a batch leave as one
 * payload, so that a busy group costs each member one send a batch. */
#include "live/deliver.h"

#include "live/frame_v1.h"
#include "live/session.h"

#define RUN_SIZE_MAX ((size_t)64 * 1024)

static struct payload *frame_take(struct shard *shard)
{
    return payload_from(buf_str(&shard->frame));
}

static struct payload *message_frame(struct shard *shard, const struct event *event)
{
    struct v1_message message = v1_message_of(event);
    buf_clear(&shard->frame);
    frame_v1_message_append(&shard->frame, &message, shard->service->conf->escape_html);
    return frame_take(shard);
}

/* To all of the user's sessions here; the payload is built at the first. */
static void user_push_message(struct shard *shard, int64_t user, const struct event *event, struct payload **payload)
{
    for (struct session *session = session_first(shard, user); session != NULL; session = session->user_next) {
        if (*payload == NULL)
            *payload = message_frame(shard, event);
        session_push_message(session, event->chat, event->seq, *payload);
    }
}

static void direct_deliver(struct shard *shard, const struct event *event)
{
    struct payload *payload = NULL;
    user_push_message(shard, event->users[0], event, &payload);
    if (event->users[1] != event->users[0])
        user_push_message(shard, event->users[1], event, &payload);
    payload_unref(&payload);
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
        struct payload *payload = message_frame(shard, &run[i]);
        session_push_message(session, run[i].chat, run[i].seq, payload);
        payload_unref(&payload);
    }
}

static void run_deliver(struct shard *shard, const struct event *run, size_t count)
{
    struct room *room = map_get(&shard->rooms, (uint64_t)run->chat);
    if (room == NULL)
        return;
    buf_clear(&shard->frame);
    for (size_t i = 0; i < count; i++) {
        struct v1_message message = v1_message_of(&run[i]);
        frame_v1_message_append(&shard->frame, &message, shard->service->conf->escape_html);
    }
    struct payload *payload = frame_take(shard);
    int64_t last = run[count - 1].seq;
    for (uint32_t i = 0; i < room->count; i++) {
        struct session *session = room->members[i].session;
        if (session_takes_run(session, run->chat, run->seq)) {
            session_push_message(session, run->chat, last, payload);
            metric_add(&shard->metrics, METRIC_FRAMES_OUT, (int64_t)count - 1);
        } else {
            run_push_singly(shard, session, run, count);
        }
    }
    payload_unref(&payload);
}

static void user_push(struct shard *shard, int64_t user, struct payload *payload)
{
    for (struct session *session = session_first(shard, user); session != NULL; session = session->user_next)
        session_push(session, payload);
}

static void friends_deliver(struct shard *shard, const struct event *event)
{
    if (session_first(shard, event->users[0]) == NULL && session_first(shard, event->users[1]) == NULL)
        return;
    buf_clear(&shard->frame);
    frame_v1_friends_append(&shard->frame, event, shard->service->conf->escape_html);
    struct payload *payload = frame_take(shard);
    user_push(shard, event->users[0], payload);
    user_push(shard, event->users[1], payload);
    payload_unref(&payload);
}

static void joined_deliver(struct shard *shard, const struct event *event)
{
    for (struct session *session = session_first(shard, event->actor); session != NULL; session = session->user_next) {
        room_enter(shard, session, event->chat);
        session->again |= !session->live;
    }
    struct room *room = map_get(&shard->rooms, (uint64_t)event->chat);
    if (room == NULL || event->founded)
        return;
    buf_clear(&shard->frame);
    frame_v1_joined_append(&shard->frame, event, shard->service->conf->escape_html);
    struct payload *payload = frame_take(shard);
    for (uint32_t i = 0; i < room->count; i++)
        session_push(room->members[i].session, payload);
    payload_unref(&payload);
}

static void left_deliver(struct shard *shard, const struct event *event)
{
    for (struct session *session = session_first(shard, event->actor); session != NULL; session = session->user_next) {
        room_leave(shard, session, event->chat);
        session->again |= !session->live;
    }
}

static void presence_deliver(struct shard *shard, const struct event *event)
{
    for (size_t i = 0; i < event->target_count; i++) {
        struct session *friend = session_first(shard, event->targets[i]);
        if (friend == NULL)
            continue;
        buf_clear(&shard->frame);
        frame_v1_presence_append(&shard->frame, event->actor_email, session_email(friend), event->online);
        struct payload *payload = frame_take(shard);
        user_push(shard, event->targets[i], payload);
        payload_unref(&payload);
    }
}

static void sessions_end(struct shard *shard, const struct event *event)
{
    for (struct session *session = session_first(shard, event->actor); session != NULL; session = session->user_next)
        if (event->type == EVENT_USER_ENDED || session->device == event->device)
            session_close(session, WS_CLOSE_POLICY, STR("signed out"));
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
        case EVENT_FRIENDS:
            friends_deliver(shard, event);
            break;
        case EVENT_JOINED:
            joined_deliver(shard, event);
            break;
        case EVENT_LEFT:
            left_deliver(shard, event);
            break;
        case EVENT_PRESENCE:
            presence_deliver(shard, event);
            break;
        case EVENT_USER_ENDED:
        case EVENT_DEVICE_ENDED:
            sessions_end(shard, event);
            break;
        }
    }
    shard->delivered_number = number;
}
