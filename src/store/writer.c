/* writer.c: the group-commit queue.
 * Submitters append under a mutex; the thread takes what waits, up to a
 * batch, and works without the lock. The sync that ends a batch is the slow
 * part, and what arrives meanwhile makes the next batch, so that the price of
 * a sync is shared by as many jobs as there is load. */
#include "store/writer_private.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "os/clock.h"
#include "os/log.h"
#include "util/mem.h"

/* Under load a commit waits until this long after the one before it began: a
 * sync costs the processor 50 µs and more whatever it carries, and several of
 * them a millisecond buy nobody anything. It waits only when the batch before
 * had company, so that a single sender is never held up, and not for more
 * than BATCH_ENOUGH jobs. Writers that share a database take turns, and each
 * batch costs all of them: for each of a crowd, up to CROWD_MAX, a writer that
 * has company waits for SHARED_SPACING_US. */
#define COMMIT_SPACING_US 1000
#define SHARED_SPACING_US 2000
#define BATCH_ENOUGH 64
#define CROWD_MAX 4u

static void list_init(struct job_list *list)
{
    list->first = NULL;
    list->last = &list->first;
    list->count = 0;
}

static void list_append(struct job_list *list, struct write_job *job)
{
    job->next = NULL;
    *list->last = job;
    list->last = &job->next;
    list->count++;
}

/* Moves at most max jobs from the front of one list into another. */
static void list_take(struct job_list *from, struct job_list *to, size_t max)
{
    if (from->count <= max) {
        *to = *from;
        if (to->first == NULL)
            to->last = &to->first;
        list_init(from);
        return;
    }
    list_init(to);
    while (to->count < max) {
        struct write_job *job = from->first;
        from->first = job->next;
        from->count--;
        list_append(to, job);
    }
}

void batch_grow(struct writer *writer, struct job_list *batch)
{
    size_t max = writer->options.batch_max;
    struct job_list more;
    if (writer->rest.count > 0 || batch->count >= max)
        return; /* What was cut off comes first. */
    pthread_mutex_lock(&writer->mutex);
    list_take(&writer->queue, &more, max - batch->count);
    atomic_store_explicit(&writer->queued, writer->queue.count, memory_order_relaxed);
    pthread_mutex_unlock(&writer->mutex);
    if (more.count == 0)
        return;
    *batch->last = more.first;
    batch->last = more.last;
    batch->count += more.count;
    writer->last_count = batch->count;
}

/* Applies one job; what it wrote is undone alone when it fails. */
static enum err job_apply(struct write_job *job, struct db *db)
{
    struct sql *sql = db_sql(db);
    if (job->single)
        return job->apply(job, db);
    enum err err = sql->v->savepoint(sql);
    if (err != OK)
        return err;
    err = job->apply(job, db);
    if (err == OK)
        err = sql->v->savepoint_release(sql);
    if (err != OK)
        sql->v->savepoint_rollback(sql);
    return err;
}

/* Leaves the jobs behind that one for the next batch. */
static void batch_cut(struct writer *writer, struct job_list *batch, struct write_job *last, size_t count)
{
    if (last->next == NULL)
        return;
    struct job_list rest = { last->next, batch->last, batch->count - count };
    if (writer->rest.count > 0) { /* It was cut before, and now is again. */
        *rest.last = writer->rest.first;
        rest.last = writer->rest.last;
        rest.count += writer->rest.count;
    }
    writer->rest = rest;
    last->next = NULL;
    batch->last = &last->next;
    batch->count = count;
}

enum err batch_apply(struct writer *writer, struct job_list *batch)
{
    const struct writer_shared *shared = writer->options.shared;
    struct sql *sql = db_sql(writer->options.db);
    size_t count = 0;
    for (struct write_job *job = batch->first; job != NULL; job = job->next) {
        job->result = job_apply(job, writer->options.db);
        count++;
        /* A full disk or a failed read may have ended the transaction, and
         * with it what the jobs before this one wrote. */
        if (job->result != OK && !sql->v->in_transaction(sql))
            return job->result;
        if (shared != NULL && shared->full(writer->options.context))
            batch_cut(writer, batch, job, count);
    }
    return OK;
}

