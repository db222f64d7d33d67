/* route_user.c: /user/…: coming in, and who is who. */
#include "api/account_call.h"

#include "api/objects.h"
#include "action/object.h"
#include "chat/account.h"
#include "chat/email.h"
#include "chat/group.h"
#include "chat/name.h"
#include "chat/policy.h"
#include "os/clock.h"
#include "util/jsonw.h"

#define UNAME_CHARS_MAX ((size_t)64)
#define SEARCH_ROWS_MAX ((size_t)50)

static void user_reply(struct call *call, const struct user *user, struct str token)
{
    user_append(call_data(call), user, true, token, call_escapes(call));
    call_reply_data(call);
}

/* ---- POST /user/login ---- */

static enum err login_write(struct call *call, struct core_tx *tx)
{
    struct account_state *state = call->state;
    struct account_proof proof = {
        .user = state->user.id,
        .verified = state->stored_hash,
        .fresh = state->new_hash,
        .token_digest = state->digest,
    };
    return account_login(tx, &proof, (size_t)call->service->conf->tokens_max);
}

static void login_written(struct call *call, enum err result)
{
    struct account_state *state = call->state;
    if (result == ERR_NOT_FOUND)
        call_reply_error(call, 2001, "用户不存在");
    else if (result == ERR_DENIED)
        call_reply_error(call, 2002, "密码错误");
    else if (result != OK)
        call_reply_broken(call, result);
    else
        user_reply(call, &state->user, (struct str){ state->token, TOKEN_SIZE });
}

static void login_hash(struct call *call)
{
    struct account_state *state = call->state;
    bool stale;
    if (!account_password_proved(call, state, &stale))
        return;
    /* A hash that can't be renewed now stays as it is: it was right. */
    if (stale)
        (void)account_hash_make(call, state);
    account_token_make(state);
    call_write(call, false, login_write, login_written);
}

static void login_run(struct call *call, struct reader *reader)
{
    struct str email = call_body_text(call, "email");
    struct str password = call_body_text(call, "password");
    if (email.size == 0 || password.size == 0) {
        call_reply_error(call, 2000, "Email或Password不能为空");
        return;
    }
    unsigned retry_after_s;
    struct account_state *state = account_state_new(call);
    state->account_key = account_failure_key(call, email);
    bool allowed =
        limiter_take_text(call->service->logins, str_from(call->peer), clock_mono_ms(), &retry_after_s) &&
        limiter_peek_text(call->service->login_failures, state->account_key, clock_mono_ms(), &retry_after_s);
    if (!account_limit_passed(call, allowed, retry_after_s))
        return;
    state->password = password;
    enum err err = user_by_email(reader->db, &call->arena, email, &state->user);
    if (err == OK)
        err = user_password(reader->db, &call->arena, state->user.id, &state->stored_hash);
    if (err == ERR_NOT_FOUND)
        call_reply_error(call, 2001, "用户不存在");
    else if (err != OK)
        call_reply_broken(call, err);
    else
        call_hash(call, login_hash);
}

/* ---- POST /user/register ---- */

static enum err register_write(struct call *call, struct core_tx *tx)
{
    struct account_state *state = call->state;
    struct account_draft draft = {
        .email = state->user.email,
        .uname = state->uname,
        .password_hash = state->new_hash,
        .invite = state->invite,
        .token_digest = state->digest,
    };
    return account_register(tx, &draft, &call->arena, &state->user);
}

static void register_written(struct call *call, enum err result)
{
    struct account_state *state = call->state;
    if (result == ERR_EXISTS)
        call_reply_error(call, 2002, "Email已被注册");
    else if (result == ERR_DENIED)
        call_reply_error(call, 2101, "邀请码无效");
    else if (result != OK)
        call_reply_error(call, 2003, "意料之外的错误，请重新尝试");
    else
        user_reply(call, &state->user, (struct str){ state->token, TOKEN_SIZE });
}

static void register_hash(struct call *call)
{
    struct account_state *state = call->state;
    if (account_hash_make(call, state) != OK) {
        call_reply_error(call, 2003, "意料之外的错误，请重新尝试");
        return;
    }
    account_token_make(state);
    call_write(call, false, register_write, register_written);
}

/* Replies and returns false where registration is not open to the caller. */
static bool registration_allowed(struct call *call, struct account_state *state)
{
    if (call->service->registration == REGISTRATION_CLOSED) {
        call_reply_error(call, 2101, "注册已关闭");
        return false;
    }
    if (call->service->registration == REGISTRATION_INVITE) {
        state->invite = call_body_text(call, "invite");
        if (state->invite.size == 0) {
            call_reply_error(call, 2101, "需要邀请码");
            return false;
        }
    }
    return true;
}

