/* housekeeping.c: once a second a look, rarely some work. */
#include "api/housekeeping.h"

#include "api/file_carry.h"
#include "api/file_sweep.h"
#include "chat/account.h"
#include "chat/change.h"
#include "chat/shared.h"
#include "os/clock.h"
#include "os/log.h"
#include "store/change.h"
#include "util/mem.h"

#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#define LOOK_MS 1000
#define EXPIRE_EVERY_MS (INT64_C(10) * 60 * 1000)
#define FLUSH_EVERY_MS 3000
#define FLUSH_AFTER_OTHERS_MS 8000 /* where others do it, unless they cease to */
#define HEARING_MS 1000            /* between looks at the journal while other nodes can be heard */
#define FILES_EVERY_MS 2000
#define SWEEP_MESSAGES ((size_t)500) /* that have expired, in one transaction: others write in between */
#define STORM_SESSIONS 1000          /* opened since the memory was last given back */
#define CALM_SESSIONS 20             /* opened in the last second, at most */

/* One at a time; its own end, on the loop, submits it again while there is more to do. */
struct sweep_job {
    struct core_job job; /* first */
    bool running;
    bool more;
};

struct housekeeping {
    struct shard *shard;
    struct sweep_job sweep;
    struct loop_timer *timer;
    struct loop_timer *follow;
    int64_t followed_ms; /* when the journal was last looked at */
    int64_t expired_ms;
    int64_t flushed_ms;      /* when read and send marks were last written */
    int64_t files_swept_ms;  /* when files were last removed */
    uint64_t opened_last;    /* sessions opened, at the last look */
    uint64_t opened_trimmed; /* and when memory was last given back */
};

struct expire_job {
    struct core_job job; /* first */
    int64_t used_before_ms;
};

static enum err expire_run(struct core_job *job, struct core_tx *tx)
{
    return account_expire(tx, ((struct expire_job *)job)->used_before_ms);
}

static void expire_finished(struct core_job *job)
{
    free(job);
}

static void tokens_expire(struct service *service)
{
    struct expire_job *expire = mem_zalloc(sizeof(*expire));
    expire->job.run = expire_run;
    expire->job.finished = expire_finished;
    expire->used_before_ms = clock_wall_ms() - service->conf->token_idle_ms;
    if (core_submit(service->core, &expire->job) != OK)
        free(expire); /* The next round does it. */
}

static enum err sweep_run(struct core_job *job, struct core_tx *tx)
{
    struct sweep_job *sweep = (struct sweep_job *)job;
    size_t expired;
    bool reactions = false;
    enum err err = change_expire(tx, SWEEP_MESSAGES, &expired);
    if (err == OK)
        err = reactions_sweep(tx->db, &reactions);
    sweep->more = expired == SWEEP_MESSAGES || reactions;
    return err;
}

static void sweep_submit(struct service *service, struct sweep_job *sweep);

static void sweep_finished(struct core_job *job)
{
    struct sweep_job *sweep = (struct sweep_job *)job;
    struct shard *shard = ((struct housekeeping *)((char *)sweep - offsetof(struct housekeeping, sweep)))->shard;
    sweep->running = false;
    if (job->write.result != OK)
        log_error("store", "what has expired could not be deleted", LOG_TEXT("reason", err_text(job->write.result)));
    else if (sweep->more && !atomic_load(&shard->service->draining))
        sweep_submit(shard->service, sweep);
}

static void sweep_submit(struct service *service, struct sweep_job *sweep)
{
    sweep->running = core_submit(service->core, &sweep->job) == OK;
}

static void messages_sweep(struct housekeeping *housekeeping)
{
    struct sweep_job *sweep = &housekeeping->sweep;
    if (sweep->running)
        return;
    sweep->job = (struct core_job){
        .loop = housekeeping->shard->loop,
        .run = sweep_run,
        .finished = sweep_finished,
    };
    sweep_submit(housekeeping->shard->service, sweep);
}

