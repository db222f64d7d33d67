/* contact.c: friendships come and go.
 * Nothing here may show a block to who is blocked. */
#include "chat/contact.h"

#include "chat/cmd.h"
#include "chat/directory.h"
#include "chat/name.h"
#include "store/block.h"
#include "store/contact.h"
#include "util/jsonw.h"

#define REQUEST_TOLD_MAX 2 /* when first asked, and once more */

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

static enum err peer_find(struct core_tx *tx, const struct actor *actor, struct str email, struct chat_ref *out)
{
    struct directory_user peer;
    enum err err = directory_user(tx->directory, tx->db, email, &peer);
    if (err == OK)
        *out = update_pair(actor, peer.id, arena_str(tx->arena, peer.email));
    return err;
}

static void body_open(struct buf *body, const char *op)
{
    jsonw_open(body, '{');
    jsonw_put_str(body, "op", str_from(op));
}

/* Tells those in scope; releases body. */
static void body_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, enum event_scope scope,
                      struct buf *body)
{
    update_add(tx, actor, ref, CMD_CONTACT, scope, (struct str){ body->ptr + 1, body->size - 1 });
    buf_release(body);
}

/* With the request's id, where there is one. */
static void op_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, enum event_scope scope,
                    const char *op, int64_t id)
{
    struct buf body = { 0 };
    body_open(&body, op);
    if (id > 0)
        jsonw_put_i64(&body, "id", id);
    body_tell(tx, actor, ref, scope, &body);
}

/* What either asked of the other is answered. */
static enum err requests_settle(struct core_tx *tx, int64_t a, int64_t b)
{
    int64_t pairs[2][2] = { { a, b }, { b, a } };
    enum err err = OK;
    for (size_t i = 0; i < 2 && err == OK; i++) {
        struct contact_request request;
        err = request_between(tx->db, tx->arena, pairs[i][0], pairs[i][1], &request);
        if (err == OK && request.state != REQUEST_REJECTED)
            err = request_set_state(tx->db, request.id, REQUEST_ACCEPTED, tx->now_ms);
        else if (err == ERR_NOT_FOUND)
            err = OK;
    }
    return err;
}

/* v1 reads that who asked adds the other; v2 that the actor accepts. */
static void friends_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, bool asked,
                         int64_t id)
{
    struct arena *arena = &tx->events->arena;
    struct event *event = event_add(tx->events, EVENT_FRIENDS);
    event->chat = ref->chat;
    event->users[0] = asked ? ref->peer : actor->id;
    event->users[1] = asked ? actor->id : ref->peer;
    event->actor = event->users[0];
    event->actor_email = arena_str(arena, asked ? ref->dst : actor->email);
    event->dst = arena_str(arena, asked ? actor->email : ref->dst);
    event->created_ms = tx->now_ms;
    op_tell(tx, actor, ref, EVENT_TO_CHAT, "accept", id);
}

/* id: of the request of the other's that this accepts; 0: the actor adds him unasked. */
static enum err friends_make(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t id)
{
    directory_drop_chat(tx->directory, ref->chat);
    enum err err = friends_store(tx, actor->id, ref->peer, ref->chat);
    if (err == OK)
        err = requests_settle(tx, actor->id, ref->peer);
    if (err == OK)
        friends_tell(tx, actor, ref, id > 0, id);
    return err;
}

static void request_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t id,
                         struct str content)
{
    struct buf body = { 0 };
    body_open(&body, "request");
    jsonw_put_i64(&body, "id", id);
    jsonw_put_str(&body, "content", content);
    body_tell(tx, actor, ref, EVENT_TO_CHAT, &body);
}

static enum err request_again(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                              const struct contact_request *before, struct str content)
{
    struct str words = content.ptr == NULL ? before->content : content;
    enum err err = request_repeat(tx->db, before->id, words, tx->now_ms);
    if (err == OK && before->told < REQUEST_TOLD_MAX)
        request_tell(tx, actor, ref, before->id, words);
    return err;
}

