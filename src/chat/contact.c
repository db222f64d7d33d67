/* contact.c: friendships come into being. */
#include "chat/contact.h"

#include "chat/directory.h"
#include "store/contact.h"

static enum err friends_store(struct core_tx *tx, int64_t a, int64_t b, int64_t chat)
{
    enum err err = contact_insert(tx->db, a, b, tx->now_ms);
    if (err != OK)
        return err;
    int64_t users[] = { a, b };
    for (size_t i = 0; i < 2; i++) {
        err = member_insert(tx->db, chat, users[i], ROLE_MEMBER, 1, tx->now_ms);
        if (err != OK && err != ERR_EXISTS) /* They talked as strangers. */
            return err;
    }
    return OK;
}

enum err contact_add(struct core_tx *tx, const struct actor *actor, struct str email)
{
    struct directory_user peer;
    enum err err = directory_user(tx->directory, tx->db, email, &peer);
    if (err != OK)
        return err;
    if (peer.id == actor->id)
        return ERR_ARG;
    int64_t chat = chat_id_direct(actor->id, peer.id);
    directory_drop_chat(tx->directory, chat);
    err = friends_store(tx, actor->id, peer.id, chat);
    if (err != OK)
        return err;

    struct event *event = event_add(tx->events, EVENT_FRIENDS);
    event->chat = chat;
    event->users[0] = actor->id;
    event->users[1] = peer.id;
    event->actor = actor->id;
    event->actor_email = arena_str(&tx->events->arena, actor->email);
    event->dst = arena_str(&tx->events->arena, peer.email);
    event->created_ms = tx->now_ms;
    return OK;
}
