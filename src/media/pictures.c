/* pictures.c: a queue, threads, and what happened. */
#include "media/pictures.h"

#include "os/clock.h"
#include "os/log.h"
#include "util/mem.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PROBE_MS 1500  /* after the start */
#define IDLE_MS 120000 /* without a picture: the worker ends */
#define RETRY_MS 1000  /* after the first failure to start; doubled by each further one */
#define RETRY_MS_MAX 60000
#define ATTEMPTS 2 /* a worker may die for reasons that are not the picture's */

const double pictures_buckets_s[PICTURES_BUCKETS - 1] = { 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10 };

struct pictures {
    struct pictures_options options;
    pthread_mutex_t lock; /* all below */
    pthread_cond_t work;
    struct picture_job *first;
    struct picture_job **end;
    int64_t served;   /* the user whose picture was taken last */
    int64_t retry_ms; /* before it no worker is started; monotonic */
    unsigned failures;
    bool known; /* whether a worker can run */
    bool closing;
    struct pictures_stats stats;
    unsigned thread_count;
    pthread_t threads[];
};

struct seat { /* of a thread */
    struct pictures *pictures;
    struct picture_worker worker;
    bool prober;
};

const char *picture_status_name(enum picture_status status)
{
    static const char *const names[PICTURE_STATUSES] = {
        [PICTURE_OK] = "ok",
        [PICTURE_BROKEN] = "broken",
        [PICTURE_TOO_LARGE] = "too_large",
        [PICTURE_TOO_SLOW] = "too_slow",
        [PICTURE_CRASHED] = "crashed",
        [PICTURE_NO_WORKER] = "no_worker",
        [PICTURE_NO_SPACE] = "no_space",
    };
    return names[status];
}

/* ---- the queue; with the lock ---- */

/* The first of another user than the last one; else the first. */
static struct picture_job *job_take(struct pictures *pictures)
{
    struct picture_job **at = &pictures->first;
    while (*at != NULL && (*at)->user == pictures->served)
        at = &(*at)->next;
    if (*at == NULL)
        at = &pictures->first;
    struct picture_job *job = *at;
    if (job == NULL)
        return NULL;
    *at = job->next;
    if (pictures->end == &job->next)
        pictures->end = at;
    pictures->served = job->user;
    pictures->stats.waiting--;
    return job;
}

enum err pictures_submit(struct pictures *pictures, struct picture_job *job)
{
    enum err err = OK;
    pthread_mutex_lock(&pictures->lock);
    if (pictures->stats.waiting >= pictures->options.queue_max) {
        err = ERR_FULL;
    } else {
        job->next = NULL;
        job->began_us = clock_mono_us();
        *pictures->end = job;
        pictures->end = &job->next;
        pictures->stats.waiting++;
        pthread_cond_broadcast(&pictures->work); /* Not one of them: the prober waits for a time, too. */
    }
    pthread_mutex_unlock(&pictures->lock);
    return err;
}

/* ---- whether there is a worker ---- */

static void start_noted(struct pictures *pictures, enum err err, const char *text)
{
    struct pictures_stats *stats = &pictures->stats;
    pthread_mutex_lock(&pictures->lock);
    bool news = !pictures->known || stats->broken != (err != OK);
    pictures->known = true;
    stats->broken = err != OK;
    if (err != OK) {
        int64_t wait = pictures->failures < 6 ? (int64_t)RETRY_MS << pictures->failures : RETRY_MS_MAX;
        pictures->failures++;
        pictures->retry_ms = clock_mono_ms() + wait;
        stats->restarts++;
        snprintf(stats->text, sizeof(stats->text), "%s", text);
    } else {
        pictures->failures = 0;
    }
    pthread_mutex_unlock(&pictures->lock);
    if (news && err != OK)
        log_error("media", "pictures are refused: the media worker can't run", LOG_TEXT("reason", text));
    else if (news)
        log_info("media", "the media worker is ready");
}

/* A worker that can be asked. */
static enum err worker_have(struct seat *seat)
{
    char text[200];
    struct pictures *pictures = seat->pictures;
    pthread_mutex_lock(&pictures->lock);
    bool wait = pictures->stats.broken && clock_mono_ms() < pictures->retry_ms;
    pthread_mutex_unlock(&pictures->lock);
    if (wait)
        return ERR_BUSY;
    enum err err = picture_worker_start(&seat->worker, &pictures->options.limits, text);
    start_noted(pictures, err, text);
    return err == OK ? OK : ERR_BUSY;
}

/* ---- one picture ---- */

static void job_noted(struct pictures *pictures, const struct picture_job *job)
{
    double seconds = (double)(clock_mono_us() - job->began_us) / 1e6;
    unsigned bucket = 0;
    while (bucket < PICTURES_BUCKETS - 1 && seconds > pictures_buckets_s[bucket])
        bucket++;
    pthread_mutex_lock(&pictures->lock);
    pictures->stats.results[job->status]++;
    pictures->stats.seconds_in[bucket]++;
    pictures->stats.seconds_sum += seconds;
    pthread_mutex_unlock(&pictures->lock);
}

