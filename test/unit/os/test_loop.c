/* test_loop.c: mail, deferred work and timers on a real loop in a thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/loop.h"
#include "util/mem.h"

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void *run_thread(void *loop)
{
    loop_run(loop);
    return NULL;
}

/* Mail from several threads. */

enum { SENDERS = 4, MAILS = 50000 };

struct numbered {
    struct loop_mail mail;
    unsigned sender;
    unsigned number;
};

struct order {
    unsigned next[SENDERS];
    unsigned taken;
    bool wrong;
};
static struct order order;

static void take_numbered(struct loop_mail *mail, struct loop *loop)
{
    struct numbered *numbered = (struct numbered *)mail;
    order.wrong |= numbered->number != order.next[numbered->sender]++;
    free(numbered);
    if (++order.taken == SENDERS * MAILS)
        loop_stop(loop);
}

struct sender {
    pthread_t thread;
    struct loop *loop;
    unsigned index;
};

static void *send_thread(void *argument)
{
    struct sender *sender = argument;
    for (unsigned i = 0; i < MAILS; i++) {
        struct numbered *numbered = mem_zalloc(sizeof(*numbered));
        numbered->mail.run = take_numbered;
        numbered->sender = sender->index;
        numbered->number = i;
        loop_post(sender->loop, &numbered->mail);
    }
    return NULL;
}

static void mail_of_each_of_four_threads_comes_once_and_in_order(void **state)
{
    (void)state;
    struct loop *loop = loop_new(3);
    assert_int_equal(loop_index(loop), 3);
    struct sender senders[SENDERS];
    order = (struct order){ 0 };
    for (unsigned i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){ .loop = loop, .index = i };
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_thread, &senders[i]), 0);
    }
    loop_run(loop);
    for (unsigned i = 0; i < SENDERS; i++)
        pthread_join(senders[i].thread, NULL);
    assert_false(order.wrong);
    assert_int_equal(order.taken, SENDERS * MAILS);
    loop_free(&loop);
    assert_null(loop);
}

/* A chain of things that each start the next. With nothing else to wake the
 * loop, a link that is not noticed leaves it waiting for ever. */

struct chain {
    struct loop *loop;
    struct loop_mail mail;
    struct loop_deferred deferred;
    struct loop_timer *timer;
    unsigned left;
    unsigned runs;
};

static void chain_mail(struct loop_mail *mail, struct loop *loop)
{
    struct chain *chain = (struct chain *)((char *)mail - offsetof(struct chain, mail));
    chain->runs++;
    if (chain->left-- > 0)
        loop_post(loop, mail);
    else
        loop_stop(loop);
}

static void mail_posted_by_mail_on_its_own_loop_does_not_wait(void **state)
{
    (void)state;
    struct chain chain = { .loop = loop_new(0), .left = 1000 };
    chain.mail.run = chain_mail;
    int64_t start_ms = now_ms();
    loop_post(chain.loop, &chain.mail);
    loop_run(chain.loop);
    assert_int_equal(chain.runs, 1001);
    assert_true(now_ms() - start_ms < 2000);
    loop_free(&chain.loop);
}

static void chain_deferred(struct loop_deferred *deferred)
{
    struct chain *chain = (struct chain *)((char *)deferred - offsetof(struct chain, deferred));
    chain->runs++;
    if (chain->left-- > 0)
        loop_defer(chain->loop, deferred);
    else
        loop_stop(chain->loop);
}

static void deferred_work_deferred_by_deferred_work_does_not_wait(void **state)
{
    (void)state;
    struct chain chain = { .loop = loop_new(0), .left = 1000 };
    chain.deferred.run = chain_deferred;
    loop_defer(chain.loop, &chain.deferred);
    loop_run(chain.loop);
    assert_int_equal(chain.runs, 1001);
    loop_free(&chain.loop);
}

static void chain_timer(void *context)
{
    struct chain *chain = context;
    chain->runs++;
    if (chain->left-- > 0) {
        loop_defer(chain->loop, &chain->deferred);
        return;
    }
    loop_timer_free(&chain->timer); /* within its own call */
    loop_stop(chain->loop);
}

static void chain_restart_timer(struct loop_deferred *deferred)
{
    struct chain *chain = (struct chain *)((char *)deferred - offsetof(struct chain, deferred));
    loop_timer_start(chain->timer, 1, 0);
}

static void deferred_work_of_a_timer_runs_before_the_loop_waits(void **state)
{
    (void)state;
    struct chain chain = { .loop = loop_new(0), .left = 20 };
    chain.deferred.run = chain_restart_timer;
    chain.timer = loop_timer_new(chain.loop, chain_timer, &chain);
    loop_timer_start(chain.timer, 0, 0);
    loop_run(chain.loop);
    assert_int_equal(chain.runs, 21);
    assert_null(chain.timer);
    loop_free(&chain.loop);
}

