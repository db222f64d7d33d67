/* seen.c: a second's departures in one job. */
#include "live/seen.h"

#include "os/clock.h"
#include "store/user.h"
#include "util/mem.h"

#include <stdlib.h>

#define BATCH_MAX ((size_t)4096)

struct seen {
    int64_t user;
    int64_t at_ms;
};

struct seen_job {
    struct core_job job; /* first */
    struct seen *items;
    size_t count;
    size_t capacity;
};

static void job_free(struct seen_job *batch)
{
    free(batch->items);
    free(batch);
}

static enum err job_run(struct core_job *job, struct core_tx *tx)
{
    struct seen_job *batch = (struct seen_job *)job;
    enum err err = OK;
    for (size_t i = 0; i < batch->count && err == OK; i++)
        err = user_set_seen(tx->db, batch->items[i].user, batch->items[i].at_ms);
    return err;
}

static void job_finished(struct core_job *job)
{
    job_free((struct seen_job *)job);
}

void seen_note(struct shard *shard, int64_t user)
{
    struct seen_job *batch = shard->seen;
    if (batch == NULL) {
        batch = mem_zalloc(sizeof(*batch));
        batch->job.run = job_run;
        batch->job.finished = job_finished;
        shard->seen = batch;
    }
    if (batch->count == BATCH_MAX) {
        seen_flush(shard);
        if (shard->seen == NULL) /* Else the writer is full, and this departure is forgotten. */
            seen_note(shard, user);
        return;
    }
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity == 0 ? 16 : batch->capacity * 2;
        batch->items = mem_realloc(batch->items, batch->capacity * sizeof(*batch->items));
    }
    batch->items[batch->count++] = (struct seen){ user, clock_wall_ms() };
}

void seen_flush(struct shard *shard)
{
    if (shard->seen != NULL && core_submit(shard->service->core, &shard->seen->job) == OK)
        shard->seen = NULL;
}

void seen_drop(struct shard *shard)
{
    if (shard->seen != NULL)
        job_free(shard->seen);
    shard->seen = NULL;
}
