/* typing.c: a hint, so it is let go where telling it would cost more than it is worth. */
#include "action/typing.h"

#include "chat/cmd.h"
#include "chat/policy.h"
#include "chat/update.h"

#define MEMBERS_MAX ((size_t)200) /* nobody is told in larger groups */

static enum err typing_write(struct action_call *call, struct core_tx *tx)
{
    enum chat_kind kind;
    struct str dst;
    struct chat_ref ref;
    bool on = true;
    size_t members = 0;
    if (!arg_chat(call, &kind, &dst))
        return ERR_ARG;
    enum err err = policy_write(tx, call->actor.id, kind, dst, &ref);
    if (err != OK)
        return err;
    if (!arg_bool(call, "on", &on))
        return ERR_ARG;
    if (kind == CHAT_GROUP)
        err = member_count_upto(tx->db, ref.chat, MEMBERS_MAX + 1, &members);
    if (err == OK && members <= MEMBERS_MAX)
        update_add(tx, &call->actor, &ref, CMD_TYPING, EVENT_TO_OTHERS, on ? STR("\"on\":true") : STR("\"on\":false"));
    return err;
}

const struct action action_typing = { .name = "typing", .flags = ACTION_LIMITED, .write = typing_write };