/* The order within one turn. */

struct step {
    struct loop_mail mail;
    struct loop_deferred deferred;
    struct loop *loop;
    char name;
};
static char trace[64];
static size_t trace_size;

static void step_deferred(struct loop_deferred *deferred)
{
    struct step *step = (struct step *)((char *)deferred - offsetof(struct step, deferred));
    trace[trace_size++] = step->name;
    if (step->name == 'z')
        loop_stop(step->loop);
}

static void step_mail(struct loop_mail *mail, struct loop *loop)
{
    struct step *step = (struct step *)mail;
    trace[trace_size++] = (char)(step->name - 'a' + 'A');
    loop_defer(loop, &step->deferred);
    loop_defer(loop, &step->deferred);
}

static void deferred_work_runs_once_in_order_after_all_mail_of_the_turn(void **state)
{
    (void)state;
    struct loop *loop = loop_new(0);
    struct step steps[3];
    trace_size = 0;
    for (unsigned i = 0; i < 3; i++) {
        steps[i] =
            (struct step){ .mail.run = step_mail, .deferred.run = step_deferred, .loop = loop, .name = "abz"[i] };
        loop_post(loop, &steps[i].mail);
    }
    loop_run(loop);
    trace[trace_size] = '\0';
    assert_string_equal(trace, "ABZabz");
    loop_free(&loop);
}

/* Timers. */

struct ticks {
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_timer *never;
    unsigned count;
    int64_t started_ms;
    int64_t ended_ms;
};

static void never(void *context)
{
    (void)context;
    fail_msg("a stopped timer fired");
}

static void tick(void *context)
{
    struct ticks *ticks = context;
    if (++ticks->count < 5)
        return;
    ticks->ended_ms = loop_now_ms(ticks->loop);
    loop_timer_stop(ticks->timer);
    loop_stop(ticks->loop);
}

static void timer_repeats_until_stopped_and_a_stopped_one_is_silent(void **state)
{
    (void)state;
    struct ticks ticks = { .loop = loop_new(0) };
    ticks.timer = loop_timer_new(ticks.loop, tick, &ticks);
    ticks.never = loop_timer_new(ticks.loop, never, NULL);
    ticks.started_ms = now_ms();
    loop_timer_start(ticks.never, 15, 0);
    loop_timer_stop(ticks.never);
    loop_timer_start(ticks.timer, 20, 10);
    loop_run(ticks.loop);
    assert_int_equal(ticks.count, 5);
    assert_true(now_ms() - ticks.started_ms >= 58);
    assert_in_range(ticks.ended_ms - ticks.started_ms, 50, 5000);
    loop_timer_free(&ticks.timer);
    loop_timer_free(&ticks.never);
    loop_timer_free(&ticks.never); /* NULL is fine */
    loop_free(&ticks.loop);
}

/* Ends. */

static void stop_before_run_and_stop_from_another_thread_both_end_it(void **state)
{
    (void)state;
    struct loop *loop = loop_new(0);
    loop_stop(loop);
    loop_run(loop);
    for (unsigned i = 0; i < 50; i++) {
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, run_thread, loop), 0);
        if (i % 2 == 0)
            usleep(500);
        loop_stop(loop);
        pthread_join(thread, NULL);
    }
    loop_free(&loop);
}

static void count_mail(struct loop_mail *mail, struct loop *loop)
{
    struct step *step = (struct step *)mail;
    trace_size++;
    loop_defer(loop, &step->deferred);
}

static void count_released(void *attached)
{
    (*(unsigned *)attached)++;
}

static void free_runs_what_was_left_and_releases_what_was_attached(void **state)
{
    (void)state;
    unsigned released = 0;
    struct loop *loop = loop_new(0);
    struct step step = { .mail.run = count_mail, .deferred.run = step_deferred, .loop = loop, .name = 'y' };
    trace_size = 0;
    assert_null(loop_attached(loop));
    loop_attach(loop, &released, count_released);
    assert_ptr_equal(loop_attached(loop), &released);
    loop_post(loop, &step.mail);
    loop_free(&loop);
    assert_int_equal(trace_size, 2);
    assert_int_equal(released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mail_of_each_of_four_threads_comes_once_and_in_order),
        cmocka_unit_test(mail_posted_by_mail_on_its_own_loop_does_not_wait),
        cmocka_unit_test(deferred_work_deferred_by_deferred_work_does_not_wait),
        cmocka_unit_test(deferred_work_of_a_timer_runs_before_the_loop_waits),
        cmocka_unit_test(deferred_work_runs_once_in_order_after_all_mail_of_the_turn),
        cmocka_unit_test(timer_repeats_until_stopped_and_a_stopped_one_is_silent),
        cmocka_unit_test(stop_before_run_and_stop_from_another_thread_both_end_it),
        cmocka_unit_test(free_runs_what_was_left_and_releases_what_was_attached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
