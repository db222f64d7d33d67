/* route_account.c: /user/…: an account's password, devices and end. */
#include "api/account_call.h"

#include "action/account.h"
#include "action/presence.h"
#include "auth/ticket.h"
#include "chat/account.h"
#include "live/roll_call.h"
#include "os/clock.h"
#include "util/jsonw.h"

/* The caller's password is checked on a hasher, where step goes on; a limited number of times. */
static void proof_begin(struct call *call, struct reader *reader, void (*step)(struct call *call))
{
    struct account_state *state = call->state;
    unsigned retry_after_s;
    state->account_key = account_failure_key(call, call->email);
    bool allowed =
        limiter_peek_text(call->service->login_failures, state->account_key, clock_mono_ms(), &retry_after_s);
    if (!account_limit_passed(call, allowed, retry_after_s))
        return;
    enum err err = user_password(reader->db, &call->arena, call->user, &state->stored_hash);
    if (err != OK)
        call_reply_broken(call, err);
    else
        call_hash(call, step);
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
    bool stale;
    if (account_password_proved(call, call->state, &stale))
        call_write(call, false, delete_write, delete_written);
}

static void delete_run(struct call *call, struct reader *reader)
{
    struct account_state *state = account_state_new(call);
    state->password = call_body_text(call, "password");
    if (state->password.size == 0) {
        call_reply_error(call, 2000, "Password不能为空");
        return;
    }
    proof_begin(call, reader, delete_hash);
}

/* ---- POST /user/password ---- */

static enum err password_write(struct call *call, struct core_tx *tx)
{
    struct account_state *state = call->state;
    return account_change_password(tx, call->user, state->stored_hash, state->new_hash, call->device);
}

static void password_written(struct call *call, enum err result)
{
    if (result == ERR_DENIED) /* It was changed meanwhile. */
        call_reply_error(call, 2002, "密码错误");
    else if (result != OK)
        call_reply_broken(call, result);
    else
        call_reply_true(call);
}

static void password_hashed(struct call *call)
{
    struct account_state *state = call->state;
    bool stale;
    if (!account_password_proved(call, state, &stale))
        return;
    state->password = state->new_password;
    enum err err = account_hash_make(call, state);
    if (err != OK)
        call_reply_broken(call, err);
    else
        call_write(call, false, password_write, password_written);
}

static void password_run(struct call *call, struct reader *reader)
{
    struct account_state *state = account_state_new(call);
    state->password = call_body_text(call, "old");
    state->new_password = call_body_text(call, "new");
    if (state->password.size == 0 || state->new_password.size == 0)
        call_reply_error(call, 2000, "Password不能为空");
    else if (!password_acceptable(state->new_password))
        call_reply_error(call, 2001, PASSWORD_REFUSED);
    else
        proof_begin(call, reader, password_hashed);
}

/* ---- POST /user/ticket ---- */

static void ticket_run(struct call *call, struct reader *reader)
{
    (void)reader;
    char ticket[TICKET_SIZE];
    unsigned retry_after_s;
    struct ticket_holder holder = { call->user, call->device };
    if (!limiter_take(call->service->messages, (uint64_t)call->user, clock_mono_ms(), &retry_after_s)) {
        call_reply_refused(call, ERR_LIMITED, retry_after_s);
        return;
    }
    ticket_issue(call->service->tickets, &holder, clock_wall_ms(), ticket);
    struct buf *out = call_data(call);
    jsonw_open(out, '{');
    jsonw_put_str(out, "ticket", (struct str){ ticket, sizeof(ticket) });
    jsonw_put_i64(out, "expiresIn", TICKET_LIFE_MS / 1000);
    jsonw_close(out, '}');
    call_reply_data(call);
}

/* ---- GET /user/devices ---- */

struct devices_state {
    struct roll_call roll;
    struct device_list list;
};

static bool device_online(const struct devices_state *state, const struct device_row *row)
{
    for (size_t i = 0; i < state->roll.count; i++) {
        const struct roll_entry *entry = &state->roll.entries[i];
        if (row->named != 0 ? entry->named == row->named : entry->login == row->login)
            return true;
    }
    return false;
}

static void device_append(struct call *call, const struct devices_state *state, const struct device_row *row)
{
    struct buf *out = &call->out;
    struct str name = row->name;
    if (row->named == 0)
        name = arena_format(&call->arena, "token-%lld", (long long)row->login);
    jsonw_open(out, '{');
    jsonw_put_str(out, "device", name);
    jsonw_put_i64(out, "createAt", row->created_ms);
    jsonw_put_i64(out, "usedAt", row->used_ms);
    jsonw_put_bool(out, "online", device_online(state, row));
    jsonw_put_bool(out, "current", row->login == call->device);
    jsonw_close(out, '}');
}

static void devices_called(struct roll_call *roll)
{
    struct call *call = roll->context;
    const struct devices_state *state = call->state;
    struct buf *out = call_data(call);
    jsonw_open(out, '{');
    jsonw_key(out, "devices");
    jsonw_open(out, '[');
    for (size_t i = 0; i < state->list.count; i++)
        device_append(call, state, &state->list.rows[i]);
    jsonw_close(out, ']');
    jsonw_close(out, '}');
    roll_call_release(roll);
    call_reply_data(call);
}

static void devices_run(struct call *call, struct reader *reader)
{
    struct devices_state *state = arena_zalloc(&call->arena, sizeof(*state));
    call->state = state;
    enum err err = device_list(reader->db, &call->arena, call->user, &state->list);
    if (err != OK) {
        call_reply_broken(call, err);
        return;
    }
    state->roll.user = call->user;
    state->roll.context = call;
    state->roll.called = devices_called;
    roll_call_begin(&state->roll, call->service);
}

static const struct route rows[] = {
    { HTTP_POST, "/user/delete", ROUTE_JSON, delete_run, NULL },
    { HTTP_POST, "/user/password", ROUTE_JSON, password_run, NULL },
    { HTTP_POST, "/user/ticket", 0, ticket_run, NULL },
    { HTTP_GET, "/user/devices", 0, devices_run, NULL },
    { HTTP_GET, "/user/presence", 0, NULL, &action_presence },
    { HTTP_POST, "/user/kick_device", ROUTE_JSON, NULL, &action_kick_device },
    { HTTP_POST, "/user/logout", 0, NULL, &action_logout },
};
const struct route_list routes_account = { rows, sizeof(rows) / sizeof(rows[0]) };
