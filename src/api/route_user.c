/* route_user.c: /user/…, the calls of an account's life. */
#include "api/call.h"

#include "api/objects.h"
#include "auth/token.h"
#include "chat/account.h"
#include "chat/email.h"
#include "chat/group.h"
#include "chat/name.h"
#include "chat/policy.h"
#include "os/clock.h"
#include "store/invite.h"
#include "util/jsonw.h"
#include "util/map.h"

#define UNAME_CHARS_MAX ((size_t)64)
#define SEARCH_ROWS_MAX ((size_t)50)

/* What a log-in, a registration or a deletion knows from step to step. */
struct account_state {
    struct user user;
    struct str password;
    struct str stored_hash;
    struct str new_hash; /* in the arena; ptr NULL: none */
    struct str invite;
    struct str uname;
    struct str avatar;
    char token[TOKEN_SIZE];
    unsigned char digest[TOKEN_DIGEST_SIZE];
    uint64_t account_key; /* of log-in failures */
    bool confirmed;
};

static struct account_state *state_new(struct call *call)
{
    struct account_state *state = arena_zalloc(&call->arena, sizeof(*state));
    call->state = state;
    return state;
}

static uint64_t address_key(const struct call *call)
{
    return hash_bytes(call->peer, strlen(call->peer));
}

/* Account and address together: who fails here locks nobody else out. */
static uint64_t account_key(const struct call *call, struct str email)
{
    char key[EMAIL_SIZE_MAX + 1 + CALL_PEER_SIZE];
    size_t size = email.size > EMAIL_SIZE_MAX ? EMAIL_SIZE_MAX : email.size;
    email_key((struct str){ email.ptr, size }, key);
    key[size++] = ' ';
    size_t peer = strlen(call->peer);
    memcpy(key + size, call->peer, peer);
    return hash_bytes(key, size + peer);
}

static bool limit_passed(struct call *call, bool allowed, unsigned retry_after_s)
{
    if (!allowed)
        call_reply_busy(call, 429, retry_after_s, "请求过于频繁，请稍后再试");
    return allowed;
}

static void token_make(struct account_state *state)
{
    token_issue(state->token);
    token_digest((struct str){ state->token, TOKEN_SIZE }, state->digest);
}

/* On a hasher. Kept in the call's arena: whatever becomes of the call, it goes with it. */
static enum err hash_make(struct call *call, struct account_state *state)
{
    struct buf hash = { 0 };
    enum err err = password_hash(&call->service->password_cost, state->password, &hash);
    if (err == OK)
        state->new_hash = arena_str(&call->arena, buf_str(&hash));
    buf_release(&hash);
    return err;
}

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
    const struct password_cost *cost = &call->service->password_cost;
    bool stale;
    if (!password_matches(cost, state->stored_hash, state->password, &stale)) {
        unsigned retry_after_s;
        limiter_take(call->service->login_failures, state->account_key, clock_mono_ms(), &retry_after_s);
        call_reply_error(call, 2002, "密码错误");
        return;
    }
    /* A hash that can't be renewed now stays as it is: it was right. */
    if (stale)
        (void)hash_make(call, state);
    token_make(state);
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
    struct account_state *state = state_new(call);
    state->account_key = account_key(call, email);
    bool allowed = limiter_take(call->service->logins, address_key(call), clock_mono_ms(), &retry_after_s) &&
                   limiter_peek(call->service->login_failures, state->account_key, clock_mono_ms(), &retry_after_s);
    if (!limit_passed(call, allowed, retry_after_s))
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
    if (hash_make(call, state) != OK) {
        call_reply_error(call, 2003, "意料之外的错误，请重新尝试");
        return;
    }
    token_make(state);
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
    struct account_state *state = state_new(call);
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
        call_reply_error(call, 2001,
                         "Password格式不正确（密码由数字和字母组成，并且要同时含有数字和字母，且长度要在6-16位之间）");
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
    bool allowed = limiter_take(call->service->registrations, address_key(call), clock_mono_ms(), &retry_after_s);
    if (!limit_passed(call, allowed, retry_after_s))
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
    struct account_state *state = state_new(call);
    state->uname = call_body_text(call, "uname");
    state->avatar = call_body_text(call, "avatar");
    if (state->uname.size == 0 || state->avatar.size == 0)
        call_reply_error(call, 1999, "请输入完整的用户名和头像");
    else if (!name_acceptable(state->uname, UNAME_CHARS_MAX) || state->avatar.size > URL_SIZE_MAX ||
             !name_acceptable(state->avatar, URL_SIZE_MAX))
        call_reply_error(call, 2001, "意料之外的错误，更新用户信息失败");
    else
        call_write(call, false, edit_write, edit_written);
}

/* ---- GET /user/user_info ---- */

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
    user_append(call_data(call), &user, online_shown(call, reader, user.id), STR_NONE, call_escapes(call));
    call_reply_data(call);
}

/* ---- POST /user/delete ---- */

static enum err delete_write(struct call *call, struct core_tx *tx)
{
    return account_delete(tx, call->user, call->email);
}

static void delete_written(struct call *call, enum err result)
{
    if (result != OK)
        call_reply_broken(call, result);
    else
        call_reply_ok(call, STR("账号已注销"));
}

static void delete_hash(struct call *call)
{
    struct account_state *state = call->state;
    bool stale;
    if (!password_matches(&call->service->password_cost, state->stored_hash, state->password, &stale)) {
        unsigned retry_after_s;
        limiter_take(call->service->login_failures, state->account_key, clock_mono_ms(), &retry_after_s);
        call_reply_error(call, 2002, "密码错误");
        return;
    }
    call_write(call, false, delete_write, delete_written);
}

static void delete_run(struct call *call, struct reader *reader)
{
    struct account_state *state = state_new(call);
    state->password = call_body_text(call, "password");
    if (state->password.size == 0) {
        call_reply_error(call, 2000, "Password不能为空");
        return;
    }
    unsigned retry_after_s;
    state->account_key = account_key(call, call->email);
    if (!limit_passed(call,
                      limiter_peek(call->service->login_failures, state->account_key, clock_mono_ms(), &retry_after_s),
                      retry_after_s))
        return;
    enum err err = user_password(reader->db, &call->arena, call->user, &state->stored_hash);
    if (err != OK)
        call_reply_broken(call, err);
    else
        call_hash(call, delete_hash);
}

static const struct route rows[] = {
    { HTTP_POST, "/user/login", ROUTE_OPEN | ROUTE_JSON, login_run, NULL },
    { HTTP_POST, "/user/register", ROUTE_OPEN | ROUTE_JSON, register_run, NULL },
    { HTTP_GET, "/user/search_friend", 0, search_run, NULL },
    { HTTP_PUT, "/user/edit_user", ROUTE_JSON, edit_run, NULL },
    { HTTP_GET, "/user/user_info", 0, info_run, NULL },
    { HTTP_POST, "/user/delete", ROUTE_JSON, delete_run, NULL },
};
const struct route_list routes_user = { rows, sizeof(rows) / sizeof(rows[0]) };