static enum err request_make(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                             struct str content, int64_t *id)
{
    struct contact_request before;
    int64_t pending;
    enum err err = request_between(tx->db, tx->arena, actor->id, ref->peer, &before);
    if (err == OK && before.state == REQUEST_PENDING) {
        *id = before.id;
        return request_again(tx, actor, ref, &before, content);
    }
    if (err == OK) /* Answered, or dropped by a block that is over: asked anew. */
        err = request_delete(tx->db, before.id);
    else if (err == ERR_NOT_FOUND)
        err = OK;
    if (err == OK)
        err = request_count_pending(tx->db, actor->id, &pending);
    if (err == OK && pending >= REQUESTS_PENDING_MAX)
        err = ERR_LIMITED;
    if (err == OK)
        err = request_insert(tx->db, actor->id, ref->peer, content, tx->now_ms, id);
    if (err == OK)
        request_tell(tx, actor, ref, *id, content);
    return err;
}

/* Who are friends already learn nothing of a block. */
static enum err ask_allowed(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref)
{
    struct directory_chat *chat;
    if (ref->peer == actor->id)
        return ERR_ARG;
    enum err err = directory_chat(tx->directory, tx->db, ref->chat, &chat);
    if (err != OK)
        return err;
    return chat->friends ? ERR_EXISTS : chat->blocked ? ERR_BLOCKED : OK;
}

enum err contact_ask(struct core_tx *tx, const struct actor *actor, struct str email, struct str content,
                     struct contact_asked *out)
{
    struct chat_ref ref;
    struct contact_request other;
    *out = (struct contact_asked){ 0 };
    enum err err = peer_find(tx, actor, email, &ref);
    if (err == OK)
        err = ask_allowed(tx, actor, &ref);
    if (err == OK && !text_acceptable(content, REQUEST_CHARS_MAX))
        err = ERR_ARG;
    if (err != OK)
        return err;
    err = request_between(tx->db, tx->arena, ref.peer, actor->id, &other);
    bool asked = err == OK && other.state == REQUEST_PENDING;
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (!asked && tx->policy->contact_requests)
        return request_make(tx, actor, &ref, content, &out->id);
    out->accepted = true;
    return friends_make(tx, actor, &ref, asked ? other.id : 0);
}

enum err contact_add(struct core_tx *tx, const struct actor *actor, struct str email)
{
    struct contact_asked ignored;
    return contact_ask(tx, actor, email, STR_NONE, &ignored);
}

enum err contact_request_open(struct core_tx *tx, const struct actor *actor, int64_t id, struct contact_request *out)
{
    enum err err = request_by_id(tx->db, tx->arena, id, out);
    if (err != OK)
        return err;
    bool shown = out->state == REQUEST_PENDING || out->state == REQUEST_WITHDRAWN;
    return out->receiver == actor->id && shown ? OK : ERR_NOT_FOUND;
}

enum err contact_respond(struct core_tx *tx, const struct actor *actor, const struct contact_request *request,
                         bool agree)
{
    struct user sender;
    bool blocked = false;
    enum err err = user_by_id(tx->db, tx->arena, request->sender, &sender);
    if (err == OK)
        err = block_between(tx->db, actor->id, request->sender, &blocked);
    if (err != OK)
        return err;
    struct chat_ref ref = update_pair(actor, sender.id, sender.email);
    if (agree && blocked)
        return ERR_BLOCKED;
    if (agree && request->state != REQUEST_PENDING)
        return ERR_NOT_FOUND; /* The sender took it back when he blocked. */
    if (agree)
        return friends_make(tx, actor, &ref, request->id);
    err = request_set_state(tx->db, request->id, REQUEST_REJECTED, tx->now_ms);
    if (err == OK)
        op_tell(tx, actor, &ref, request->state == REQUEST_PENDING ? EVENT_TO_CHAT : EVENT_TO_ACTOR, "reject",
                request->id);
    return err;
}

enum err contact_remove(struct core_tx *tx, const struct actor *actor, struct str email)
{
    struct chat_ref ref;
    enum err err = peer_find(tx, actor, email, &ref);
    if (err != OK)
        return err;
    directory_drop_chat(tx->directory, ref.chat);
    err = contact_delete(tx->db, actor->id, ref.peer);
    if (err == OK)
        op_tell(tx, actor, &ref, EVENT_TO_CHAT, "remove", 0);
    return err == ERR_NOT_FOUND ? ERR_BLOCKED : err;
}

