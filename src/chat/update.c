/* update.c: events that are frames of v2 already. */
#include "chat/update.h"

struct event *update_add(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t cmd,
                         enum event_scope scope, struct str body)
{
    struct arena *arena = &tx->events->arena;
    struct event *event = event_add(tx->events, EVENT_UPDATE);
    event->chat = ref->chat;
    event->actor = actor->id;
    event->actor_email = arena_str(arena, actor->email);
    event->dst = arena_str(arena, ref->dst);
    event->users[0] = actor->id;
    event->users[1] = ref->peer;
    event->emails[0] = event->actor_email;
    event->emails[1] = event->dst;
    event->cmd = cmd;
    event->scope = scope;
    event->body = body.size == 0 ? STR_NONE : arena_str(arena, body);
    event->created_ms = tx->now_ms;
    return event;
}

struct chat_ref update_pair(const struct actor *actor, int64_t peer, struct str peer_email)
{
    return (struct chat_ref){ .chat = chat_id_direct(actor->id, peer), .dst = peer_email, .peer = peer };
}
