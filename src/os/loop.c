/* loop.c: one thread's events, on libuv.
 * An iteration of libuv is timers, a wait for sockets with their callbacks,
 * then "check". Mail arrives through one eventfd, which is a descriptor like any
 * other (libuv 1.44's own async handle makes the loop spin while a sender is
 * preempted inside it); deferred work runs in "check", when all that was ready has been
 * read. Timers and closing handles call back outside of that stretch, so
 * deferred work runs also right before the wait: nothing ever sleeps on it.
 *
 * The mailbox is a stack that senders push on with one compare-and-swap and
 * the loop takes whole and turns round: first in, first out, no lock. */
#include "os/loop.h"

#include <assert.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

#include "util/mem.h"

/* Deferred work may defer more. It gets this many rounds in one turn before
 * the sockets are looked at again. */
enum { DEFERRED_ROUNDS_MAX = 8 };

struct loop {
    uv_loop_t uv;
    uv_poll_t wake; /* watches wake_fd */
    int wake_fd;
    uv_prepare_t before_wait;
    uv_check_t after_events;
    _Atomic(struct loop_mail *) mailbox; /* newest first */
    atomic_bool stopping;
    struct loop_deferred *deferred_first;
    struct loop_deferred **deferred_end;
    unsigned index;
    void *attached;
    void (*attached_release)(void *attached);
};

struct loop_timer {
    uv_timer_t uv;
    void (*fired)(void *context);
    void *context;
};

static void woken(uv_poll_t *wake, int status, int events);
static void before_wait(uv_prepare_t *prepare);
static void after_events(uv_check_t *check);
static bool mailbox_run(struct loop *loop);
static void deferred_run(struct loop *loop);

struct loop *loop_new(unsigned index)
{
    struct loop *loop = mem_zalloc(sizeof(*loop));
    loop->index = index;
    loop->deferred_end = &loop->deferred_first;
    loop->uv.data = loop;
    signal(SIGPIPE, SIG_IGN);
    int failed = uv_loop_init(&loop->uv);
    loop->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (failed == 0)
        failed = uv_poll_init(&loop->uv, &loop->wake, loop->wake_fd);
    if (failed == 0)
        failed = uv_poll_start(&loop->wake, UV_READABLE, woken);
    /* Without descriptors for its own two there is no server to speak of. */
    if (failed != 0)
        abort();
    uv_prepare_init(&loop->uv, &loop->before_wait);
    uv_prepare_start(&loop->before_wait, before_wait);
    uv_check_init(&loop->uv, &loop->after_events);
    uv_check_start(&loop->after_events, after_events);
    return loop;
}

static void run_rest(struct loop *loop)
{
    while (mailbox_run(loop) || loop->deferred_first != NULL)
        deferred_run(loop);
}

void loop_free(struct loop **loop_ptr)
{
    struct loop *loop = *loop_ptr;
    if (loop == NULL)
        return;
    run_rest(loop);
    if (loop->attached != NULL)
        loop->attached_release(loop->attached);
    run_rest(loop); /* what that released may have said something */
    uv_close((uv_handle_t *)&loop->wake, NULL);
    uv_close((uv_handle_t *)&loop->before_wait, NULL);
    uv_close((uv_handle_t *)&loop->after_events, NULL);
    uv_run(&loop->uv, UV_RUN_NOWAIT);
    close(loop->wake_fd);
    /* Busy means a timer or socket whose owner forgot to free it: our bug. */
    int left = uv_loop_close(&loop->uv);
    assert(left == 0);
    (void)left;
    free(loop);
    *loop_ptr = NULL;
}

unsigned loop_index(const struct loop *loop)
{
    return loop->index;
}

struct uv_loop_s *loop_uv(struct loop *loop)
{
    return &loop->uv;
}

void loop_attach(struct loop *loop, void *attached, void (*release)(void *attached))
{
    assert(loop->attached == NULL);
    loop->attached = attached;
    loop->attached_release = release;
}

