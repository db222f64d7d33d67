/* act.c: one action of a session on its way through the threads.
 * At any moment exactly one thread has it; a session that is gone when it
 * comes back is found missing by its id. */
#include "live/act.h"

#include "action/action.h"
#include "live/frame_v2.h"
#include "chat/heads.h"
#include "chat/message.h"
#include "os/clock.h"
#include "util/mem.h"

#include <stddef.h>
#include <stdlib.h>

struct act_job {
    struct core_job job; /* first */
    struct pool_job pool;
    struct loop_mail mail;
    struct shard *shard;
    uint64_t session;
    const struct command *command;
    struct arena arena;
    struct action_call call;
    enum err result;
};

void act_env(struct service *service, struct reader *reader, struct action_env *env)
{
    *env = (struct action_env){
        .db = reader->db,
        .heads = service->heads,
        .heads_mark = heads_mark(service->heads),
        .marks = service->marks,
        .router = service->router,
        .search = service->search,
        .conf = service->conf,
        .now_ms = clock_wall_ms(),
    };
}

static void act_free(struct act_job *act)
{
    buf_release(&act->call.data);
    arena_release(&act->arena);
    free(act);
}

static struct str cid_of(const struct act_job *act)
{
    struct str cid = arg_text(&act->call, "cid");
    return cid.size > CID_SIZE_MAX ? STR_NONE : cid;
}

/* On the loop: the end of every action. */
static void act_done(struct act_job *act)
{
    struct session *session = session_find(act->shard, act->session);
    if (act->result != OK)
        metric_add(&act->shard->metrics, METRIC_FRAMES_REJECTED, 1);
    if (session != NULL && act->result != OK) {
        session_refuse(session, act->command->cmd, cid_of(act), act->result, 0);
    } else if (session != NULL && act->command->answer != 0) {
        struct buf frame = { 0 };
        frame_v2_answer_append(&frame, act->command->answer, buf_str(&act->call.data));
        session_answer(session, &frame);
        buf_release(&frame);
    }
    act_free(act);
    if (session != NULL)
        session_job_done(session);
}

static enum err write_run(struct core_job *job, struct core_tx *tx)
{
    struct act_job *act = (struct act_job *)job;
    buf_clear(&act->call.data); /* Of a batch that was lost and runs again. */
    return act->command->action->write(&act->call, tx);
}

static void write_finished(struct core_job *job)
{
    struct act_job *act = (struct act_job *)job;
    act->result = job->write.result;
    act_done(act);
}

static void read_arrived(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    act_done((struct act_job *)((char *)mail - offsetof(struct act_job, mail)));
}

static void read_run(struct pool_job *job, void *thread_context)
{
    struct act_job *act = (struct act_job *)((char *)job - offsetof(struct act_job, pool));
    struct action_env env;
    act_env(act->shard->service, thread_context, &env);
    act->result = core_read_begin(act->shard->service->core, env.db, NULL);
    if (act->result == OK) {
        act->result = act->command->action->read(&act->call, &env);
        db_read_end(env.db);
    }
    act->mail.run = read_arrived;
    loop_post(act->shard->loop, &act->mail);
}

static struct act_job *act_new(struct session *session, const struct command *command)
{
    struct act_job *act = mem_zalloc(sizeof(*act));
    act->shard = session->shard;
    act->session = session->id;
    act->command = command;
    act->call = (struct action_call){
        .actor = { session->user, arena_str(&act->arena, session_email(session)) },
        .login = session->device,
        .device = session->named,
        .arena = &act->arena,
    };
    return act;
}

enum err act_run(struct session *session, const struct command *command, struct str text)
{
    struct shard *shard = session->shard;
    struct act_job *act = act_new(session, command);
    struct json *args = NULL;
    enum err err = json_parse(shard->json, &act->arena, arena_str(&act->arena, text), &args);
    act->call.args = args;
    if (err == OK && command->action->read != NULL) {
        act->pool.run = read_run;
        err = pool_submit(shard->service->readers, &act->pool);
    } else if (err == OK) {
        act->job.loop = shard->loop;
        act->job.run = write_run;
        act->job.finished = write_finished;
        core_outbox_push(&shard->jobs, &act->job);
    }
    if (err != OK) {
        act_free(act);
        return err;
    }
    metric_add(&shard->metrics, METRIC_ACTIONS, 1);
    session_job_begun(session);
    return OK;
}
