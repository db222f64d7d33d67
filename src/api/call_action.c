/* call_action.c: REST calls that are actions (action/action.h). */
#include "api/call_action.h"

#include "chat/refusal.h"
#include "live/act.h"
#include "os/clock.h"

#define ELSEWHERE_S 1 /* A balancer asks the next node at once; a client, which may get another one. */

void call_reply_refused(struct call *call, enum err err, unsigned retry_after_s)
{
    int code = refusal_code(err);
    if (code == 0)
        call_reply_broken(call, err);
    else if (err == ERR_LIMITED)
        call_reply_busy(call, 429, retry_after_s, refusal_text(err));
    else
        call_reply_error(call, code, refusal_text(err));
}

static void answer(struct call *call, enum err err)
{
    if (err != OK) {
        call_reply_refused(call, err, 1);
        return;
    }
    struct buf *out = call_data(call);
    if (call->action.data.size > 0)
        buf_append_str(out, buf_str(&call->action.data));
    else
        buf_append_str(out, STR("true"));
    call_reply_data(call);
}

static enum err action_write(struct call *call, struct core_tx *tx)
{
    buf_clear(&call->action.data); /* Of a batch that was lost and runs again. */
    return call->match.route->action->write(&call->action, tx);
}

void call_action_run(struct call *call, struct reader *reader)
{
    const struct action *action = call->match.route->action;
    unsigned retry_after_s;
    call->action = (struct action_call){
        .actor = { call->user, call->email },
        .login = call->device,
        .args = call->json != NULL ? call->json : call_query_object(call),
        .arena = &call->arena,
    };
    if ((action->flags & ACTION_LIMITED) != 0 &&
        !limiter_take(call->service->messages, (uint64_t)call->user, clock_mono_ms(), &retry_after_s)) {
        call_reply_refused(call, ERR_LIMITED, retry_after_s);
        return;
    }
    if ((action->flags & ACTION_SEARCHES) != 0 && call->service->search == NULL) {
        call_reply_busy(call, 503, ELSEWHERE_S, "此节点不提供搜索，请使用其他节点");
        return;
    }
    if (action->write != NULL) {
        call_write(call, false, action_write, answer);
        return;
    }
    struct action_env env;
    act_env(call->service, reader, &env);
    enum err err = core_read_begin(call->service->core, env.db, NULL);
    if (err == OK) {
        err = action->read(&call->action, &env);
        db_read_end(env.db);
    }
    answer(call, err);
}