void *loop_attached(const struct loop *loop)
{
    return loop->attached;
}

static void loop_wake(struct loop *loop)
{
    uint64_t one = 1;
    (void)!write(loop->wake_fd, &one, sizeof(one)); /* Full means that it is awake already. */
}

void loop_run(struct loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    atomic_store(&loop->stopping, false);
}

void loop_stop(struct loop *loop)
{
    atomic_store(&loop->stopping, true);
    loop_wake(loop);
}

void loop_post(struct loop *loop, struct loop_mail *mail)
{
    struct loop_mail *newest = atomic_load_explicit(&loop->mailbox, memory_order_relaxed);
    do {
        mail->next = newest;
    } while (!atomic_compare_exchange_weak(&loop->mailbox, &newest, mail));
    if (newest == NULL)
        loop_wake(loop);
}

void loop_defer(struct loop *loop, struct loop_deferred *deferred)
{
    if (deferred->queued)
        return;
    deferred->queued = true;
    deferred->next = NULL;
    *loop->deferred_end = deferred;
    loop->deferred_end = &deferred->next;
}

static void timer_fired(uv_timer_t *uv)
{
    struct loop_timer *timer = uv->data;
    timer->fired(timer->context);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fired)(void *context), void *context)
{
    struct loop_timer *timer = mem_zalloc(sizeof(*timer));
    timer->fired = fired;
    timer->context = context;
    timer->uv.data = timer;
    uv_timer_init(&loop->uv, &timer->uv);
    return timer;
}

void loop_timer_start(struct loop_timer *timer, uint64_t first_ms, uint64_t repeat_ms)
{
    uv_timer_start(&timer->uv, timer_fired, first_ms, repeat_ms);
}

void loop_timer_stop(struct loop_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void loop_timer_free(struct loop_timer **timer)
{
    if (*timer == NULL)
        return;
    uv_close((uv_handle_t *)&(*timer)->uv, timer_closed);
    *timer = NULL;
}

int64_t loop_now_ms(const struct loop *loop)
{
    return (int64_t)uv_now(&loop->uv);
}

static void woken(uv_poll_t *wake, int status, int events)
{
    struct loop *loop = wake->loop->data;
    uint64_t count;
    (void)status;
    (void)events;
    /* First, so that mail which comes from here on wakes again. */
    (void)!read(loop->wake_fd, &count, sizeof(count));
    bool stop = atomic_load(&loop->stopping);
    mailbox_run(loop);
    if (stop)
        uv_stop(&loop->uv);
}

static void before_wait(uv_prepare_t *prepare)
{
    deferred_run(prepare->loop->data);
}

static void after_events(uv_check_t *check)
{
    deferred_run(check->loop->data);
}

/* Runs what has arrived by now; what arrives meanwhile makes its own wake-up. */
static bool mailbox_run(struct loop *loop)
{
    struct loop_mail *newest = atomic_exchange(&loop->mailbox, NULL);
    struct loop_mail *oldest = NULL;
    while (newest != NULL) {
        struct loop_mail *older = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = older;
    }
    bool any = oldest != NULL;
    while (oldest != NULL) {
        struct loop_mail *mail = oldest;
        oldest = mail->next; /* run may free the mail */
        mail->run(mail, loop);
    }
    return any;
}

static void deferred_run(struct loop *loop)
{
    for (unsigned round = 0; round < DEFERRED_ROUNDS_MAX; round++) {
        struct loop_deferred *first = loop->deferred_first;
        if (first == NULL)
            return;
        loop->deferred_first = NULL;
        loop->deferred_end = &loop->deferred_first;
        while (first != NULL) {
            struct loop_deferred *deferred = first;
            first = deferred->next;
            deferred->queued = false;
            deferred->run(deferred);
        }
    }
    if (loop->deferred_first != NULL)
        loop_wake(loop); /* the coming wait ends at once */
}