static enum err batch_alone(struct writer *writer, struct job_list *batch, int64_t *applied_us)
{
    struct sql *sql = db_sql(writer->options.db);
    enum err err = sql->v->begin(sql);
    if (err == OK)
        err = batch_apply(writer, batch);
    *applied_us = clock_mono_us();
    if (err == OK)
        err = sql->v->commit(sql);
    if (err != OK)
        sql->v->rollback(sql);
    return err;
}

/* The numbers of one batch, kept on the thread until the lock is held anyway. */
static enum err batch_commit(struct writer *writer, struct job_list *batch, struct writer_stats *stats)
{
    int64_t start_us = clock_mono_us();
    int64_t applied_us = start_us;
    enum err err = writer->options.shared == NULL ? batch_alone(writer, batch, &applied_us)
                                                  : batch_among_others(writer, batch, stats, &applied_us);
    uint64_t commit_us = (uint64_t)(clock_mono_us() - applied_us);
    stats->batches++;
    stats->jobs += batch->count;
    stats->failed_batches += err != OK;
    stats->apply_us += (uint64_t)(applied_us - start_us);
    stats->commit_us += commit_us;
    if (commit_us > stats->commit_us_max)
        stats->commit_us_max = commit_us;
    return err;
}

static void batch_report(const struct job_list *batch, enum err err)
{
    for (struct write_job *job = batch->first, *next; job != NULL; job = next) {
        next = job->next; /* done frees the job */
        if (err != OK)
            job->result = err;
        job->done(job);
    }
}

static void batch_run(struct writer *writer, struct job_list *batch, struct writer_stats *stats)
{
    const struct writer_options *options = &writer->options;
    if (options->batch_begin != NULL)
        options->batch_begin(options->context);
    enum err err = batch_commit(writer, batch, stats);
    batch_report(batch, err);
    if (options->batch_end != NULL)
        options->batch_end(options->context, err);
}

static void maintain(struct writer *writer, bool final)
{
    struct sql *sql = db_sql(writer->options.db);
    enum err err = sql->v->maintain(sql, final);
    if (err != OK)
        log_warn("store", "maintenance failed, the log of the database goes on growing",
                 LOG_TEXT("error", err_text(err)));
}

static int64_t spacing_us(struct writer *writer)
{
    const struct writer_shared *shared = writer->options.shared;
    unsigned crowd = shared != NULL && shared->crowd != NULL ? shared->crowd(writer->options.context) : 1;
    if (crowd <= 1)
        return COMMIT_SPACING_US;
    return SHARED_SPACING_US * (int64_t)(crowd < CROWD_MAX ? crowd : CROWD_MAX);
}

/* Lets company come, within some time of the last batch. Under the mutex;
 * nobody signals for jobs that join others, so the time is slept. Pokes that
 * come meanwhile are answered by the next batch, which looks anyway. */
static void batch_gather(struct writer *writer)
{
    if (writer->last_count <= 1 || writer->queue.count >= BATCH_ENOUGH || writer->ending)
        return;
    int64_t left_us = writer->began_us + spacing_us(writer) - clock_mono_us();
    if (left_us <= 0)
        return;
    struct timespec nap = { .tv_nsec = (long)left_us * 1000 };
    pthread_mutex_unlock(&writer->mutex);
    nanosleep(&nap, NULL);
    pthread_mutex_lock(&writer->mutex);
}

/* Pokes that follow each other are answered together. Under the mutex; a job ends the wait. */
static void poke_gather(struct writer *writer)
{
    int64_t left_us = writer->poked_us + COMMIT_SPACING_US - clock_mono_us();
    struct timespec until;
    int rc = 0;
    if (left_us <= 0)
        return;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)left_us * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (rc == 0 && writer->queue.count == 0 && !writer->ending)
        rc = pthread_cond_timedwait(&writer->wake, &writer->mutex, &until);
}

/* Waits for work. false: the writer is ending and nothing is left. The batch is empty when there was but a poke. */
static bool batch_wait(struct writer *writer, struct job_list *batch, const struct writer_stats *stats, bool *poked)
{
    pthread_mutex_lock(&writer->mutex);
    writer->stats = *stats;
    if (writer->rest.count == 0) {
        while (writer->queue.count == 0 && !writer->ending && !writer->poked)
            pthread_cond_wait(&writer->wake, &writer->mutex);
        batch_gather(writer);
        if (writer->queue.count == 0 && writer->poked)
            poke_gather(writer);
        if (writer->queue.count > 0) {
            writer->began_us = clock_mono_us();
            writer->last_count = writer->queue.count;
        }
        list_take(&writer->queue, batch, writer->options.batch_max);
        atomic_store_explicit(&writer->queued, writer->queue.count, memory_order_relaxed);
    } else {
        list_take(&writer->rest, batch, writer->rest.count);
    }
    *poked = writer->poked;
    writer->poked = false;
    pthread_mutex_unlock(&writer->mutex);
    return batch->count > 0 || *poked;
}

