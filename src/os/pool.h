/* pool.h: a few threads for what may block: SQL reads, password hashing.
 * The queue is bounded; each thread has its own context (a database
 * connection, a parser). */
#ifndef IM_OS_POOL_H
#define IM_OS_POOL_H

#include "util/err.h"

#include <stddef.h>

struct pool;

struct pool_job {
    struct pool_job *next;
    void (*run)(struct pool_job *job, void *thread_context); /* owns the job */
};

struct pool_options {
    const char *name;  /* thread name, at most 15 bytes */
    unsigned threads;
    size_t queue_max;  /* jobs waiting */
    int nice;          /* added to the threads' niceness; 0 leaves it */
    enum err (*thread_open)(void *context, void **thread_context); /* may be NULL */
    void (*thread_close)(void *thread_context);                    /* may be NULL */
    void *context;
};

/* Starts the threads; the first thread_open that fails is returned and
 * everything is taken down again. */
enum err pool_new(const struct pool_options *options, struct pool **out);
/* ERR_FULL: the queue is at its bound, the job was not taken. ERR_CLOSED after pool_free began. */
enum err pool_submit(struct pool *pool, struct pool_job *job);
size_t pool_queued(struct pool *pool);
/* Runs what is queued to its end, then joins the threads. */
void pool_free(struct pool **pool);

#endif
