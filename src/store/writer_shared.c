/* writer_shared.c: batches of a database that others write to.
 * Such a database goes away, gives transactions up, and loses connections in
 * the middle of a commit. A batch that certainly did not happen runs again;
 * whether an unclear one happened is looked up before anything else is done. */
#include "store/writer_private.h"

#include <time.h>

#include "os/clock.h"
#include "os/log.h"

/* A batch whose transaction began and was lost is run again this often before its jobs fail. */
#define ATTEMPTS_MAX 10
#define NAP_MS_MIN 20 /* between attempts, doubled each time */
#define NAP_MS_MAX 500
#define TROUBLE_LOG_MS 5000  /* trouble that lasts is logged this often */
#define END_PATIENCE_MS 5000 /* at the end an unreachable database is waited for no longer */

static bool again_helps(enum err err)
{
    return err == ERR_BUSY || err == ERR_IO || err == ERR_CLOSED || err == ERR_TIMEOUT;
}

/* Between attempts. false: the writer has been ending for too long to go on. */
static bool nap(struct writer *writer, unsigned attempt)
{
    int64_t ms = NAP_MS_MIN << (attempt < 8 ? attempt : 8);
    ms = ms > NAP_MS_MAX ? NAP_MS_MAX : ms;
    struct timespec wait = { .tv_nsec = (long)ms * 1000000 };
    pthread_mutex_lock(&writer->mutex);
    bool over = writer->ending && clock_mono_ms() - writer->ending_ms > END_PATIENCE_MS;
    pthread_mutex_unlock(&writer->mutex);
    if (!over)
        nanosleep(&wait, NULL);
    return !over;
}

static void trouble_note(struct writer *writer, enum err err, const char *what)
{
    int64_t now_ms = clock_mono_ms();
    if (atomic_load(&writer->trouble_ms) == 0)
        atomic_store(&writer->trouble_ms, now_ms);
    if (writer->logged_ms != 0 && now_ms - writer->logged_ms < TROUBLE_LOG_MS)
        return;
    writer->logged_ms = now_ms;
    log_warn("store", what, LOG_TEXT("reason", err_text(err)),
             LOG_I64("for_ms", now_ms - atomic_load(&writer->trouble_ms)));
}

static void trouble_end(struct writer *writer)
{
    int64_t since_ms = atomic_exchange(&writer->trouble_ms, 0);
    if (since_ms != 0)
        log_info("store", "the database answers again", LOG_I64("after_ms", clock_mono_ms() - since_ms));
    writer->logged_ms = 0;
}

/* One attempt. grows: what came while it waited for its turn goes along. *opened: it was not for an unreachable database
 * that it failed. */
static enum err batch_attempt(struct writer *writer, struct job_list *batch, struct writer_stats *stats,
                              int64_t *applied_us, bool grows, bool *opened)
{
    const struct writer_options *options = &writer->options;
    struct sql *sql = db_sql(options->db);
    bool wrote = false;
    int64_t begun_us = clock_mono_us();
    enum err err = sql->v->begin(sql);
    if (err == OK)
        err = options->shared->open(options->context, options->db);
    *opened = err == OK;
    stats->open_us += (uint64_t)(clock_mono_us() - begun_us);
    if (err == OK && grows)
        batch_grow(writer, batch);
    if (err == OK)
        err = batch_apply(writer, batch);
    *applied_us = clock_mono_us();
    if (err == OK)
        err = options->shared->close(options->context, options->db, &wrote);
    if (err == OK && wrote)
        err = sql->v->commit(sql);
    if (err != OK || !wrote)
        sql->v->rollback(sql);
    return err;
}

/* After ERR_UNSURE. OK: it happened; ERR_BUSY: it did not; ERR_UNSURE: nobody will ever know. */
static enum err batch_settle(struct writer *writer, struct writer_stats *stats)
{
    const struct writer_options *options = &writer->options;
    struct sql *sql = db_sql(options->db);
    for (unsigned attempt = 0;; attempt++) {
        bool happened = false;
        enum err err = sql->v->begin(sql);
        if (err == OK)
            err = options->shared->resolve(options->context, options->db, &happened);
        if (err == OK && happened)
            err = sql->v->commit(sql); /* Only then is it on the disk. */
        if (err != OK || !happened)
            sql->v->rollback(sql);
        if (err == OK) {
            log_info("store", "an unclear commit was looked up",
                     LOG_TEXT("it", happened ? "happened" : "did not happen"));
            stats->unsure_kept += happened;
            stats->unsure_lost += !happened;
            return happened ? OK : ERR_BUSY;
        }
        if (err != ERR_NOT_FOUND)
            trouble_note(writer, err, "whether the last commit happened can't be asked");
        if (err == ERR_NOT_FOUND || !nap(writer, attempt)) {
            log_error("store", "whether the last commit happened will not be known", LOG_TEXT("reason", err_text(err)));
            stats->unsure_forever++;
            return ERR_UNSURE;
        }
    }
}

enum err batch_among_others(struct writer *writer, struct job_list *batch, struct writer_stats *stats,
                            int64_t *applied_us)
{
    unsigned lost = 0; /* attempts that got as far as to the jobs */
    for (unsigned attempt = 0;; attempt++) {
        bool opened = false;
        /* Nobody joins a batch that was lost: it may be lost for what is in it. */
        enum err err = batch_attempt(writer, batch, stats, applied_us, lost == 0, &opened);
        if (err == ERR_UNSURE)
            err = batch_settle(writer, stats);
        if (err == OK || opened)
            trouble_end(writer);
        else if (again_helps(err))
            trouble_note(writer, err, "the database can't be written to, trying on");
        lost += opened;
        if (err == OK || !again_helps(err) || lost >= ATTEMPTS_MAX || !nap(writer, opened ? lost - 1 : attempt))
            return err;
        writer->options.shared->again(writer->options.context);
        stats->reruns += opened;
    }
}
