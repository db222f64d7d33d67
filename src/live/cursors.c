/* cursors.c: saving what devices confirmed.
 * Late is fine: a cursor that was not saved makes a device get again what it
 * had in the last second, and delivery to v1 is at least once. */
#include "live/cursors.h"

#include "store/message.h"
#include "util/mem.h"

#include <stdlib.h>

#define BATCH_MAX ((size_t)4096)

struct cursor_job {
    struct core_job job; /* first */
    struct cursor *items;
    size_t count;
    size_t capacity;
};

static void cursor_job_free(struct cursor_job *batch)
{
    free(batch->items);
    free(batch);
}

static enum err cursor_job_run(struct core_job *job, struct core_tx *tx)
{
    struct cursor_job *batch = (struct cursor_job *)job;
    for (size_t i = 0; i < batch->count; i++) {
        enum err err = cursor_save(tx->db, &batch->items[i]);
        if (err != OK)
            return err;
    }
    return OK;
}

static void cursor_job_finished(struct core_job *job)
{
    cursor_job_free((struct cursor_job *)job);
}

void cursors_confirm(struct shard *shard, int64_t user, int64_t device, int64_t chat, int64_t seq)
{
    struct cursor_job *batch = shard->cursors;
    if (batch == NULL) {
        batch = mem_zalloc(sizeof(*batch));
        batch->job.run = cursor_job_run;
        batch->job.finished = cursor_job_finished;
        shard->cursors = batch;
    }
    if (batch->count == BATCH_MAX) {
        cursors_flush(shard);
        if (shard->cursors != NULL)
            return; /* The writer is full: the device may get this again after a reconnect. */
        cursors_confirm(shard, user, device, chat, seq);
        return;
    }
    if (batch->count == batch->capacity) {
        batch->capacity = batch->capacity == 0 ? 16 : batch->capacity * 2;
        batch->items = mem_realloc(batch->items, batch->capacity * sizeof(*batch->items));
    }
    batch->items[batch->count++] = (struct cursor){ user, chat, device, seq };
}

void cursors_flush(struct shard *shard)
{
    if (shard->cursors == NULL)
        return;
    if (core_submit(shard->service->core, &shard->cursors->job) == OK)
        shard->cursors = NULL;
}

void cursors_drop(struct shard *shard)
{
    if (shard->cursors != NULL)
        cursor_job_free(shard->cursors);
    shard->cursors = NULL;
}
