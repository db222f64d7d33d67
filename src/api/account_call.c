/* account_call.c: keys of limits, tokens, hashes. */
#include "api/account_call.h"

#include "chat/email.h"
#include "os/clock.h"

struct account_state *account_state_new(struct call *call)
{
    struct account_state *state = arena_zalloc(&call->arena, sizeof(*state));
    call->state = state;
    return state;
}

struct str account_failure_key(struct call *call, struct str email)
{
    char key[EMAIL_SIZE_MAX + 1 + CALL_PEER_SIZE];
    size_t size = email.size > EMAIL_SIZE_MAX ? EMAIL_SIZE_MAX : email.size;
    email_key((struct str){ email.ptr, size }, key);
    key[size++] = ' ';
    size_t peer = strlen(call->peer);
    memcpy(key + size, call->peer, peer);
    return arena_str(&call->arena, (struct str){ key, size + peer });
}

bool account_limit_passed(struct call *call, bool allowed, unsigned retry_after_s)
{
    if (!allowed)
        call_reply_busy(call, 429, retry_after_s, "请求过于频繁，请稍后再试");
    return allowed;
}

void account_token_make(struct account_state *state)
{
    token_issue(state->token);
    token_digest((struct str){ state->token, TOKEN_SIZE }, state->digest);
}

enum err account_hash_make(struct call *call, struct account_state *state)
{
    struct buf hash = { 0 };
    enum err err = password_hash(&call->service->password_cost, state->password, &hash);
    if (err == OK)
        state->new_hash = arena_str(&call->arena, buf_str(&hash));
    buf_release(&hash);
    return err;
}

bool account_password_proved(struct call *call, struct account_state *state, bool *stale)
{
    unsigned retry_after_s;
    if (password_matches(&call->service->password_cost, state->stored_hash, state->password, stale))
        return true;
    limiter_take_text(call->service->login_failures, state->account_key, clock_mono_ms(), &retry_after_s);
    call_reply_error(call, 2002, "密码错误");
    return false;
}
