/* presence.c: turning sessions into notices.
 * Runs on the writer's thread although it writes nothing: there the notices of
 * one user keep their order, however many loops the sessions come and go on. */
#include "chat/presence.h"

#include "chat/directory.h"
#include "chat/shared.h"
#include "store/contact.h"

enum err presence_told(struct core_tx *tx, int64_t user, struct str email, bool online)
{
    if (!directory_announce(tx->directory, user, online))
        return OK;
    struct arena *arena = &tx->events->arena;
    struct id_list friends;
    enum err err = contact_unblocked(tx->db, arena, user, &friends);
    if (err != OK)
        return err;

    struct event *event = event_add(tx->events, EVENT_PRESENCE);
    event->actor = user;
    event->actor_email = arena_str(arena, email);
    event->online = online;
    event->created_ms = tx->now_ms;
    event->targets = friends.ids;
    event->target_count = friends.count;
    return OK;
}

enum err presence_changed(struct core_tx *tx, int64_t user, struct str email)
{
    bool online = tx->router->v->online(tx->router, user);
    if (tx->shared != NULL)
        shared_tell_here(tx, user);
    if (tx->shared != NULL && !online && directory_is_announced(tx->directory, user) && !shared_knows_gone(tx, user))
        return OK;
    return presence_told(tx, user, email, online);
}