/* Of one direction. Nothing of it shows to who is blocked: for him it waits on. */
static enum err request_drop(struct core_tx *tx, int64_t sender, int64_t receiver, int64_t blocker)
{
    struct contact_request request;
    enum contact_request_state mine = sender == blocker ? REQUEST_WITHDRAWN : REQUEST_IGNORED;
    enum contact_request_state theirs = sender == blocker ? REQUEST_IGNORED : REQUEST_WITHDRAWN;
    enum err err = request_between(tx->db, tx->arena, sender, receiver, &request);
    if (err == OK && request.state == REQUEST_PENDING)
        return request_set_state(tx->db, request.id, mine, tx->now_ms);
    if (err == OK && request.state == theirs)
        return request_delete(tx->db, request.id);
    return err == ERR_NOT_FOUND ? OK : err;
}

static void hidden_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref)
{
    struct event *event = event_add(tx->events, EVENT_HIDDEN);
    event->chat = ref->chat;
    event->actor = actor->id;
    event->users[0] = actor->id;
    event->users[1] = ref->peer;
}

static enum err block_make(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref)
{
    int64_t count;
    directory_drop_chat(tx->directory, ref->chat);
    enum err err = block_count(tx->db, actor->id, &count);
    if (err == OK && count >= BLOCKS_MAX)
        err = ERR_LIMITED;
    if (err == OK)
        err = block_insert(tx->db, actor->id, ref->peer, tx->now_ms);
    if (err == OK)
        err = request_drop(tx, actor->id, ref->peer, actor->id);
    if (err == OK)
        err = request_drop(tx, ref->peer, actor->id, actor->id);
    if (err != OK)
        return err;
    hidden_tell(tx, actor, ref);
    op_tell(tx, actor, ref, EVENT_TO_ACTOR, "block", 0);
    return OK;
}

enum err contact_block(struct core_tx *tx, const struct actor *actor, struct str email)
{
    struct chat_ref ref;
    bool blocked = false;
    enum err err = peer_find(tx, actor, email, &ref);
    if (err == OK && ref.peer == actor->id)
        err = ERR_ARG;
    if (err == OK)
        err = block_exists(tx->db, actor->id, ref.peer, &blocked);
    return err != OK || blocked ? err : block_make(tx, actor, &ref);
}

enum err contact_unblock(struct core_tx *tx, const struct actor *actor, struct str email)
{
    struct chat_ref ref;
    enum err err = peer_find(tx, actor, email, &ref);
    if (err != OK)
        return err;
    directory_drop_chat(tx->directory, ref.chat);
    err = block_delete(tx->db, actor->id, ref.peer);
    if (err == OK)
        op_tell(tx, actor, &ref, EVENT_TO_ACTOR, "unblock", 0);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err contact_open(struct core_tx *tx, const struct actor *actor, struct str email, struct contact_note *out)
{
    enum err err = peer_find(tx, actor, email, &out->ref);
    if (err != OK)
        return err;
    err = contact_note(tx->db, tx->arena, actor->id, out->ref.peer, &out->remark, &out->tags);
    return err == ERR_NOT_FOUND ? ERR_BLOCKED : err;
}

enum err contact_remark(struct core_tx *tx, const struct actor *actor, const struct contact_note *note)
{
    struct buf body = { 0 };
    enum err err = contact_set_note(tx->db, actor->id, note->ref.peer, note->remark, note->tags);
    if (err != OK)
        return err;
    body_open(&body, "remark");
    jsonw_put_str(&body, "remark", note->remark.ptr == NULL ? STR("") : note->remark);
    jsonw_key(&body, "tags");
    jsonw_raw(&body, note->tags.ptr == NULL ? STR("[]") : note->tags);
    body_tell(tx, actor, &note->ref, EVENT_TO_ACTOR, &body);
    return OK;
}