static void *writer_main(void *argument)
{
    struct writer *writer = argument;
    struct writer_stats stats = { 0 };
    struct job_list batch;
    bool poked;
    while (batch_wait(writer, &batch, &stats, &poked)) {
        if (batch.count > 0) {
            batch_run(writer, &batch, &stats);
            maintain(writer, false);
        }
        if (poked && writer->options.shared != NULL) {
            writer->options.shared->poked(writer->options.context, writer->options.db);
            writer->poked_us = clock_mono_us();
        }
    }
    maintain(writer, true);
    return NULL;
}

enum err writer_new(const struct writer_options *options, struct writer **out)
{
    struct writer *writer = mem_zalloc(sizeof *writer);
    assert(options->batch_max > 0);
    writer->options = *options;
    if (options->shared != NULL && db_sql(options->db)->v->gather != NULL)
        db_sql(options->db)->v->gather(db_sql(options->db)); /* a batch that was lost by it is run again */
    list_init(&writer->queue);
    list_init(&writer->rest);
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&writer->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    int rc = pthread_create(&writer->thread, NULL, writer_main, writer);
    if (rc != 0) {
        log_error("store", "cannot start the writer", LOG_I64("errno", rc));
        pthread_cond_destroy(&writer->wake);
        pthread_mutex_destroy(&writer->mutex);
        free(writer);
        return ERR_SYSTEM;
    }
    (void)pthread_setname_np(writer->thread, "im-writer");
    *out = writer;
    return OK;
}

enum err writer_submit_all(struct writer *writer, struct write_job *first, struct write_job *last, size_t count)
{
    enum err err = OK;
    bool was_empty = false;
    pthread_mutex_lock(&writer->mutex);
    if (writer->ending)
        err = ERR_CLOSED;
    else if (count > writer->options.queue_max - writer->queue.count)
        err = ERR_FULL;
    if (err == OK) {
        was_empty = writer->queue.count == 0; /* else it is awake, or woken already */
        last->next = NULL;
        *writer->queue.last = first;
        writer->queue.last = &last->next;
        writer->queue.count += count;
        atomic_store_explicit(&writer->queued, writer->queue.count, memory_order_relaxed);
    }
    pthread_mutex_unlock(&writer->mutex);
    if (was_empty)
        pthread_cond_signal(&writer->wake);
    return err;
}

enum err writer_submit(struct writer *writer, struct write_job *job)
{
    return writer_submit_all(writer, job, job, 1);
}

size_t writer_queued(struct writer *writer)
{
    return atomic_load_explicit(&writer->queued, memory_order_relaxed);
}

void writer_poke(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    bool poked = writer->poked; /* then it is awake, or woken already */
    writer->poked = true;
    pthread_mutex_unlock(&writer->mutex);
    if (!poked)
        pthread_cond_signal(&writer->wake);
}

int64_t writer_trouble_ms(struct writer *writer)
{
    int64_t since_ms = atomic_load(&writer->trouble_ms);
    return since_ms == 0 ? 0 : clock_mono_ms() - since_ms + 1;
}

void writer_stop(struct writer *writer)
{
    pthread_mutex_lock(&writer->mutex);
    writer->ending = true;
    writer->ending_ms = clock_mono_ms();
    pthread_mutex_unlock(&writer->mutex);
    pthread_cond_signal(&writer->wake);
    pthread_join(writer->thread, NULL);
    writer->stopped = true;
}

void writer_free(struct writer **writer)
{
    if (*writer == NULL)
        return;
    if (!(*writer)->stopped)
        writer_stop(*writer);
    pthread_cond_destroy(&(*writer)->wake);
    pthread_mutex_destroy(&(*writer)->mutex);
    free(*writer);
    *writer = NULL;
}

void writer_stats(struct writer *writer, struct writer_stats *out)
{
    pthread_mutex_lock(&writer->mutex);
    *out = writer->stats;
    pthread_mutex_unlock(&writer->mutex);
}
