/* test_pool.c: the pool's bound, its threads' contexts, and its ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/log.h"
#include "os/pool.h"

enum { THREADS = 3 };

struct world {
    atomic_uint opened;
    atomic_uint closed;
    unsigned fails_at;             /* the how-manieth open fails; 0: none */
    atomic_uint jobs[THREADS + 1]; /* by context */
    sem_t started;
    sem_t gate;
};

struct context {
    struct world *world;
    unsigned index;
    pthread_t thread;
};

static enum err world_open(void *argument, void **thread_context)
{
    struct world *world = argument;
    unsigned index = atomic_fetch_add(&world->opened, 1);
    if (world->fails_at == index + 1)
        return ERR_STORE;
    struct context *context = malloc(sizeof(*context));
    *context = (struct context){ world, index, pthread_self() };
    *thread_context = context;
    return OK;
}

static void world_close(void *thread_context)
{
    struct context *context = thread_context;
    atomic_fetch_add(&context->world->closed, 1);
    free(context);
}

static void gated(struct pool_job *job, void *thread_context)
{
    struct context *context = thread_context;
    assert_true(pthread_equal(context->thread, pthread_self()));
    sem_post(&context->world->started);
    sem_wait(&context->world->gate);
    atomic_fetch_add(&context->world->jobs[context->index], 1);
    free(job);
}

static struct pool_job *job_new(void (*run)(struct pool_job *job, void *thread_context))
{
    struct pool_job *job = calloc(1, sizeof(*job));
    job->run = run;
    return job;
}

static void full_queue_refuses_and_free_runs_all_that_was_taken(void **state)
{
    (void)state;
    struct world world = { 0 };
    sem_init(&world.started, 0, 0);
    sem_init(&world.gate, 0, 0);
    struct pool *pool = NULL;
    struct pool_options options = { .name = "test",
                                    .threads = THREADS,
                                    .queue_max = 5,
                                    .thread_open = world_open,
                                    .thread_close = world_close,
                                    .context = &world };
    assert_int_equal(pool_new(&options, &pool), OK);
    assert_int_equal(world.opened, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pool_submit(pool, job_new(gated)), OK);
    for (unsigned i = 0; i < THREADS; i++)
        sem_wait(&world.started);
    assert_int_equal(pool_queued(pool), 0);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(pool_submit(pool, job_new(gated)), OK);
    assert_int_equal(pool_queued(pool), 5);
    struct pool_job *extra = job_new(gated);
    assert_int_equal(pool_submit(pool, extra), ERR_FULL);
    free(extra);
    for (unsigned i = 0; i < THREADS + 5; i++)
        sem_post(&world.gate);
    pool_free(&pool);
    assert_null(pool);
    assert_int_equal(world.jobs[0] + world.jobs[1] + world.jobs[2], THREADS + 5);
    for (unsigned i = 0; i < THREADS; i++)
        assert_true(world.jobs[i] >= 1);
    assert_int_equal(world.closed, THREADS);
    sem_destroy(&world.started);
    sem_destroy(&world.gate);
}

static void failing_open_is_returned_and_the_others_are_closed(void **state)
{
    (void)state;
    for (unsigned fails_at = 1; fails_at <= THREADS; fails_at++) {
        struct world world = { .fails_at = fails_at };
        struct pool *pool = (struct pool *)&world;
        struct pool_options options = { .threads = THREADS,
                                        .queue_max = 1,
                                        .thread_open = world_open,
                                        .thread_close = world_close,
                                        .context = &world };
        assert_int_equal(pool_new(&options, &pool), ERR_STORE);
        assert_null(pool);
        assert_int_equal(world.opened, THREADS);
        assert_int_equal(world.closed, THREADS - 1);
    }
}

struct looked {
    struct pool_job job;
    char name[16];
    int nice;
    int nice_errno;
    sigset_t mask;
    sem_t done;
};

static void look(struct pool_job *job, void *thread_context)
{
    struct looked *looked = (struct looked *)job;
    assert_null(thread_context);
    pthread_getname_np(pthread_self(), looked->name, sizeof(looked->name));
    looked->nice = getpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid));
    pthread_sigmask(SIG_SETMASK, NULL, &looked->mask);
    sem_post(&looked->done);
}

static void threads_have_the_name_the_niceness_and_no_signals(void **state)
{
    (void)state;
    struct pool *pool = NULL;
    struct looked looked = { .job.run = look };
    sem_init(&looked.done, 0, 0);
    struct pool_options options = { .name = "a-name-too-long-for-it", .threads = 1, .queue_max = 1, .nice = 3 };
    assert_int_equal(pool_new(&options, &pool), OK);
    assert_int_equal(pool_submit(pool, &looked.job), OK);
    sem_wait(&looked.done);
    assert_string_equal(looked.name, "a-name-too-long");
    assert_int_equal(looked.nice, getpriority(PRIO_PROCESS, 0) + 3);
    assert_true(sigismember(&looked.mask, SIGTERM));
    pool_free(&pool);
    pool_free(&pool); /* NULL is fine */
    sem_destroy(&looked.done);
}

static atomic_uint counted;

static void count(struct pool_job *job, void *thread_context)
{
    (void)thread_context;
    free(job);
    atomic_fetch_add(&counted, 1);
}

struct late {
    struct pool_job job;
    struct pool *pool;
    enum err err;
    sem_t started;
};

static void submit_until_refused(struct pool_job *job, void *thread_context)
{
    struct late *late = (struct late *)job;
    (void)thread_context;
    sem_post(&late->started);
    do {
        struct pool_job *again = job_new(count);
        late->err = pool_submit(late->pool, again);
        if (late->err != OK)
            free(again);
        usleep(1000);
    } while (late->err != ERR_CLOSED);
}

static void submit_is_refused_once_free_began(void **state)
{
    (void)state;
    struct late late = { .job.run = submit_until_refused };
    sem_init(&late.started, 0, 0);
    struct pool_options options = { .threads = 1, .queue_max = 4 };
    assert_int_equal(pool_new(&options, &late.pool), OK);
    struct pool *pool = late.pool;
    assert_int_equal(pool_submit(pool, &late.job), OK);
    sem_wait(&late.started);
    pool_free(&pool);
    assert_int_equal(late.err, ERR_CLOSED);
    sem_destroy(&late.started);
}

static void *submit_many(void *pool)
{
    for (unsigned i = 0; i < 5000; i++) {
        struct pool_job *job = job_new(count);
        while (pool_submit(pool, job) == ERR_FULL)
            sched_yield();
    }
    return NULL;
}

static void every_job_of_many_submitters_runs_once(void **state)
{
    (void)state;
    struct pool *pool = NULL;
    struct pool_options options = { .threads = 2, .queue_max = 64 };
    pthread_t submitters[3];
    counted = 0;
    assert_int_equal(pool_new(&options, &pool), OK);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&submitters[i], NULL, submit_many, pool), 0);
    for (unsigned i = 0; i < 3; i++)
        pthread_join(submitters[i], NULL);
    pool_free(&pool);
    assert_int_equal(counted, 15000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_queue_refuses_and_free_runs_all_that_was_taken),
        cmocka_unit_test(failing_open_is_returned_and_the_others_are_closed),
        cmocka_unit_test(threads_have_the_name_the_niceness_and_no_signals),
        cmocka_unit_test(submit_is_refused_once_free_began),
        cmocka_unit_test(every_job_of_many_submitters_runs_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