static void register_run(struct call *call, struct reader *reader)
{
    struct account_state *state = account_state_new(call);
    struct str email = call_body_text(call, "email");
    struct str password = call_body_text(call, "password");
    state->uname = call_body_text(call, "uname");
    if (!registration_allowed(call, state))
        return;
    if (email.size == 0 || password.size == 0) {
        call_reply_error(call, 1999, "Email或Password不能为空");
        return;
    }
    if (!email_valid(email)) {
        call_reply_error(call, 2000, "Email格式不合法");
        return;
    }
    if (!password_acceptable(password)) {
        call_reply_error(call, 2001, PASSWORD_REFUSED);
        return;
    }
    enum err err = user_by_email(reader->db, &call->arena, email, &state->user);
    if (err == OK) {
        call_reply_error(call, 2002, "Email已被注册");
        return;
    }
    if (err != ERR_NOT_FOUND || !name_acceptable(state->uname, UNAME_CHARS_MAX)) {
        call_reply_error(call, 2003, "意料之外的错误，请重新尝试");
        return;
    }
    unsigned retry_after_s;
    bool allowed =
        limiter_take_text(call->service->registrations, str_from(call->peer), clock_mono_ms(), &retry_after_s);
    if (!account_limit_passed(call, allowed, retry_after_s))
        return;
    state->user.email = email;
    state->password = password;
    call_hash(call, register_hash);
}

/* ---- GET /user/search_friend ---- */

static bool online_shown(struct call *call, struct reader *reader, int64_t other)
{
    return policy_see_presence(reader->db, call->user, other) == OK &&
           (other == call->user || call->service->router->v->online(call->service->router, other));
}

static void search_run(struct call *call, struct reader *reader)
{
    struct str info = call_query_text(call, "info");
    if (info.size == 0) {
        call_reply_error(call, 2000, "参数错误");
        return;
    }
    struct user_list users = { 0 };
    enum err err = user_search(reader->db, &call->arena, info, SEARCH_ROWS_MAX, &users);
    if (err != OK) {
        call_reply_broken(call, err);
        return;
    }
    struct buf *out = call_data(call);
    jsonw_open(out, '[');
    for (size_t i = 0; i < users.count; i++)
        user_append(out, &users.rows[i], online_shown(call, reader, users.rows[i].id), STR_NONE, call_escapes(call));
    jsonw_close(out, ']');
    call_reply_data(call);
}

/* ---- PUT /user/edit_user ---- */

static enum err edit_write(struct call *call, struct core_tx *tx)
{
    struct account_state *state = call->state;
    return account_edit(tx, call->user, state->uname, state->avatar, &call->arena, &state->user);
}

static void edit_written(struct call *call, enum err result)
{
    struct account_state *state = call->state;
    if (result == ERR_NOT_FOUND)
        call_reply_error(call, 2000, "用户获取失败，请重新登录");
    else if (result != OK)
        call_reply_error(call, 2001, "意料之外的错误，更新用户信息失败");
    else
        user_reply(call, &state->user, call->token);
}

static void edit_run(struct call *call, struct reader *reader)
{
    (void)reader;
    struct account_state *state = account_state_new(call);
    state->uname = call_body_text(call, "uname");
    state->avatar = call_body_text(call, "avatar");
    bool no_avatar = state->avatar.size == 0;
    if (state->uname.size == 0 || (no_avatar && !call_is_v2(call)))
        call_reply_error(call, 1999, "请输入完整的用户名和头像");
    else if (!name_acceptable(state->uname, UNAME_CHARS_MAX) || state->avatar.size > URL_SIZE_MAX ||
             (!no_avatar && !name_acceptable(state->avatar, URL_SIZE_MAX)))
        call_reply_error(call, 2001, "意料之外的错误，更新用户信息失败");
    else
        call_write(call, false, edit_write, edit_written);
}

/* ---- GET /user/user_info ---- */

/* v2 also hears when one who is not here was last, if it may see his presence. */
static void info_append(struct call *call, struct reader *reader, const struct user *user, bool online)
{
    int64_t seen_ms = 0;
    struct router *router = call->service->router;
    struct buf *out = call_data(call);
    jsonw_open(out, '{');
    object_user_members(out, user, online);
    if (!router->v->online(router, user->id) && policy_see_presence(reader->db, call->user, user->id) == OK &&
        user_seen(reader->db, user->id, &seen_ms) == OK && seen_ms > 0)
        jsonw_put_i64(out, "seen", seen_ms);
    jsonw_close(out, '}');
}

static void info_run(struct call *call, struct reader *reader)
{
    struct str email = call_query_text(call, "email");
    if (email.size == 0) {
        call_reply_error(call, 2000, "参数错误");
        return;
    }
    struct user user;
    enum err err = call_user(call, reader, email, &user);
    if (err == ERR_NOT_FOUND) {
        call_reply_error(call, 2000, "查找的用户不存在");
        return;
    }
    if (err != OK) {
        call_reply_broken(call, err);
        return;
    }
    bool online = online_shown(call, reader, user.id);
    if (call_is_v2(call))
        info_append(call, reader, &user, online);
    else
        user_append(call_data(call), &user, online, STR_NONE, call_escapes(call));
    call_reply_data(call);
}

static const struct route rows[] = {
    { HTTP_POST, "/user/login", ROUTE_OPEN | ROUTE_JSON, login_run, NULL },
    { HTTP_POST, "/user/register", ROUTE_OPEN | ROUTE_JSON, register_run, NULL },
    { HTTP_GET, "/user/search_friend", 0, search_run, NULL },
    { HTTP_PUT, "/user/edit_user", ROUTE_JSON, edit_run, NULL },
    { HTTP_GET, "/user/user_info", 0, info_run, NULL },
};
const struct route_list routes_user = { rows, sizeof(rows) / sizeof(rows[0]) };
