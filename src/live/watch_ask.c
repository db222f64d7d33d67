/* watch_ask.c: frame 33 on its way through the threads.
 * A worker finds the users and asks the policy. The session watches them from
 * then on, silently; the writer says how each was last announced, in order
 * with the events, and only then the session is answered. So no change is
 * missed, none is told twice, and a block that came meanwhile holds. */
#include "live/watch.h"

#include "action/action.h"
#include "chat/cmd.h"
#include "chat/directory.h"
#include "chat/message.h"
#include "chat/policy.h"
#include "live/frame_v2.h"
#include "live/session.h"
#include "store/block.h"
#include "store/user.h"
#include "util/mem.h"

#include <stddef.h>
#include <stdlib.h>

struct wanted {
    struct str email; /* as asked, then as first written */
    int64_t user;     /* 0: not to be watched */
    int64_t seen_ms;  /* when he was last here */
    bool online;
};

struct watch_job {
    struct core_job job; /* first */
    struct pool_job pool;
    struct loop_mail mail;
    struct shard *shard;
    uint64_t session;
    uint64_t number;
    uint64_t read_number; /* of the last batch that was asked about for sure */
    int64_t user;
    struct str cid;
    struct arena arena;
    struct wanted *wanted;
    size_t count;
    bool denied; /* of some */
    enum err result;
};

static int id_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void job_end(struct watch_job *work, struct session *session)
{
    if (session != NULL && work->result != OK)
        session_refuse(session, CMD_WATCH, work->cid, work->result, 0);
    else if (session != NULL && work->denied)
        session_refuse(session, CMD_WATCH, work->cid, ERR_DENIED, 0);
    arena_release(&work->arena);
    free(work);
    if (session != NULL)
        session_job_done(session);
}

static enum err wanted_find(struct watch_job *work, struct db *db, struct wanted *wanted)
{
    struct user user;
    enum err err = user_by_email(db, &work->arena, wanted->email, &user);
    if (err == OK)
        err = policy_watch(db, work->user, user.id);
    if (err == OK)
        err = user_seen(db, user.id, &wanted->seen_ms);
    if (err == OK) {
        wanted->user = user.id;
        wanted->email = user.email;
        return OK;
    }
    work->denied = true; /* Nobody, or nobody he may watch: the two look the same. */
    return err == ERR_NOT_FOUND || err == ERR_DENIED ? OK : err;
}

/* Who was named twice is answered once. */
static void doubles_drop(struct watch_job *work)
{
    for (size_t i = 0; i < work->count; i++)
        for (size_t j = 0; j < i && work->wanted[i].user != 0; j++)
            if (work->wanted[j].user == work->wanted[i].user)
                work->wanted[i].user = 0;
}

static void read_arrived(struct loop_mail *mail, struct loop *loop);

static void read_run(struct pool_job *job, void *thread_context)
{
    struct watch_job *work = (struct watch_job *)((char *)job - offsetof(struct watch_job, pool));
    struct reader *reader = thread_context;
    work->result = core_read_begin(work->shard->service->core, reader->db, &work->read_number);
    if (work->result == OK) {
        for (size_t i = 0; i < work->count && work->result == OK; i++)
            work->result = wanted_find(work, reader->db, &work->wanted[i]);
        db_read_end(reader->db);
    }
    doubles_drop(work);
    work->mail.run = read_arrived;
    loop_post(work->shard->loop, &work->mail);
}

/* On the writer's thread: it writes nothing, but knows what was told last, and of every block. */
static enum err announced_run(struct core_job *job, struct core_tx *tx)
{
    struct watch_job *work = (struct watch_job *)job;
    struct id_list blockers;
    enum err err = block_owners(tx->db, tx->arena, work->user, &blockers);
    for (size_t i = 0; i < work->count && err == OK; i++) {
        struct wanted *wanted = &work->wanted[i];
        if (wanted->user == 0)
            continue;
        wanted->online = directory_is_announced(tx->directory, wanted->user);
        if (blockers.count > 0 && wanted->user != work->user &&
            bsearch(&wanted->user, blockers.ids, blockers.count, sizeof(int64_t), id_compare) != NULL) {
            wanted->user = 0;
            work->denied = true;
        }
    }
    return err;
}

static void announced_finished(struct core_job *job)
{
    struct watch_job *work = (struct watch_job *)job;
    struct session *session = session_find(work->shard, work->session);
    struct buf frames = { 0 };
    work->result = job->write.result;
    for (size_t i = 0; session != NULL && work->result == OK && i < work->count; i++) {
        struct wanted *wanted = &work->wanted[i];
        if (wanted->user != 0 && watch_begin(session, wanted->user, work->number, &wanted->online))
            frame_v2_presence_append(&frames, wanted->email, session_email(session), wanted->online, wanted->seen_ms);
    }
    if (frames.size > 0)
        session_answer(session, &frames);
    buf_release(&frames);
    job_end(work, session);
}

static void read_arrived(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    struct watch_job *work = (struct watch_job *)((char *)mail - offsetof(struct watch_job, mail));
    struct session *session = session_find(work->shard, work->session);
    if (session == NULL || work->result != OK) {
        job_end(work, session);
        return;
    }
    int64_t *users = arena_alloc(&work->arena, (work->count + 1) * sizeof(*users));
    size_t count = 0;
    for (size_t i = 0; i < work->count; i++)
        if (work->wanted[i].user != 0)
            users[count++] = work->wanted[i].user;
    qsort(users, count, sizeof(*users), id_compare);
    watch_set(session, users, count, work->number);
    if (work->shard->left_number > work->read_number) /* Somebody left a group while this was asked. */
        watch_review_by(session);
    work->job.write.single = true;
    work->job.loop = work->shard->loop;
    work->job.run = announced_run;
    work->job.finished = announced_finished;
    core_outbox_push(&work->shard->jobs, &work->job);
}

static enum err users_take(struct watch_job *work, const struct json *frame)
{
    struct str *emails;
    struct action_call call = { .args = frame, .arena = &work->arena };
    const struct json *users = json_get(frame, "users");
    if (users == NULL || users->type != JSON_ARRAY ||
        !arg_texts(&call, "users", WATCH_USERS_MAX, &emails, &work->count))
        return ERR_ARG;
    work->wanted = arena_zalloc(&work->arena, (work->count + 1) * sizeof(*work->wanted));
    for (size_t i = 0; i < work->count; i++)
        work->wanted[i].email = arena_str(&work->arena, emails[i]);
    return OK;
}

enum err watch_run(struct session *session, const struct command *command, const struct json *frame)
{
    (void)command;
    struct shard *shard = session->shard;
    struct watch_job *work = mem_zalloc(sizeof(*work));
    struct str cid = STR_NONE;
    work->shard = shard;
    work->session = session->id;
    work->user = session->user;
    work->number = ++shard->last_watch;
    work->pool.run = read_run;
    if (json_text(json_get(frame, "cid"), &cid) && cid.size <= CID_SIZE_MAX)
        work->cid = arena_str(&work->arena, cid);
    enum err err = users_take(work, frame);
    if (err == OK)
        err = pool_submit(shard->service->readers, &work->pool);
    if (err != OK) {
        arena_release(&work->arena);
        free(work);
        return err;
    }
    session_job_begun(session);
    return OK;
}
