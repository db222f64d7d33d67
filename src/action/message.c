/* message.c: arguments of frames 24 to 28 and their REST twins, and of POST /msg/send.
 * Whether one may, is answered before what is wrong with the arguments: who
 * may not is told nothing about them. */
#include "action/message.h"

#include "action/draft.h"
#include "action/object.h"
#include "chat/attach.h"
#include "chat/history.h"
#include "chat/policy.h"
#include "util/jsonw.h"

typedef enum err (*policy_fn)(struct core_tx *, int64_t, enum chat_kind, struct str, struct chat_ref *);

/* The chat that is meant, and whether the caller may do there what the policy is about. */
static enum err chat_take(struct action_call *call, struct core_tx *tx, policy_fn policy, struct chat_ref *ref)
{
    enum chat_kind kind;
    struct str dst;
    return arg_chat(call, &kind, &dst) ? policy(tx, call->actor.id, kind, dst, ref) : ERR_ARG;
}

static bool seq_take(const struct action_call *call, int64_t *seq)
{
    *seq = 0;
    return arg_i64(call, "seq", seq) && *seq > 0;
}

static void sent_append(struct buf *out, const struct message_draft *draft, const struct message_sent *sent)
{
    jsonw_open(out, '{');
    jsonw_put_str(out, "cid", draft->cid);
    jsonw_put_i64(out, "id", sent->id);
    object_chat(out, sent->chat, draft->dst);
    jsonw_put_i64(out, "seq", sent->seq);
    jsonw_put_i64(out, "createAt", sent->created_ms);
    if (sent->dup)
        jsonw_put_bool(out, "dup", true);
    jsonw_close(out, '}');
}

static enum err send_write(struct action_call *call, struct core_tx *tx)
{
    struct message_draft draft = { .sender = call->actor.id, .sender_email = call->actor.email };
    struct message_sent sent;
    struct chat_ref ref;
    if (!arg_chat(call, &draft.kind, &draft.dst))
        return ERR_ARG;
    enum err allowed = policy_write(tx, draft.sender, draft.kind, draft.dst, &ref);
    enum err err = draft_take(call->args, call->arena, &draft);
    if (err != OK)
        return allowed != OK ? allowed : err;
    err = message_send(tx, &draft, &sent);
    if (err == OK)
        sent_append(&call->data, &draft, &sent);
    return err;
}
const struct action action_send = { .name = "send", .flags = ACTION_LIMITED, .write = send_write };

static enum err recall_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t seq;
    enum err err = chat_take(call, tx, policy_chat, &ref);
    if (err == OK && !seq_take(call, &seq))
        err = ERR_ARG;
    return err == OK ? change_recall(tx, &call->actor, &ref, seq) : err;
}
const struct action action_recall = { .name = "recall", .flags = ACTION_LIMITED, .write = recall_write };

static enum err edit_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t seq;
    struct str content = arg_text(call, "content");
    enum err err = chat_take(call, tx, policy_write, &ref);
    if (err == OK && (!seq_take(call, &seq) || content.ptr == NULL))
        err = ERR_ARG;
    if (err == OK && content.size > CONTENT_SIZE_MAX)
        err = ERR_TOO_LARGE;
    return err == OK ? change_edit(tx, &call->actor, &ref, seq, content) : err;
}
const struct action action_edit = { .name = "edit", .flags = ACTION_LIMITED, .write = edit_write };

static bool delete_take(const struct action_call *call, int64_t **seqs, size_t *count, bool *all)
{
    struct str scope = arg_text(call, "scope");
    if (!arg_i64s(call, "seqs", CHANGE_SEQS_MAX, seqs, count) || *count == 0)
        return false;
    for (size_t i = 0; i < *count; i++)
        if ((*seqs)[i] < 1)
            return false;
    *all = str_equal(scope, STR("all"));
    return *all || json_get(call->args, "scope") == NULL || str_equal(scope, STR("self"));
}

static enum err delete_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t *seqs;
    size_t count;
    bool all;
    enum err err = chat_take(call, tx, policy_chat, &ref);
    if (err == OK && !delete_take(call, &seqs, &count, &all))
        err = ERR_ARG;
    if (err != OK)
        return err;
    return all ? change_delete(tx, &call->actor, &ref, seqs, count) : change_hide(tx, &call->actor, &ref, seqs, count);
}
const struct action action_delete = { .name = "delete", .flags = ACTION_LIMITED, .write = delete_write };

/* Any text may be a reaction, but nothing that can't be seen. */
static bool emoji_acceptable(struct str text)
{
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return false;
    return text.size > 0 && text.size <= EMOJI_SIZE_MAX;
}

static enum err react_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t seq;
    bool on = true;
    struct str emoji = arg_text(call, "content");
    enum err err = chat_take(call, tx, policy_write, &ref);
    if (err == OK && (!seq_take(call, &seq) || !arg_bool(call, "on", &on) || !emoji_acceptable(emoji)))
        err = ERR_ARG;
    return err == OK ? attach_react(tx, &call->actor, &ref, seq, emoji, on) : err;
}
const struct action action_react = { .name = "react", .flags = ACTION_LIMITED, .write = react_write };

static enum err pin_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t seq;
    bool on = true;
    enum err err = chat_take(call, tx, policy_pin, &ref);
    if (err == OK && (!seq_take(call, &seq) || !arg_bool(call, "on", &on)))
        err = ERR_ARG;
    return err == OK ? attach_pin(tx, &call->actor, &ref, seq, on) : err;
}
const struct action action_pin = { .name = "pin", .flags = ACTION_LIMITED, .write = pin_write };

static enum err pins_read(struct action_call *call, const struct action_env *env)
{
    enum chat_kind kind;
    struct str dst;
    struct chat_ref ref;
    struct message_list pins;
    if (!arg_chat(call, &kind, &dst))
        return ERR_ARG;
    enum err err = policy_open(env->db, call->arena, call->actor.id, kind, dst, &ref);
    if (err == OK)
        err = history_pins(env->db, call->arena, call->actor.id, ref.chat, env->conf->whole_history, &pins);
    if (err != OK)
        return err;
    jsonw_open(&call->data, '{');
    jsonw_key(&call->data, "pins");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < pins.count; i++)
        object_message(&call->data, &pins.rows[i]);
    jsonw_close(&call->data, ']');
    jsonw_close(&call->data, '}');
    return OK;
}
const struct action action_pins = { .name = "pins", .read = pins_read };
