/* route_contact.c: /contact/…. */
#include "api/call.h"

#include "api/objects.h"
#include "chat/contact.h"
#include "chat/membership.h"
#include "store/contact.h"
#include "util/jsonw.h"

enum { CATE_USER = 1, CATE_GROUP = 2 };

struct add_state {
    struct str dst;
    int64_t cate;
    bool waits; /* for owner or admin of the group */
};

static enum err add_write(struct call *call, struct core_tx *tx)
{
    struct add_state *state = call->state;
    struct actor actor = { call->user, call->email };
    return state->cate == CATE_USER ? contact_add(tx, &actor, state->dst)
                                    : membership_join(tx, &actor, state->dst, STR_NONE, &state->waits);
}

static void add_written(struct call *call, enum err result)
{
    const struct add_state *state = call->state;
    if (result == OK)
        call_reply_ok(call, state->waits ? STR("申请已发送") : STR("添加好友成功"));
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

static void friends_run(struct call *call, struct reader *reader)
{
    struct user_list friends = { 0 };
    struct router *router = call->service->router;
    if (contact_list(reader->db, &call->arena, call->user, &friends) != OK) {
        call_reply_error(call, 2000, "获取好友列表失败");
        return;
    }
    struct buf *out = call_data(call);
    jsonw_open(out, '[');
    for (size_t i = 0; i < friends.count; i++)
        user_append(out, &friends.rows[i], router->v->online(router, friends.rows[i].id), STR_NONE, call_escapes(call));
    jsonw_close(out, ']');
    call_reply_data(call);
}

static const struct route rows[] = {
    { HTTP_POST, "/contact/add_friend", ROUTE_JSON, add_run, NULL },
    { HTTP_GET, "/contact/friend_list", 0, friends_run, NULL },
};
const struct route_list routes_contact = { rows, sizeof(rows) / sizeof(rows[0]) };
