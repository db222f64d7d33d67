/* writer.h: the group-commit queue.
 * One thread, one writing connection. It takes everything that waits, applies
 * each job in order inside one transaction, commits (synced), then reports.
 * While one batch syncs the next collects, so batches grow with load by
 * themselves and an idle server commits at once. */
#ifndef IM_STORE_WRITER_H
#define IM_STORE_WRITER_H

#include "store/db.h"

struct writer;

/* Intrusive; the writer's from writer_submit until done is called. */
struct write_job {
    struct write_job *next;
    /* At most one statement writes: it undoes itself when it fails, so no
     * savepoint is spent on it. Otherwise the job is wrapped in one. */
    bool single;
    enum err result;
    /* On the writer's thread, inside the batch's transaction. An error undoes
     * this job's writes alone. It becomes result. */
    enum err (*apply)(struct write_job *job, struct db *db);
    /* On the writer's thread, after the commit is on disk (or failed: then
     * result is that error for every job of the batch). Owns the job. */
    void (*done)(struct write_job *job);
};

/* What a batch does besides its jobs where other processes write to the same
 * database (sql_driver.shared); all on the writer's thread. There a batch is
 * run again, whole, while its transaction certainly did not happen and doing
 * so can help: its jobs' apply must not mind being called again. While the
 * database can't be reached the writer keeps the batch and tries on; what
 * comes meanwhile fills the queue. */
struct writer_shared {
    /* Inside the transaction, before the first job and after the last. wrote: there is something to commit; otherwise the
     * transaction is given up, and the batch went well all the same. */
    enum err (*open)(void *context, struct db *db);
    enum err (*close)(void *context, struct db *db, bool *wrote);
    /* After a job: whether the batch has become so large that the rest of its jobs had better wait for the next. */
    bool (*full)(void *context);
    /* It did not happen, and its jobs run again: what they left in memory is to be forgotten. */
    void (*again)(void *context);
    /* The connection broke while the last batch was committed. In a transaction of its own: whether that batch happened.
     * ERR_NOT_FOUND: that can't be found out any more. Until it is known nothing else is done. */
    enum err (*resolve)(void *context, struct db *db, bool *happened);
    /* After writer_poke: outside of any transaction, between batches. */
    void (*poked)(void *context, struct db *db);
    /* How many writers share the database at present, this one included: under load each then leaves so many times as
     * much time between its commits, and all of them together as much as one. */
    unsigned (*crowd)(void *context);
};

struct writer_options {
    size_t queue_max; /* jobs waiting */
    size_t batch_max; /* jobs in one transaction */
    struct db *db;    /* SQL_WRITER; the writer's own until writer_free */
    /* Both on the writer's thread, may be NULL. begin: a batch starts.
     * end: after every done of the batch; error: nothing of it was kept. */
    void (*batch_begin)(void *context);
    void (*batch_end)(void *context, enum err result);
    void *context;
    const struct writer_shared *shared; /* NULL: nobody else writes there */
};

enum err writer_new(const struct writer_options *options, struct writer **out);
/* Any thread. ERR_FULL at the bound: the job was not taken. ERR_CLOSED while ending. */
enum err writer_submit(struct writer *writer, struct write_job *job);
/* The same for count jobs linked by next, in one go: all are taken or none. */
enum err writer_submit_all(struct writer *writer, struct write_job *first, struct write_job *last, size_t count);
size_t writer_queued(struct writer *writer); /* jobs waiting now */
/* Any thread: has shared->poked called soon, once for many pokes. */
void writer_poke(struct writer *writer);
/* For how long the database has not been reachable; 0: it is, as far as is known. Any thread. */
int64_t writer_trouble_ms(struct writer *writer);
/* Commits what is queued, runs the final maintenance, joins the thread. Jobs are
 * refused from then on (ERR_CLOSED). Once only. */
void writer_stop(struct writer *writer);
/* Stops if need be. */
void writer_free(struct writer **writer);

struct writer_stats {
    uint64_t batches, jobs, failed_batches;
    uint64_t apply_us, commit_us; /* sums */
    uint64_t commit_us_max;
    /* Of a shared database: batches run again; commits that were unclear, and what came out. */
    uint64_t reruns, unsure_kept, unsure_lost, unsure_forever;
    uint64_t open_us; /* a sum: the wait for the other nodes */
};
void writer_stats(struct writer *writer, struct writer_stats *out);

#endif
