/* conv.c: a user's own side of a chat: read marks and settings. */
#include "action/conv.h"

#include "action/object.h"
#include "action/page.h"
#include "chat/policy.h"
#include "chat/receipt.h"
#include "chat/settings.h"
#include "store/personal.h"
#include "util/jsonw.h"

#include <stdio.h>

#define READERS_DEFAULT 50
#define READERS_MAX 200

static enum err chat_take(const struct action_call *call, struct core_tx *tx, struct chat_ref *ref)
{
    enum chat_kind kind;
    struct str dst;
    if (!arg_chat(call, &kind, &dst))
        return ERR_ARG;
    return policy_chat(tx, call->actor.id, kind, dst, ref);
}

static enum err read_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t seq = 0;
    enum err err = chat_take(call, tx, &ref);
    if (err == OK && (!arg_i64(call, "seq", &seq) || seq < 1))
        err = ERR_ARG;
    return err == OK ? receipt_read(tx, &call->actor, &ref, seq) : err;
}

static bool has(const struct action_call *call, const char *key)
{
    return json_get(call->args, key) != NULL;
}

static enum err change_take(const struct action_call *call, struct settings_change *change)
{
    const struct json *draft = json_get(call->args, "draft");
    *change = (struct settings_change){
        .has_top = has(call, "top"),
        .has_mute = has(call, "mute"),
        .has_clear = has(call, "clearTo"),
    };
    if (!change->has_top && !change->has_mute && !change->has_clear && draft == NULL)
        return ERR_ARG;
    if (!arg_bool(call, "top", &change->top) || !arg_bool(call, "mute", &change->mute) ||
        !arg_i64(call, "clearTo", &change->clear_to) || change->clear_to < 0 ||
        (draft != NULL && !json_text(draft, &change->draft)))
        return ERR_ARG;
    if (draft != NULL && change->draft.size == 0)
        change->draft = STR("");
    return change->draft.size > DRAFT_SIZE_MAX ? ERR_TOO_LARGE : OK;
}

static enum err set_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    struct settings_change change;
    enum err err = chat_take(call, tx, &ref);
    if (err == OK)
        err = change_take(call, &change);
    return err == OK ? settings_apply(tx, &call->actor, &ref, &change) : err;
}

static enum err clear_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    struct settings_change change = { .has_clear = true, .clear_to = INT64_MAX };
    enum err err = chat_take(call, tx, &ref);
    return err == OK ? settings_apply(tx, &call->actor, &ref, &change) : err;
}

/* ---- who has read a message ---- */

struct readers {
    struct chat_ref ref;
    int64_t seq;
    int64_t after; /* the last one's user id */
    int64_t sender;
    size_t limit;
};

static enum err readers_take(const struct action_call *call, struct readers *readers)
{
    if (!arg_i64(call, "seq", &readers->seq) || readers->seq < 1 || !arg_i64(call, "cursor", &readers->after) ||
        readers->after < 0 || !arg_limit(call, READERS_DEFAULT, READERS_MAX, &readers->limit))
        return ERR_ARG;
    return OK;
}

static void readers_write(struct buf *out, const struct readers *readers, int64_t count, const struct user_list *list)
{
    bool more = list->count > readers->limit;
    size_t shown = more ? readers->limit : list->count;
    jsonw_open(out, '{');
    jsonw_put_i64(out, "count", count);
    jsonw_key(out, "readers");
    jsonw_open(out, '[');
    for (size_t i = 0; i < shown; i++) {
        jsonw_open(out, '{');
        jsonw_put_str(out, "email", list->rows[i].email);
        jsonw_put_str(out, "uname", list->rows[i].uname);
        object_picture(out, "avatar", list->rows[i].avatar);
        jsonw_close(out, '}');
    }
    jsonw_close(out, ']');
    if (more) {
        char cursor[24];
        int size = snprintf(cursor, sizeof(cursor), "%lld", (long long)list->rows[shown - 1].id);
        jsonw_put_str(out, "cursor", (struct str){ cursor, (size_t)size });
    }
    jsonw_close(out, '}');
}

static enum err readers_read(struct action_call *call, const struct action_env *env)
{
    struct readers readers = { 0 };
    struct user_list list;
    int64_t oldest = 0;
    int64_t count = 0;
    struct str dst = arg_text(call, "dstObj");
    if (dst.size == 0)
        return ERR_ARG;
    enum err err = policy_open(env->db, call->arena, call->actor.id, CHAT_GROUP, dst, &readers.ref);
    if (err == OK)
        err = readers_take(call, &readers);
    if (err == OK)
        err = policy_oldest(env->db, call->actor.id, readers.ref.chat, env->conf->whole_history, &oldest);
    if (err == OK)
        err = readers.seq < oldest ? ERR_NOT_FOUND
                                   : message_sender(env->db, readers.ref.chat, readers.seq, &readers.sender);
    if (err == OK)
        err = member_readers_count(env->db, readers.ref.chat, readers.seq, readers.sender, &count);
    if (err == OK)
        err = member_readers(env->db, call->arena, readers.ref.chat, readers.seq, readers.sender, readers.after,
                             readers.limit + 1, &list);
    if (err == OK)
        readers_write(&call->data, &readers, count, &list);
    return err;
}

const struct action action_read = { .name = "read", .write = read_write };
const struct action action_readers = { .name = "readers", .read = readers_read };
const struct action action_set = { .name = "set", .flags = ACTION_LIMITED, .write = set_write };
const struct action action_clear = { .name = "clear", .flags = ACTION_LIMITED, .write = clear_write };
