/* message.c: from a draft to a row of the log and an event. */
#include "chat/message.h"

#include "chat/directory.h"
#include "chat/file_use.h"
#include "chat/forward.h"
#include "chat/policy.h"
#include "chat/refusal.h"

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

/* Stored with the next seq and id, which are filled in. */
static enum err message_store(struct core_tx *tx, struct directory_chat *chat, struct message *message)
{
    enum err err = directory_next_id(tx->directory, tx->db, &message->id);
    if (err != OK)
        return err;
    message->seq = chat->head + 1;
    err = message_insert(tx->db, message);
    if (err != OK)
        return err;
    chat->head = message->seq;
    directory_id_used(tx->directory);
    return OK;
}

static void message_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                         const struct message *message)
{
    struct arena *arena = &tx->events->arena;
    struct event *event = event_add(tx->events, EVENT_MESSAGE);
    event->chat = message->chat;
    event->users[0] = actor->id;
    event->users[1] = ref->peer;
    event->actor = actor->id;
    event->actor_email = arena_str(arena, actor->email);
    event->dst = arena_str(arena, ref->dst);
    event->id = message->id;
    event->seq = message->seq;
    event->msg_type = message->type;
    event->created_ms = message->created_ms;
    event->content = arena_str(arena, message->content);
    event->cid = message->cid.ptr == NULL ? STR_NONE : arena_str(arena, message->cid);
    event->attrs = message->attrs.ptr == NULL ? STR_NONE : arena_str(arena, message->attrs);
}

/* Whether this was sent before: then *sent is that message. err is why it can't be sent now, and stays the answer
 * otherwise. */
static enum err resend_check(struct core_tx *tx, const struct message_draft *draft, int64_t chat, enum err why,
                             struct message_sent *sent)
{
    struct message before;
    if (draft->cid.ptr == NULL || chat == 0 || refusal_code(why) == 0) /* Trouble is no refusal. */
        return why;
    enum err err = message_by_cid(tx->db, chat, draft->sender, draft->cid, &before);
    if (err != OK)
        return err == ERR_NOT_FOUND ? why : err;
    if (before.digest != draft->digest)
        return ERR_REUSED;
    *sent = (struct message_sent){ before.id, chat, before.seq, before.created_ms, true };
    return OK;
}

/* What the draft says about other messages and people of the chat. */
static enum err draft_check(const struct message_draft *draft, const struct chat_ref *ref,
                            const struct directory_chat *chat)
{
    if (draft->reply < 0 || draft->reply > chat->head)
        return ERR_ARG;
    if (draft->at_all && (draft->kind != CHAT_GROUP || ref->role == ROLE_MEMBER))
        return ERR_DENIED;
    return OK;
}

/* Who is in the chat is reminded; who is not may still be named. */
static enum err mention_one(struct core_tx *tx, const struct message *message, const struct chat_ref *ref,
                            struct str email)
{
    struct directory_user user;
    struct directory_member member;
    enum err err = directory_user(tx->directory, tx->db, email, &user);
    if (err == OK && !chat_id_is_direct(message->chat))
        err = directory_member(tx->directory, tx->db, message->chat, user.id, &member);
    else if (err == OK && user.id != ref->peer)
        err = ERR_NOT_FOUND;
    if (err == OK)
        err = mention_insert(tx->db, user.id, message->chat, message->seq);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err mentions_store(struct core_tx *tx, const struct message_draft *draft, const struct message *message,
                               const struct chat_ref *ref)
{
    enum err err = OK;
    if (draft->at_all)
        err = mention_insert(tx->db, 0, message->chat, message->seq);
    for (size_t i = 0; err == OK && i < draft->at_count; i++)
        err = mention_one(tx, message, ref, draft->at[i]);
    return err;
}

bool message_is_single(const struct message_draft *draft)
{
    return draft->at_count == 0 && !draft->at_all && draft->forward_count == 0 && !file_url_begins(draft->content);
}

static enum err send_new(struct core_tx *tx, const struct message_draft *draft, const struct chat_ref *ref,
                         struct message_sent *sent)
{
    struct directory_chat *chat;
    struct message message = {
        .chat = ref->chat,
        .sender = draft->sender,
        .type = draft->msg_type,
        .created_ms = tx->now_ms,
        .content = draft->content,
        .cid = draft->cid,
        .digest = draft->digest,
        .attrs = draft->attrs,
        .expires_ms = draft->ttl_s > 0 ? tx->now_ms + draft->ttl_s * 1000 : 0,
    };
    int64_t file = 0;
    enum err err = OK;
    if (draft->forward_count > 0)
        err = forward_fill(tx, draft, &message);
    if (err == OK && message.type == MESSAGE_TYPE_MERGED)
        err = file_use_check(tx, draft->sender, message.attrs);
    if (err == OK && message.type == MESSAGE_TYPE_STICKER)
        err = file_use_picture(tx, draft->sender, message.content, tx->policy->sticker_max, &file);
    if (err == OK)
        err = file_use_find(tx, draft->sender, &message.content, &file);
    if (err == OK)
        err = directory_chat(tx->directory, tx->db, ref->chat, &chat);
    if (err == OK)
        err = draft_check(draft, ref, chat);
    if (err == OK && draft->kind == CHAT_DIRECT && !chat->has_members)
        err = members_ensure(tx, ref->chat);
    if (err == OK)
        err = message_store(tx, chat, &message);
    if (err != OK)
        return err;
    /* Told first: what fails from here on is undone by what was told (core.c). */
    struct actor actor = { draft->sender, draft->sender_email };
    message_tell(tx, &actor, ref, &message);
    err = mentions_store(tx, draft, &message, ref);
    if (err == OK && (file != 0 || message.type == MESSAGE_TYPE_MERGED))
        err = file_use_message(tx, &message, file);
    if (err != OK)
        return err;
    chat->has_members = true;
    *sent = (struct message_sent){ message.id, message.chat, message.seq, message.created_ms, false };
    return OK;
}

enum err message_send(struct core_tx *tx, const struct message_draft *draft, struct message_sent *sent)
{
    struct message_sent ignored;
    struct chat_ref ref;
    if (sent == NULL)
        sent = &ignored;
    enum err err = policy_write(tx, draft->sender, draft->kind, draft->dst, &ref);
    if (err == OK)
        err = send_new(tx, draft, &ref, sent);
    return err == OK ? OK : resend_check(tx, draft, ref.chat, err, sent);
}

enum err message_notice(struct core_tx *tx, const struct actor *actor, int64_t group, struct str content)
{
    struct directory_chat *chat;
    struct chat_ref ref = { .chat = group, .dst = arena_format(tx->arena, "%lld", (long long)group) };
    struct message message = {
        .chat = group,
        .sender = actor->id,
        .type = MESSAGE_TYPE_NOTICE,
        .created_ms = tx->now_ms,
        .content = content,
    };
    enum err err = directory_chat(tx->directory, tx->db, group, &chat);
    if (err == OK)
        err = message_store(tx, chat, &message);
    if (err == OK)
        message_tell(tx, actor, &ref, &message);
    return err;
}
