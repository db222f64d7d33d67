/* message.c: from a draft to a row of the log and an event. */
#include "chat/message.h"

#include "chat/directory.h"
#include "chat/policy.h"

/* Strangers who may write have no member rows yet; friends got theirs when they
 * became friends. A row that is there already is fine. */
static enum err members_ensure(struct core_tx *tx, int64_t chat)
{
    int64_t users[2];
    chat_id_users(chat, &users[0], &users[1]);
    size_t count = users[0] == users[1] ? 1 : 2;
    for (size_t i = 0; i < count; i++) {
        enum err err = member_insert(tx->db, chat, users[i], ROLE_MEMBER, 1, tx->now_ms);
        if (err != OK && err != ERR_EXISTS)
            return err;
    }
    return OK;
}

enum err message_send(struct core_tx *tx, const struct message_draft *draft)
{
    struct directory_user peer = { 0 };
    struct message message = {
        .sender = draft->sender,
        .type = draft->msg_type,
        .created_ms = tx->now_ms,
        .content = draft->content,
    };
    enum err err = draft->kind == CHAT_DIRECT ? policy_write_direct(tx, draft->sender, draft->dst, &peer, &message.chat)
                                              : policy_write_group(tx, draft->sender, draft->dst, &message.chat);
    if (err != OK)
        return err;
    struct directory_chat *chat;
    err = directory_chat(tx->directory, tx->db, message.chat, &chat);
    if (err != OK)
        return err;
    if (draft->kind == CHAT_DIRECT && !chat->has_members) {
        err = members_ensure(tx, message.chat);
        if (err != OK)
            return err;
        chat->has_members = true;
    }
    err = directory_next_id(tx->directory, tx->db, &message.id);
    if (err != OK)
        return err;
    message.seq = chat->head + 1;
    err = message_insert(tx->db, &message);
    if (err != OK)
        return err;
    chat->head = message.seq;
    directory_id_used(tx->directory);

    struct event *event = event_add(tx->events, EVENT_MESSAGE);
    event->chat = message.chat;
    event->users[0] = draft->sender;
    event->users[1] = peer.id;
    event->actor = draft->sender;
    event->actor_email = arena_str(&tx->events->arena, draft->sender_email);
    event->dst = draft->kind == CHAT_DIRECT ? arena_str(&tx->events->arena, peer.email)
                                            : arena_format(&tx->events->arena, "%lld", (long long)message.chat);
    event->id = message.id;
    event->seq = message.seq;
    event->msg_type = message.type;
    event->created_ms = message.created_ms;
    event->content = arena_str(&tx->events->arena, draft->content);
    return OK;
}