static void restart_noted(struct pictures *pictures, const struct picture_job *job, const char *why)
{
    pthread_mutex_lock(&pictures->lock);
    pictures->stats.restarts++;
    pthread_mutex_unlock(&pictures->lock);
    log_warn("media", why, LOG_I64("user", job->user));
}

static void job_run(struct seat *seat, struct picture_job *job)
{
    struct pictures *pictures = seat->pictures;
    enum err ran = ERR_CLOSED;
    for (unsigned attempt = 0; ran != OK && attempt < ATTEMPTS; attempt++) {
        job->status = PICTURE_OK;
        job->err = worker_have(seat);
        if (job->err != OK) {
            job->status = PICTURE_NO_WORKER;
            break;
        }
        ran = picture_job_run(job, pictures->options.blobs, &seat->worker, &pictures->options.limits);
        if (ran != OK) {
            job->status = PICTURE_CRASHED;
            job->err = ERR_REJECTED;
            restart_noted(pictures, job, "the media worker died at a picture");
        } else if (job->status == PICTURE_TOO_SLOW) {
            restart_noted(pictures, job, "the media worker was killed: a picture took too long");
        }
    }
    job_noted(pictures, job);
    job->done(job);
}

/* ---- threads ---- */

/* When to look again without a job; monotonic ms, 0: never. With the lock. */
static int64_t look_again(const struct seat *seat, int64_t idle_since_ms)
{
    const struct pictures *pictures = seat->pictures;
    if (seat->worker.child.pid != 0)
        return idle_since_ms + IDLE_MS;
    if (seat->prober && (!pictures->known || pictures->stats.broken))
        return pictures->retry_ms;
    return 0;
}

static void wait_until(struct pictures *pictures, int64_t until_ms)
{
    if (until_ms == 0) {
        pthread_cond_wait(&pictures->work, &pictures->lock);
        return;
    }
    struct timespec until = { .tv_sec = (time_t)(until_ms / 1000), .tv_nsec = (long)(until_ms % 1000) * 1000000 };
    pthread_cond_timedwait(&pictures->work, &pictures->lock, &until);
}

/* The next job; NULL: none for so long that there is something else to do, or the end. */
static struct picture_job *job_await(struct seat *seat, bool *closing)
{
    struct pictures *pictures = seat->pictures;
    int64_t since = clock_mono_ms();
    struct picture_job *job;
    pthread_mutex_lock(&pictures->lock);
    for (;;) {
        int64_t until = look_again(seat, since);
        job = job_take(pictures);
        *closing = job == NULL && pictures->closing;
        if (job != NULL || *closing || (until != 0 && clock_mono_ms() >= until))
            break;
        wait_until(pictures, until);
    }
    pthread_mutex_unlock(&pictures->lock);
    return job;
}

static void *thread_main(void *argument)
{
    struct seat *seat = argument;
    bool closing = false;
    pthread_setname_np(pthread_self(), "im-picture");
    while (!closing) {
        struct picture_job *job = job_await(seat, &closing);
        if (job != NULL)
            job_run(seat, job);
        else if (seat->worker.child.pid != 0)
            picture_worker_end(&seat->worker);
        else if (!closing)
            (void)worker_have(seat);
    }
    picture_worker_end(&seat->worker);
    free(seat);
    return NULL;
}

enum err pictures_new(const struct pictures_options *options, struct pictures **out)
{
    struct pictures *pictures = mem_zalloc(sizeof(*pictures) + options->workers * sizeof(pictures->threads[0]));
    pthread_condattr_t monotonic;
    sigset_t all;
    sigset_t before;
    pictures->options = *options;
    pictures->end = &pictures->first;
    pictures->retry_ms = clock_mono_ms() + PROBE_MS;
    pthread_mutex_init(&pictures->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pictures->work, &monotonic);
    pthread_condattr_destroy(&monotonic);
    sigfillset(&all); /* Signals are the main thread's. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pictures->thread_count < options->workers) {
        struct seat *seat = mem_zalloc(sizeof(*seat));
        *seat = (struct seat){ .pictures = pictures, .prober = pictures->thread_count == 0 };
        if (pthread_create(&pictures->threads[pictures->thread_count], NULL, thread_main, seat) != 0) {
            free(seat);
            break;
        }
        pictures->thread_count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *out = pictures;
    if (pictures->thread_count == options->workers)
        return OK;
    pictures_free(out);
    return ERR_SYSTEM;
}

void pictures_free(struct pictures **pictures_ptr)
{
    struct pictures *pictures = *pictures_ptr;
    if (pictures == NULL)
        return;
    pthread_mutex_lock(&pictures->lock);
    pictures->closing = true;
    pthread_cond_broadcast(&pictures->work);
    pthread_mutex_unlock(&pictures->lock);
    for (unsigned i = 0; i < pictures->thread_count; i++)
        pthread_join(pictures->threads[i], NULL);
    pthread_cond_destroy(&pictures->work);
    pthread_mutex_destroy(&pictures->lock);
    free(pictures);
    *pictures_ptr = NULL;
}

void pictures_stats(struct pictures *pictures, struct pictures_stats *out)
{
    pthread_mutex_lock(&pictures->lock);
    *out = pictures->stats;
    pthread_mutex_unlock(&pictures->lock);
}
