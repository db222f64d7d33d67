/* pool.c: threads that may wait, so that the loops never do.
 * One list under one lock: a job here takes tens of microseconds at least,
 * beside which the lock is nothing. */
#include "os/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/log.h"
#include "util/mem.h"

struct pool {
    struct pool_options options;
    char name[16];
    pthread_mutex_t lock;
    pthread_cond_t work;   /* a job was queued, or closing began */
    pthread_cond_t opened; /* a thread has opened, or failed to */
    struct pool_job *first;
    struct pool_job **end;
    size_t queued;
    bool closing;
    unsigned opened_count;
    enum err open_err; /* the first failure */
    unsigned thread_count;
    pthread_t threads[];
};

static void *thread_main(void *argument);
static void pool_start_threads(struct pool *pool);

enum err pool_new(const struct pool_options *options, struct pool **out)
{
    struct pool *pool = mem_zalloc(sizeof(*pool) + options->threads * sizeof(pool->threads[0]));
    pool->options = *options;
    if (options->name != NULL)
        strncpy(pool->name, options->name, sizeof(pool->name) - 1);
    pool->end = &pool->first;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->opened, NULL);
    pool_start_threads(pool);

    pthread_mutex_lock(&pool->lock);
    while (pool->opened_count < pool->thread_count)
        pthread_cond_wait(&pool->opened, &pool->lock);
    enum err err = pool->open_err;
    pthread_mutex_unlock(&pool->lock);
    if (err != OK)
        pool_free(&pool);
    *out = pool;
    return err;
}

enum err pool_submit(struct pool *pool, struct pool_job *job)
{
    enum err err = OK;
    pthread_mutex_lock(&pool->lock);
    if (pool->closing) {
        err = ERR_CLOSED;
    } else if (pool->queued >= pool->options.queue_max) {
        err = ERR_FULL;
    } else {
        job->next = NULL;
        *pool->end = job;
        pool->end = &job->next;
        pool->queued++;
        pthread_cond_signal(&pool->work);
    }
    pthread_mutex_unlock(&pool->lock);
    return err;
}

size_t pool_queued(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t queued = pool->queued;
    pthread_mutex_unlock(&pool->lock);
    return queued;
}

void pool_free(struct pool **pool_ptr)
{
    struct pool *pool = *pool_ptr;
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->opened);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
    *pool_ptr = NULL;
}

/* Signals are the main thread's: a thread inherits the mask it is made under. */
static void pool_start_threads(struct pool *pool)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->thread_count < pool->options.threads) {
        int failed = pthread_create(&pool->threads[pool->thread_count], NULL, thread_main, pool);
        if (failed != 0) {
            log_error("pool", "cannot start a thread", LOG_TEXT("pool", pool->name),
                      LOG_TEXT("error", strerror(failed)));
            pthread_mutex_lock(&pool->lock);
            if (pool->open_err == OK)
                pool->open_err = ERR_SYSTEM;
            pthread_mutex_unlock(&pool->lock);
            break;
        }
        pool->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* The next job, or NULL when closing and nothing is left. */
static struct pool_job *take(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->first == NULL && !pool->closing)
        pthread_cond_wait(&pool->work, &pool->lock);
    struct pool_job *job = pool->first;
    if (job != NULL) {
        pool->first = job->next;
        if (pool->first == NULL)
            pool->end = &pool->first;
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void thread_settle(const struct pool *pool)
{
    if (pool->name[0] != '\0')
        pthread_setname_np(pthread_self(), pool->name);
    if (pool->options.nice == 0)
        return;
    /* On Linux niceness is a thread's own, found by its id. */
    id_t id = (id_t)syscall(SYS_gettid);
    errno = 0;
    int now = getpriority(PRIO_PROCESS, id);
    if (errno != 0 || setpriority(PRIO_PROCESS, id, now + pool->options.nice) != 0)
        log_warn("pool", "niceness not set", LOG_TEXT("pool", pool->name), LOG_TEXT("error", strerror(errno)));
}

static void *thread_main(void *argument)
{
    struct pool *pool = argument;
    void *context = NULL;
    thread_settle(pool);
    enum err err = OK;
    if (pool->options.thread_open != NULL)
        err = pool->options.thread_open(pool->options.context, &context);

    pthread_mutex_lock(&pool->lock);
    pool->opened_count++;
    if (pool->open_err == OK)
        pool->open_err = err;
    pthread_cond_signal(&pool->opened);
    pthread_mutex_unlock(&pool->lock);
    if (err != OK)
        return NULL;

    struct pool_job *job;
    while ((job = take(pool)) != NULL)
        job->run(job, context);
    if (pool->options.thread_close != NULL)
        pool->options.thread_close(context);
    return NULL;
}
