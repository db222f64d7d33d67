/* conv_list.c: a user's conversations as a client shows them: the pinned ones
 * first, the one pinned last on top, then by when something was last said.
 * A page is a stretch of that order, and its cursor the place where it ended:
 * what moves up meanwhile is in no later page twice. */
#include "action/conv.h"

#include "action/object.h"
#include "action/page.h"
#include "chat/conversation.h"
#include "store/contact.h"
#include "store/group.h"
#include "util/jsonw.h"

#include <stdlib.h>

#define LIST_DEFAULT 50
#define LIST_MAX 200

/* A place in the order. */
struct place {
    int64_t top_ms;
    int64_t active_ms;
    int64_t chat;
};

static struct place place_of(const struct member_state *state)
{
    return (struct place){ state->member.top_ms, state->active_ms, state->chat };
}

/* Below zero: a stands before b. */
static int place_compare(struct place a, struct place b)
{
    if (a.top_ms != b.top_ms)
        return a.top_ms > b.top_ms ? -1 : 1;
    if (a.active_ms != b.active_ms)
        return a.active_ms > b.active_ms ? -1 : 1;
    return a.chat != b.chat ? (a.chat > b.chat ? -1 : 1) : 0;
}

static int state_compare(const void *a, const void *b)
{
    return place_compare(place_of(a), place_of(b));
}

/* "<top>.<active>.<chat>" */
static bool cursor_take(struct str text, struct place *place)
{
    int64_t *const parts[] = { &place->top_ms, &place->active_ms, &place->chat };
    for (size_t i = 0; i < 3; i++) {
        const char *dot = i == 2 || text.size == 0 ? NULL : memchr(text.ptr, '.', text.size);
        size_t size = dot == NULL ? text.size : (size_t)(dot - text.ptr);
        if ((dot == NULL) != (i == 2) || !str_to_i64((struct str){ text.ptr, size }, parts[i]))
            return false;
        text = dot == NULL ? STR("") : (struct str){ dot + 1, text.size - size - 1 };
    }
    return true;
}

static enum err names_write(const struct reading *reading, struct buf *out, const struct conversation *conversation)
{
    struct group group;
    struct str remark = STR_NONE;
    struct str tags;
    if (chat_id_is_direct(conversation->chat)) {
        enum err err = contact_note(reading->db, reading->arena, reading->user, conversation->peer.id, &remark, &tags);
        jsonw_put_str(out, "name", conversation->peer.uname);
        object_picture(out, "avatar", conversation->peer.avatar);
        jsonw_put_str(out, "remark", remark);
        return err == ERR_NOT_FOUND ? OK : err;
    }
    enum err err = group_by_id(reading->db, reading->arena, conversation->chat, &group);
    if (err == OK) {
        jsonw_put_str(out, "name", group.name);
        object_picture(out, "icon", group.icon);
    }
    return err;
}

static enum err last_write(const struct reading *reading, struct buf *out, const struct conversation *conversation)
{
    struct message_list last;
    bool more;
    enum err err = history_view(reading, conversation->chat, conversation->min, 0, 0, 1, &last, &more);
    if (err == OK && last.count > 0) {
        jsonw_key(out, "last");
        object_message(out, &last.rows[0]);
    }
    return err;
}

static void numbers_write(struct buf *out, const struct conversation *conversation)
{
    const struct member *member = &conversation->member;
    jsonw_put_i64(out, "head", conversation->head);
    jsonw_put_i64(out, "mhead", conversation->mhead);
    jsonw_put_i64(out, "min", conversation->min);
    jsonw_put_i64(out, "read", member->read_seq);
    if (conversation->peer_read >= 0)
        jsonw_put_i64(out, "peerRead", conversation->peer_read);
    jsonw_put_i64(out, "unread", conversation->unread);
    if (conversation->mention > 0)
        jsonw_put_i64(out, "mention", conversation->mention);
    jsonw_put_bool(out, "top", member->top_ms != 0);
    jsonw_put_bool(out, "mute", member->muted);
}

static enum err conversation_write(const struct reading *reading, struct marks *marks, const struct member_state *state,
                                   struct buf *out)
{
    struct conversation conversation;
    struct str draft;
    enum err err = conversation_load(reading, marks, state, &conversation);
    if (err == OK)
        err = member_draft(reading->db, reading->arena, state->chat, reading->user, &draft);
    if (err != OK)
        return err;
    jsonw_open(out, '{');
    object_chat(out, conversation.chat, conversation.dst);
    err = names_write(reading, out, &conversation);
    numbers_write(out, &conversation);
    if (draft.size > 0)
        jsonw_put_str(out, "draft", draft);
    if (err == OK)
        err = last_write(reading, out, &conversation);
    jsonw_close(out, '}');
    return err;
}

static enum err conv_list_read(struct action_call *call, const struct action_env *env)
{
    struct member_state_list states;
    struct place place;
    size_t limit;
    struct reading reading = page_reading(call, env);
    struct str cursor = arg_text(call, "cursor");
    struct buf *out = &call->data;
    if (!arg_limit(call, LIST_DEFAULT, LIST_MAX, &limit) || (cursor.size > 0 && !cursor_take(cursor, &place)))
        return ERR_ARG;
    enum err err = member_activity(env->db, call->arena, call->actor.id, &states);
    if (err == OK && states.count > 0)
        qsort(states.rows, states.count, sizeof(states.rows[0]), state_compare);
    size_t at = 0;
    size_t shown = 0;
    jsonw_open(out, '{');
    jsonw_key(out, "convs");
    jsonw_open(out, '[');
    for (; err == OK && at < states.count; at++) {
        const struct member_state *state = &states.rows[at];
        if (cursor.size > 0 && place_compare(place, place_of(state)) >= 0)
            continue;
        if (state->active_ms < 0 && chat_id_is_direct(state->chat))
            continue; /* Friends who never wrote to each other. */
        if (shown == limit || (shown > 0 && out->size >= page_bytes_max(env)))
            break;
        err = conversation_write(&reading, env->marks, state, out);
        place = place_of(state);
        shown++;
    }
    jsonw_close(out, ']');
    if (at < states.count)
        jsonw_put_str(out, "cursor",
                      arena_format(call->arena, "%lld.%lld.%lld", (long long)place.top_ms, (long long)place.active_ms,
                                   (long long)place.chat));
    jsonw_close(out, '}');
    return err;
}

const struct action action_conv_list = { .name = "conv_list", .read = conv_list_read };