static void trim_run(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    free(job);
    malloc_trim(0);
}

static uint64_t sessions_opened(const struct service *service)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < service->shard_count; i++)
        sum += atomic_load_explicit(&service->shards[i]->metrics.values[METRIC_WS_OPENED], memory_order_relaxed);
    return sum;
}

/* With other nodes. */
static void followed(void *context)
{
    struct housekeeping *housekeeping = context;
    struct service *service = housekeeping->shard->service;
    int64_t now_ms = loop_now_ms(housekeeping->shard->loop);
    if (service->router->v->hears(service->router) && now_ms - housekeeping->followed_ms < HEARING_MS)
        return;
    housekeeping->followed_ms = now_ms;
    core_follow(service->core);
}

/* One of several nodes does for all what need not be done by each. */
static bool leads(struct service *service)
{
    struct shared_stats stats;
    core_shared_stats(service->core, &stats);
    return !stats.shared || stats.leads;
}

/* All nodes collect the same marks, and whoever stores them says so. */
static bool flush_due(struct service *service, int64_t since_ms)
{
    struct shared_stats stats;
    core_shared_stats(service->core, &stats);
    if (core_readers_waiting(service->core))
        return true;
    return since_ms >= FLUSH_EVERY_MS && (!stats.shared || stats.leads || stats.flushed_ms >= FLUSH_AFTER_OTHERS_MS);
}

static void looked(void *context)
{
    struct housekeeping *housekeeping = context;
    struct service *service = housekeeping->shard->service;
    int64_t now_ms = loop_now_ms(housekeeping->shard->loop);
    if (atomic_load(&service->draining))
        return; /* The workers may be gone. */
    if (now_ms - housekeeping->expired_ms >= EXPIRE_EVERY_MS && leads(service)) {
        housekeeping->expired_ms = now_ms;
        tokens_expire(service);
    }
    if (flush_due(service, now_ms - housekeeping->flushed_ms)) {
        housekeeping->flushed_ms = now_ms;
        core_marks_flush(service->core);
    }
    if (leads(service))
        messages_sweep(housekeeping);
    if (now_ms - housekeeping->files_swept_ms >= FILES_EVERY_MS) {
        housekeeping->files_swept_ms = now_ms;
        file_sweep(housekeeping->shard);
    }
    file_carry(housekeeping->shard);
    uint64_t opened = sessions_opened(service);
    if (opened - housekeeping->opened_trimmed >= STORM_SESSIONS &&
        opened - housekeeping->opened_last <= CALM_SESSIONS) {
        struct pool_job *trim = mem_zalloc(sizeof(*trim));
        trim->run = trim_run;
        housekeeping->opened_trimmed = opened;
        if (pool_submit(service->readers, trim) != OK)
            free(trim);
    }
    housekeeping->opened_last = opened;
}

struct housekeeping *housekeeping_new(struct shard *shard)
{
    struct housekeeping *housekeeping = mem_zalloc(sizeof(*housekeeping));
    housekeeping->shard = shard;
    housekeeping->expired_ms = loop_now_ms(shard->loop) - EXPIRE_EVERY_MS;
    housekeeping->timer = loop_timer_new(shard->loop, looked, housekeeping);
    loop_timer_start(housekeeping->timer, LOOK_MS, LOOK_MS);
    housekeeping->follow = loop_timer_new(shard->loop, followed, housekeeping);
    struct shared_stats stats;
    core_shared_stats(shard->service->core, &stats);
    if (stats.shared)
        loop_timer_start(housekeeping->follow, 1, (uint64_t)shard->service->conf->poll_ms);
    return housekeeping;
}

void housekeeping_free(struct housekeeping **housekeeping)
{
    if (*housekeeping == NULL)
        return;
    loop_timer_free(&(*housekeeping)->timer);
    loop_timer_free(&(*housekeeping)->follow);
    free(*housekeeping);
    *housekeeping = NULL;
}
