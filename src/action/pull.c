/* pull.c: pages of one chat's log. */
#include "action/conv.h"

#include "action/object.h"
#include "action/page.h"
#include "chat/policy.h"
#include "util/jsonw.h"

#define PULL_DEFAULT 50
#define PULL_MAX 200

struct pull {
    struct chat_ref ref;
    int64_t min;
    int64_t head;
    int64_t from;   /* 0: not given */
    int64_t before; /* 0: not given */
    int64_t at_ms;  /* -1: not given */
    size_t limit;
};

static enum err arguments_take(const struct action_call *call, struct pull *pull)
{
    bool has_from = json_get(call->args, "from") != NULL;
    bool has_before = json_get(call->args, "before") != NULL;
    bool has_at = json_get(call->args, "at") != NULL;
    pull->at_ms = -1;
    if (has_from + has_before + has_at > 1 || !arg_i64(call, "from", &pull->from) ||
        !arg_i64(call, "before", &pull->before) || !arg_i64(call, "at", &pull->at_ms) || (has_from && pull->from < 1) ||
        (has_before && pull->before < 1) || (has_at && pull->at_ms < 0) ||
        !arg_limit(call, PULL_DEFAULT, PULL_MAX, &pull->limit))
        return ERR_ARG;
    return OK;
}

static void page_write(struct action_call *call, const struct action_env *env, const struct pull *pull,
                       struct message_list *list, bool more)
{
    struct buf *out = &call->data;
    jsonw_open(out, '{');
    object_chat(out, pull->ref.chat, pull->ref.dst);
    jsonw_key(out, "msgs");
    more |= page_append(out, list, pull->from == 0, page_bytes_max(env));
    jsonw_put_bool(out, "more", more);
    jsonw_put_i64(out, "head", pull->head);
    jsonw_put_i64(out, "min", pull->min);
    jsonw_close(out, '}');
}

static enum err pull_read(struct action_call *call, const struct action_env *env)
{
    struct pull pull = { 0 };
    struct message_list list = { 0 };
    enum chat_kind kind;
    struct str dst;
    bool more = false;
    struct reading reading = page_reading(call, env);
    if (!arg_chat(call, &kind, &dst))
        return ERR_ARG;
    enum err err = policy_open(env->db, call->arena, call->actor.id, kind, dst, &pull.ref);
    if (err == OK)
        err = arguments_take(call, &pull);
    if (err == OK)
        err = policy_oldest(env->db, call->actor.id, pull.ref.chat, reading.whole_history, &pull.min);
    if (err == OK)
        err = message_head(env->db, pull.ref.chat, &pull.head);
    if (err == OK && pull.at_ms >= 0) /* From there on, whatever of it the caller may see. */
        err = message_since(env->db, pull.ref.chat, pull.min, pull.head, pull.at_ms, &pull.from);
    if (err == OK)
        err = history_view(&reading, pull.ref.chat, pull.min, pull.from, pull.before, pull.limit, &list, &more);
    if (err == OK)
        page_write(call, env, &pull, &list, more);
    return err;
}

const struct action action_pull = { .name = "pull", .read = pull_read };
