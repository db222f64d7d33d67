/* route_contact.c: /contact/…. */
#include "api/call.h"

#include "api/objects.h"
#include "action/contact.h"
#include "action/object.h"
#include "chat/contact.h"
#include "chat/membership.h"
#include "store/contact.h"
#include "util/jsonw.h"

enum { CATE_USER = 1, CATE_GROUP = 2 };

struct add_state {
    struct str dst;
    int64_t cate;
    struct contact_asked asked;
    bool waits; /* for owner or admin of the group */
};

static enum err add_write(struct call *call, struct core_tx *tx)
{
    struct add_state *state = call->state;
    struct actor actor = { call->user, call->email };
    if (state->cate == CATE_GROUP)
        return membership_join(tx, &actor, state->dst, STR_NONE, &state->waits);
    return contact_ask(tx, &actor, state->dst, STR_NONE, &state->asked);
}

static struct str added_text(const struct add_state *state)
{
    if (state->cate == CATE_GROUP && state->waits)
        return STR("申请已发送");
    if (state->cate == CATE_USER && !state->asked.accepted)
        return STR("好友申请已发送");
    return STR("添加好友成功");
}

static void add_written(struct call *call, enum err result)
{
    const struct add_state *state = call->state;
    if (result == OK)
        call_reply_ok(call, added_text(state));
    else if (result == ERR_ARG)
        call_reply_error(call, 2001, "笨蛋！不能添加自己为好友啊");
    else if (result == ERR_NOT_FOUND && state->cate == CATE_USER)
        call_reply_error(call, 2002, "添加的用户不存在");
    else if (result == ERR_NOT_FOUND)
        call_reply_error(call, 2003, "添加的群不存在");
    else if (result == ERR_EXISTS)
        call_reply_error(call, 2004, "笨蛋！你们已经是好友了");
    else
        call_reply_error(call, 2005, "好友添加失败，请重试");
}

static void add_run(struct call *call, struct reader *reader)
{
    (void)reader;
    struct add_state *state = arena_zalloc(&call->arena, sizeof(*state));
    call->state = state;
    struct str owner = call_body_text(call, "ownerEmail");
    const struct json *cate = json_get(call->json, "cate");
    state->dst = call_body_text(call, "dstObj");
    if (owner.size == 0 || state->dst.size == 0 || cate == NULL)
        call_reply_error(call, 1999, "OwnerEmail、Cate和DstObj不能为空");
    else if (!json_i64(cate, &state->cate) || (state->cate != CATE_USER && state->cate != CATE_GROUP))
        call_reply_error(call, 2005, "好友添加失败，请重试");
    else
        call_write(call, false, add_write, add_written); /* The owner is the caller, whatever ownerEmail says. */
}

/* remark and tags are the caller's own; blocked only says true. */
static void friend_append(struct buf *out, const struct contact *friend, bool online)
{
    jsonw_open(out, '{');
    object_user_members(out, &friend->user, online);
    jsonw_put_str(out, "remark", friend->remark);
    if (friend->tags.ptr != NULL) {
        jsonw_key(out, "tags");
        jsonw_raw(out, friend->tags);
    }
    if (friend->blocked)
        jsonw_put_bool(out, "blocked", true);
    jsonw_close(out, '}');
}

static void friends_run(struct call *call, struct reader *reader)
{
    struct contact_list friends = { 0 };
    struct router *router = call->service->router;
    if (contact_list(reader->db, &call->arena, call->user, &friends) != OK) {
        call_reply_error(call, 2000, "获取好友列表失败");
        return;
    }
    struct buf *out = call_data(call);
    jsonw_open(out, '[');
    for (size_t i = 0; i < friends.count; i++) {
        const struct contact *friend = &friends.rows[i];
        bool online = !friend->blocks && router->v->online(router, friend->user.id);
        if (call_is_v2(call))
            friend_append(out, friend, online);
        else
            user_append(out, &friend->user, online, STR_NONE, call_escapes(call));
    }
    jsonw_close(out, ']');
    call_reply_data(call);
}

static const struct route rows[] = {
    { HTTP_POST, "/contact/add_friend", ROUTE_JSON, add_run, NULL },
    { HTTP_GET, "/contact/friend_list", 0, friends_run, NULL },
    { HTTP_POST, "/contact/request", ROUTE_JSON, NULL, &action_contact_request },
    { HTTP_POST, "/contact/respond", ROUTE_JSON, NULL, &action_contact_respond },
    { HTTP_POST, "/contact/remove", ROUTE_JSON, NULL, &action_contact_remove },
    { HTTP_POST, "/contact/block", ROUTE_JSON, NULL, &action_contact_block },
    { HTTP_POST, "/contact/unblock", ROUTE_JSON, NULL, &action_contact_unblock },
    { HTTP_PUT, "/contact/remark", ROUTE_JSON, NULL, &action_contact_remark },
    { HTTP_GET, "/contact/requests", 0, NULL, &action_contact_requests },
    { HTTP_GET, "/contact/blocked", 0, NULL, &action_contact_blocked },
};
const struct route_list routes_contact = { rows, sizeof(rows) / sizeof(rows[0]) };
