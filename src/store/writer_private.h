/* writer_private.h: what the parts of the group-commit queue share. Inside store/ only.
 *
 *     writer.c         the queue, the thread, batches of a database that is this process's alone
 *     writer_shared.c  batches of a database that others write to
 */
#ifndef IM_STORE_WRITER_PRIVATE_H
#define IM_STORE_WRITER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/writer.h"

struct job_list {
    struct write_job *first;
    struct write_job **last; /* where the next one is linked */
    size_t count;
};

struct writer {
    struct writer_options options;
    pthread_t thread;
    bool stopped; /* the thread was joined */
    pthread_mutex_t mutex;
    pthread_cond_t wake;  /* work came, or the end */
    int64_t began_us;     /* the thread's own: when the last batch began */
    size_t last_count;    /* and how many jobs it had */
    int64_t poked_us;     /* the thread's own: when it last answered a poke */
    struct job_list rest; /* the thread's own: of a batch that had become too large */
    int64_t logged_ms;    /* the thread's own: when trouble was last logged */
    /* Under the mutex. */
    struct job_list queue;
    _Atomic size_t queued; /* queue.count, to be read without the mutex */
    bool ending;
    bool poked;
    int64_t ending_ms; /* when the end began */
    struct writer_stats stats;
    _Atomic int64_t trouble_ms; /* since when the database can't be reached; 0: it can */
};

/* Runs the jobs in the transaction that is open. OK: every job of the batch ran. Otherwise the transaction is lost. */
enum err batch_apply(struct writer *writer, struct job_list *batch);
/* What has come meanwhile, too: the batch had to wait before it could begin. */
void batch_grow(struct writer *writer, struct job_list *batch);
/* Runs the batch among those of others, again and again where that helps, until it is committed or has failed for good.
 * applied_us: when the last attempt's jobs had run. */
enum err batch_among_others(struct writer *writer, struct job_list *batch, struct writer_stats *stats,
                            int64_t *applied_us);

#endif
