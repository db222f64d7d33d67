/* group.c: what one does with groups. Each begins with the group and what the
 * caller may do there; only then come the other arguments. */
#include "action/group.h"

#include "chat/group.h"
#include "chat/membership.h"
#include "chat/policy.h"
#include "util/jsonw.h"

static enum err group_take(const struct action_call *call, struct core_tx *tx, enum member_role least,
                           struct chat_ref *ref)
{
    struct str dst = arg_text(call, "dstObj");
    return dst.size == 0 ? ERR_ARG : policy_group(tx, call->actor.id, dst, least, ref);
}

/* ---- coming and going ---- */

static enum err join_write(struct action_call *call, struct core_tx *tx)
{
    struct str dst = arg_text(call, "dstObj");
    bool waits;
    if (dst.size == 0)
        return ERR_ARG;
    enum err err = membership_join(tx, &call->actor, dst, arg_text(call, "reason"), &waits);
    if (err != OK)
        return err;
    jsonw_open(&call->data, '{');
    jsonw_put_bool(&call->data, "joined", !waits);
    jsonw_close(&call->data, '}');
    return OK;
}
const struct action action_group_join = { .name = "group_join", .flags = ACTION_LIMITED, .write = join_write };

static enum err leave_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    enum err err = group_take(call, tx, ROLE_MEMBER, &ref);
    return err == OK ? membership_leave(tx, &call->actor, &ref) : err;
}
const struct action action_group_leave = { .name = "group_leave", .flags = ACTION_LIMITED, .write = leave_write };

static enum err invite_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    struct str *users;
    struct actor *added;
    size_t count;
    enum err err = group_take(call, tx, ROLE_MEMBER, &ref);
    if (err == OK)
        err = policy_invite(tx, &ref);
    if (err == OK && !arg_texts(call, "users", GROUP_INVITES_MAX, &users, &count))
        err = ERR_ARG;
    if (err == OK)
        err = membership_invite(tx, &call->actor, &ref, users, count, &added, &count);
    if (err != OK)
        return err;
    jsonw_open(&call->data, '{');
    jsonw_key(&call->data, "users");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < count; i++)
        jsonw_str(&call->data, added[i].email);
    jsonw_close(&call->data, ']');
    jsonw_close(&call->data, '}');
    return OK;
}
const struct action action_group_invite = { .name = "group_invite", .flags = ACTION_LIMITED, .write = invite_write };

static enum err respond_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    bool agree;
    enum err err = group_take(call, tx, ROLE_ADMIN, &ref);
    if (err == OK && (json_get(call->args, "agree") == NULL || !arg_bool(call, "agree", &agree)))
        err = ERR_ARG;
    return err == OK ? membership_respond(tx, &call->actor, &ref, arg_text(call, "user"), agree) : err;
}
const struct action action_group_respond = { .name = "group_respond", .flags = ACTION_LIMITED, .write = respond_write };

static enum err kick_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    enum err err = group_take(call, tx, ROLE_ADMIN, &ref);
    return err == OK ? membership_kick(tx, &call->actor, &ref, arg_text(call, "user")) : err;
}
const struct action action_group_kick = { .name = "group_kick", .flags = ACTION_LIMITED, .write = kick_write };

/* ---- ranks ---- */

static enum err role_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    enum err err = group_take(call, tx, ROLE_OWNER, &ref);
    struct str role = arg_text(call, "role");
    bool admin = str_equal(role, STR("admin"));
    if (err == OK && !admin && !str_equal(role, STR("member")))
        err = ERR_ARG;
    return err == OK ? membership_role(tx, &call->actor, &ref, arg_text(call, "user"), admin ? ROLE_ADMIN : ROLE_MEMBER)
                     : err;
}
const struct action action_group_role = { .name = "group_role", .flags = ACTION_LIMITED, .write = role_write };

static enum err transfer_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    enum err err = group_take(call, tx, ROLE_OWNER, &ref);
    return err == OK ? membership_transfer(tx, &call->actor, &ref, arg_text(call, "user")) : err;
}
const struct action action_group_transfer = { .name = "group_transfer",
                                              .flags = ACTION_LIMITED,
                                              .write = transfer_write };

static enum err until_take(const struct action_call *call, int64_t *until)
{
    *until = -1;
    return arg_i64(call, "until", until) ? OK : ERR_ARG;
}

static enum err mute_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t until;
    enum err err = group_take(call, tx, ROLE_ADMIN, &ref);
    if (err == OK)
        err = until_take(call, &until);
    return err == OK ? membership_mute(tx, &call->actor, &ref, arg_text(call, "user"), until) : err;
}
const struct action action_group_mute = { .name = "group_mute", .flags = ACTION_LIMITED, .write = mute_write };

static enum err mute_all_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    int64_t until;
    enum err err = group_take(call, tx, ROLE_ADMIN, &ref);
    if (err == OK)
        err = until_take(call, &until);
    return err == OK ? group_mute_all(tx, &call->actor, &ref, until) : err;
}
const struct action action_group_mute_all = { .name = "group_mute_all",
                                              .flags = ACTION_LIMITED,
                                              .write = mute_all_write };

/* ---- the group itself ---- */

static enum err dismiss_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    enum err err = group_take(call, tx, ROLE_OWNER, &ref);
    return err == OK ? group_close(tx, &call->actor, &ref) : err;
}
const struct action action_group_dismiss = { .name = "group_dismiss", .flags = ACTION_LIMITED, .write = dismiss_write };

/* -1 when absent. false: none of the words. */
static bool word_take(const struct action_call *call, const char *key, const char *const *words, int64_t count,
                      int64_t *out)
{
    *out = -1;
    if (json_get(call->args, key) == NULL)
        return true;
    struct str word = arg_text(call, key);
    for (int64_t i = 0; i < count; i++)
        if (str_equal(word, str_from(words[i])))
            *out = i;
    return *out >= 0;
}

/* Absent, or text. */
static bool text_take(const struct action_call *call, const char *key, struct str *out)
{
    *out = arg_text(call, key);
    return out->ptr != NULL || json_get(call->args, key) == NULL;
}

static enum err edit_write(struct action_call *call, struct core_tx *tx)
{
    static const char *const joins[] = { "open", "approve", "closed" };
    static const char *const histories[] = { "joined", "all" };
    struct chat_ref ref;
    struct group_change change;
    enum err err = group_take(call, tx, ROLE_ADMIN, &ref);
    if (err == OK && (!text_take(call, "name", &change.name) || !text_take(call, "icon", &change.icon) ||
                      !text_take(call, "memo", &change.memo) || !word_take(call, "join", joins, 3, &change.join) ||
                      !word_take(call, "history", histories, 2, &change.whole_history)))
        err = ERR_ARG;
    return err == OK ? group_edit(tx, &call->actor, &ref, &change) : err;
}
const struct action action_group_edit = { .name = "group_edit", .flags = ACTION_LIMITED, .write = edit_write };

static enum err notice_write(struct action_call *call, struct core_tx *tx)
{
    struct chat_ref ref;
    struct str content = arg_text(call, "content");
    enum err err = group_take(call, tx, ROLE_ADMIN, &ref);
    if (err == OK && content.ptr == NULL)
        err = ERR_ARG;
    return err == OK ? group_notice(tx, &call->actor, &ref, content) : err;
}
const struct action action_group_notice = { .name = "group_notice", .flags = ACTION_LIMITED, .write = notice_write };
