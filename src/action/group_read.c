/* group_read.c: groups, their members and who wants to become one. */
#include "action/group.h"

#include "action/object.h"
#include "chat/group.h"
#include "chat/policy.h"
#include "store/applicant.h"
#include "store/block.h"
#include "util/jsonw.h"

#define ROWS_MAX ((size_t)500)
#define ROWS_USUAL ((size_t)100)

static const char *role_name(enum member_role role)
{
    static const char *const names[] = { [ROLE_MEMBER] = "member", [ROLE_ADMIN] = "admin", [ROLE_OWNER] = "owner" };
    return names[role];
}

void group_object(struct buf *out, const struct group *group, bool whole_history)
{
    bool all = group->whole_history < 0 ? whole_history : group->whole_history != 0;
    jsonw_open(out, '{');
    jsonw_put_i64(out, "id", group->id);
    jsonw_put_str(out, "name", group->name);
    jsonw_put_str(out, "ownerEmail", group->owner_email);
    object_picture(out, "icon", group->icon);
    jsonw_put_str(out, "memo", group->memo);
    jsonw_put_i64(out, "createAt", group->created_ms);
    jsonw_put_i64(out, "deleteTimestamp", 0);
    jsonw_put_str(out, "join", str_from(group_join_name(group->join)));
    jsonw_put_i64(out, "size", group->size);
    jsonw_put_str(out, "notice", group->notice);
    jsonw_put_i64(out, "silenced", group->silenced_ms);
    jsonw_put_str(out, "history", all ? STR("all") : STR("joined"));
    if (group->member)
        jsonw_put_str(out, "role", str_from(role_name(group->role)));
    jsonw_close(out, '}');
}

static enum err group_take(const struct action_call *call, const struct action_env *env, enum member_role least,
                           struct chat_ref *ref)
{
    struct str dst = arg_text(call, "dstObj");
    if (dst.size == 0)
        return ERR_ARG;
    enum err err = policy_open(env->db, call->arena, call->actor.id, CHAT_GROUP, dst, ref);
    if (err == ERR_DENIED)
        return ERR_NOT_MEMBER;
    return err == OK && ref->role < least ? ERR_DENIED : err;
}

/* Where a page goes on: the last one's user id, as text for a client that makes nothing of it. */
static bool page_take(const struct action_call *call, int64_t *after, size_t *limit)
{
    *after = 0;
    return arg_i64(call, "cursor", after) && *after >= 0 && arg_limit(call, ROWS_USUAL, ROWS_MAX, limit);
}

static void cursor_put(struct action_call *call, bool more, int64_t last)
{
    if (more)
        jsonw_put_str(&call->data, "cursor", arena_format(call->arena, "%lld", (long long)last));
}

/* Whoever blocks the caller seems offline, as he does to a friend he blocks. */
static enum err online_shown(const struct action_call *call, const struct action_env *env, int64_t user, bool *online)
{
    bool blocked = false;
    *online = env->router->v->online(env->router, user);
    enum err err = *online ? block_exists(env->db, user, call->actor.id, &blocked) : OK;
    *online = *online && !blocked;
    return err;
}

static void member_put(struct buf *out, const struct group_member *member, bool online)
{
    jsonw_open(out, '{');
    jsonw_put_str(out, "email", member->email);
    jsonw_put_str(out, "uname", member->uname);
    object_picture(out, "avatar", member->avatar);
    jsonw_put_str(out, "role", str_from(role_name(member->role)));
    jsonw_put_i64(out, "until", member->silenced_ms);
    jsonw_put_i64(out, "online", online);
    jsonw_put_i64(out, "joinedAt", member->joined_ms);
    jsonw_close(out, '}');
}

static enum err members_read(struct action_call *call, const struct action_env *env)
{
    struct chat_ref ref;
    struct group_member_list list;
    int64_t after;
    size_t limit;
    enum err err = group_take(call, env, ROLE_MEMBER, &ref);
    if (err == OK && !page_take(call, &after, &limit))
        err = ERR_ARG;
    if (err == OK)
        err = group_members(env->db, call->arena, ref.chat, after, limit + 1, &list);
    if (err != OK)
        return err;
    size_t shown = list.count < limit ? list.count : limit;
    jsonw_open(&call->data, '{');
    jsonw_key(&call->data, "members");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < shown && err == OK; i++) {
        bool online;
        err = online_shown(call, env, list.rows[i].user, &online);
        member_put(&call->data, &list.rows[i], online);
    }
    jsonw_close(&call->data, ']');
    cursor_put(call, list.count > shown, shown == 0 ? 0 : list.rows[shown - 1].user);
    jsonw_close(&call->data, '}');
    return err;
}
const struct action action_group_members = { .name = "group_members", .read = members_read };

static enum err applicants_read(struct action_call *call, const struct action_env *env)
{
    struct chat_ref ref;
    struct applicant_list list;
    int64_t after;
    size_t limit;
    enum err err = group_take(call, env, ROLE_ADMIN, &ref);
    if (err == OK && !page_take(call, &after, &limit))
        err = ERR_ARG;
    if (err == OK)
        err = applicant_list(env->db, call->arena, ref.chat, after, limit + 1, &list);
    if (err != OK)
        return err;
    size_t shown = list.count < limit ? list.count : limit;
    jsonw_open(&call->data, '{');
    jsonw_key(&call->data, "applicants");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < shown; i++) {
        jsonw_open(&call->data, '{');
        jsonw_put_str(&call->data, "email", list.rows[i].email);
        jsonw_put_str(&call->data, "uname", list.rows[i].uname);
        object_picture(&call->data, "avatar", list.rows[i].avatar);
        jsonw_put_str(&call->data, "reason", list.rows[i].reason);
        jsonw_put_i64(&call->data, "createAt", list.rows[i].created_ms);
        jsonw_close(&call->data, '}');
    }
    jsonw_close(&call->data, ']');
    cursor_put(call, list.count > shown, shown == 0 ? 0 : list.rows[shown - 1].user);
    jsonw_close(&call->data, '}');
    return OK;
}
const struct action action_group_applicants = { .name = "group_applicants", .read = applicants_read };

/* What somebody has to know who thinks of joining. */
static void face_put(struct buf *out, const struct group *group)
{
    jsonw_open(out, '{');
    jsonw_put_i64(out, "id", group->id);
    jsonw_put_str(out, "name", group->name);
    object_picture(out, "icon", group->icon);
    jsonw_put_str(out, "memo", group->memo);
    jsonw_put_str(out, "join", str_from(group_join_name(group->join)));
    jsonw_put_i64(out, "size", group->size);
    jsonw_close(out, '}');
}

static enum err info_read(struct action_call *call, const struct action_env *env)
{
    struct str dst = arg_text(call, "dstObj");
    struct group group;
    struct member member;
    int64_t id;
    if (dst.size == 0)
        return ERR_ARG;
    if (!str_to_i64(dst, &id))
        return ERR_NOT_FOUND;
    enum err err = group_by_id(env->db, call->arena, id, &group);
    if (err != OK)
        return err;
    err = member_get(env->db, id, call->actor.id, &member);
    if (err == OK) {
        group.member = true;
        group.role = member.role;
        group_object(&call->data, &group, env->conf->whole_history);
    } else if (err == ERR_NOT_FOUND) {
        face_put(&call->data, &group);
        err = OK;
    }
    return err;
}
const struct action action_group_info = { .name = "group_info", .read = info_read };
