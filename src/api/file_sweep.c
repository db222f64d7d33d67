/* file_sweep.c: a reader lists what has expired and marks the files, the
 * writer deletes the rows, a media thread removes the files. A crash between
 * any two of these is put right at the next start (media/blob.h). */
#include "api/file_sweep.h"

#include "media/blob.h"
#include "os/clock.h"
#include "store/file.h"
#include "store/upload.h"
#include "util/mem.h"

#include <stddef.h>
#include <stdlib.h>

#define ROUND_FILES ((size_t)100)

struct sweep {
    struct core_job job; /* first */
    struct pool_job pool;
    struct loop_mail mail;
    struct shard *shard;
    struct arena arena;
    struct file_gone_list files;
    struct file_gone_list uploads; /* in parts */
    bool deleted[100];             /* rows that are gone */
    bool ended[100];               /* likewise, of uploads */
};

static void sweep_end(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    struct sweep *sweep = (struct sweep *)((char *)mail - offsetof(struct sweep, mail));
    for (size_t i = 0; i < sweep->files.count; i++)
        metric_add(&sweep->shard->metrics, METRIC_FILES_REMOVED, sweep->deleted[i] ? 1 : 0);
    sweep->shard->sweeping = false;
    atomic_fetch_sub(&sweep->shard->transfers, 1);
    arena_release(&sweep->arena);
    free(sweep);
}

static void sweep_post(struct sweep *sweep)
{
    sweep->mail.run = sweep_end;
    loop_post(sweep->shard->loop, &sweep->mail);
}

static void remove_run(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    struct sweep *sweep = (struct sweep *)((char *)job - offsetof(struct sweep, pool));
    const struct blobs *blobs = sweep->shard->service->blobs;
    for (size_t i = 0; i < sweep->files.count; i++) {
        if (sweep->deleted[i])
            blob_remove(blobs, sweep->files.rows[i].fid);
        else
            blob_settle(blobs, sweep->files.rows[i].fid, "");
    }
    for (size_t i = 0; i < sweep->uploads.count; i++)
        if (sweep->ended[i])
            blob_remove(blobs, sweep->uploads.rows[i].fid);
    sweep_post(sweep);
}

static enum err delete_run(struct core_job *job, struct core_tx *tx)
{
    struct sweep *sweep = (struct sweep *)job;
    for (size_t i = 0; i < sweep->files.count; i++) {
        enum err err = file_delete(tx->db, sweep->files.rows[i].id);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        sweep->deleted[i] = err == OK;
    }
    for (size_t i = 0; i < sweep->uploads.count; i++) {
        enum err err = upload_delete(tx->db, sweep->uploads.rows[i].id, tx->now_ms);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        sweep->ended[i] = err == OK;
    }
    return OK;
}

static void delete_finished(struct core_job *job)
{
    struct sweep *sweep = (struct sweep *)job;
    if (job->write.result != OK) {
        memset(sweep->deleted, 0, sizeof(sweep->deleted));
        memset(sweep->ended, 0, sizeof(sweep->ended));
    }
    sweep->pool.run = remove_run;
    if (pool_submit(sweep->shard->service->media, &sweep->pool) != OK)
        sweep_post(sweep); /* The next start does it. */
}

static void list_run(struct pool_job *job, void *thread_context)
{
    struct sweep *sweep = (struct sweep *)((char *)job - offsetof(struct sweep, pool));
    struct reader *reader = thread_context;
    struct service *service = sweep->shard->service;
    enum err err = file_expired(reader->db, &sweep->arena, clock_wall_ms(), ROUND_FILES, &sweep->files);
    for (size_t i = 0; err == OK && i < sweep->files.count; i++)
        err = blob_mark(service->blobs, sweep->files.rows[i].fid);
    if (err == OK)
        err = upload_expired(reader->db, &sweep->arena, clock_wall_ms(), ROUND_FILES, &sweep->uploads);
    if (err == OK && sweep->files.count + sweep->uploads.count > 0) {
        sweep->job.run = delete_run;
        sweep->job.finished = delete_finished;
        sweep->job.loop = sweep->shard->loop;
        err = core_submit(service->core, &sweep->job);
        if (err == OK)
            return;
    }
    sweep->files.count = 0;
    sweep->uploads.count = 0;
    sweep_post(sweep);
}

void file_sweep(struct shard *shard)
{
    if (shard->sweeping)
        return;
    struct sweep *sweep = mem_zalloc(sizeof(*sweep));
    sweep->shard = shard;
    sweep->pool.run = list_run;
    if (pool_submit(shard->service->readers, &sweep->pool) != OK) {
        free(sweep); /* The next round does it. */
        return;
    }
    shard->sweeping = true;
    atomic_fetch_add(&shard->transfers, 1); /* It needs the media threads: they end after it. */
}
