/* redis.c: the router of a node that shares a Redis with others.
 * One thread does all that goes over the network, on two connections that never
 * block it. Others leave what they want and wake it; who needs an answer waits
 * for a bounded time. */
#include "route/redis_private.h"

#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "route/presence.h"
#include "route/router_presence.h"
#include "util/buf.h"
#include "util/mem.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define TURN_MS 100     /* the longest sleep: time-outs are looked at so often */
#define WELL_FOR_MS 500 /* what a turn found holds for so long */
#define END_S 2         /* a name that is being looked up is not waited for at the end */
#define REFUSED_MS 10000

void redis_wake(struct router_redis *router)
{
    uint64_t one = 1;
    if (!atomic_exchange(&router->awake, true) && write(router->wake_fd, &one, sizeof(one)) < 0)
        assert(errno == EAGAIN); /* It counts up to 2^64. */
}

static void wake_taken(struct router_redis *router)
{
    uint64_t count;
    ssize_t size = read(router->wake_fd, &count, sizeof(count));
    (void)size; /* What matters is that it is empty now. */
    atomic_store(&router->awake, false);
}

/* What /readyz, the log and who asks are told. */
static void health_note(struct router_redis *router, int64_t now_ms)
{
    bool commands = commands_well(router, now_ms);
    bool news = news_well(router, now_ms);
    const char *why = NULL;
    if (commands)
        atomic_store(&router->commands_well_until_ms, now_ms + WELL_FOR_MS);
    if (commands && news)
        atomic_store(&router->news_well_until_ms, now_ms + WELL_FOR_MS);
    else
        atomic_store(&router->news_well_until_ms, 0);
    if (!commands)
        why = router->commands.state == LINK_UP ? "it is too slow" : router->commands.why;
    else if (news_awaited(router, now_ms))
        return; /* connecting */
    else if (!news)
        why = router->news.state == LINK_UP ? "it is too slow" : router->news.why;
    else if (router->refused != NULL && now_ms - router->refused_ms < REFUSED_MS)
        why = router->refused;
    bool well = commands && news && why == NULL;
    if (!well && why == NULL) /* connecting */
        return;
    atomic_store(&router->why, why);
    if (well && !router->told_well)
        log_info("redis", "nodes reach each other");
    else if (!well && why != router->told_why)
        log_warn("redis", "can't be used", LOG_TEXT("reason", why));
    router->told_well = well;
    router->told_why = why;
}

static void turn(struct router_redis *router)
{
    struct pollfd polled[3] = { { .fd = router->wake_fd, .events = POLLIN } };
    polled[1].events = redis_link_wants(&router->commands, &polled[1].fd);
    polled[2].events = redis_link_wants(&router->news, &polled[2].fd);
    if (poll(polled, 3, TURN_MS) < 0) /* EINTR */
        return;
    if ((polled[0].revents & POLLIN) != 0)
        wake_taken(router); /* Before what it is about is looked at. */
    int64_t now_ms = clock_mono_ms();
    commands_turn(router, polled[1].revents, now_ms);
    news_turn(router, polled[2].revents, now_ms);
    health_note(router, now_ms);
}

static void *thread_main(void *context)
{
    struct router_redis *router = context;
    while (!atomic_load(&router->ending))
        turn(router);
    if (router->commands.state == LINK_UP) /* The last number, if it can go out at once. */
        commands_turn(router, 0, clock_mono_ms());
    commands_release(router);
    redis_link_release(&router->news);
    return NULL;
}

/* ---- the router ---- */

/* While nobody can be reached none are collected. */
static void row_add(struct router_redis *router, struct str row)
{
    if (row.size == 0 || clock_mono_ms() >= atomic_load(&router->commands_well_until_ms))
        return;
    pthread_mutex_lock(&router->rows_lock);
    if (router->rows.size + row.size > ROWS_MAX)
        buf_clear(&router->rows);
    if (row.size <= ROWS_MAX)
        buf_append_str(&router->rows, row);
    pthread_mutex_unlock(&router->rows_lock);
}

static void redis_committed(struct router *base, uint64_t number, struct str row)
{
    struct router_redis *router = (struct router_redis *)base;
    row_add(router, row);
    uint64_t known = atomic_load(&router->latest);
    while (known < number && !atomic_compare_exchange_weak(&router->latest, &known, number))
        ;
    if (known < number)
        redis_wake(router);
}

static void redis_listen(struct router *base, router_published *published, void *context)
{
    struct router_redis *router = (struct router_redis *)base;
    pthread_mutex_lock(&router->listen_lock);
    router->published = published;
    router->published_context = context;
    pthread_mutex_unlock(&router->listen_lock);
}

static bool redis_hears(struct router *base)
{
    struct router_redis *router = (struct router_redis *)base;
    return clock_mono_ms() < atomic_load(&router->news_well_until_ms);
}

static void redis_stats(struct router *base, struct router_stats *out)
{
    struct router_redis *router = (struct router_redis *)base;
    const char *why = atomic_load(&router->why);
    bool hears = redis_hears(base);
    *out = (struct router_stats){
        .configured = true,
        .well = hears && why == NULL,
        .why = why != NULL ? why
               : hears     ? NULL
                           : "it does not answer",
        .published = atomic_load(&router->published_count),
        .received = atomic_load(&router->received_count),
        .reconnects = atomic_load(&router->reconnects),
        .questions = atomic_load(&router->questions_count),
        .unanswered = atomic_load(&router->unanswered),
        .breaker_opened = atomic_load(&router->breaker_opened),
        .breaker_open = clock_mono_ms() < atomic_load(&router->breaker_until_ms),
        .round_trips = atomic_load(&router->round_trips),
        .round_trip_us = atomic_load(&router->round_trip_us),
        .round_trip_us_max = atomic_load(&router->round_trip_us_max),
        .round_trip_us_sum = atomic_load(&router->round_trip_us_sum),
    };
}

static void router_release(struct router_redis *router)
{
    presence_free(&router->base.presence);
    pthread_mutex_destroy(&router->listen_lock);
    pthread_mutex_destroy(&router->questions_lock);
    pthread_mutex_destroy(&router->rows_lock);
    buf_release(&router->rows);
    buf_release(&router->publication);
    buf_release(&router->heard_rows);
    if (router->wake_fd >= 0)
        close(router->wake_fd);
    free(router->prefix);
    free(router->channel);
    sodium_memzero(&router->url, sizeof(router->url));
    free(router);
}

static void redis_free(struct router *base)
{
    struct router_redis *router = (struct router_redis *)base;
    struct timespec limit;
    atomic_store(&router->ending, true);
    redis_wake(router);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += END_S;
    if (pthread_timedjoin_np(router->thread, NULL, &limit) != 0) {
        log_warn("redis", "ended while its host's name was looked up");
        return; /* The thread still has all of it, and ends with the process. */
    }
    router_release(router);
}

static const struct router_ops redis_ops = {
    .session_opened = router_presence_session_opened,
    .session_closed = router_presence_session_closed,
    .online = router_presence_online,
    .online_count = router_presence_online_count,
    .committed = redis_committed,
    .listen = redis_listen,
    .hears = redis_hears,
    .take = redis_take,
    .charge = redis_charge,
    .stats = redis_stats,
    .free = redis_free,
};

static enum err url_take(struct url *url, const char *text)
{
    int64_t number = 0;
    enum err err = url_parse(text, "redis", url);
    if (err == OK && url->path[0] != '\0' && (!str_to_i64(str_from(url->path), &number) || number < 0))
        err = ERR_ARG;
    if (err == OK && url->password[0] == '\0' && url->user[0] != '\0')
        err = ERR_ARG;
    return err;
}

static char *text_of(struct buf *buf)
{
    buf_append_byte(buf, '\0');
    return buf->ptr;
}

/* Channels belong to no database of Redis's, so the number is in the name. */
static void names_make(struct router_redis *router, const char *prefix)
{
    unsigned char random[SELF_SIZE / 2];
    struct buf own = { 0 };
    struct buf channel = { 0 };
    buf_append_str(&own, str_from(prefix));
    router->prefix = text_of(&own);
    buf_append_format(&channel, "%sjournal:%s", prefix, router->url.path[0] == '\0' ? "0" : router->url.path);
    router->channel = text_of(&channel);
    random_bytes(random, sizeof(random));
    sodium_bin2hex(router->self, sizeof(router->self), random, sizeof(random));
}

enum err router_redis_new(const char *url, const char *prefix, struct router **out)
{
    struct url parts;
    enum err err = url_take(&parts, url);
    if (err != OK)
        return err;
    struct router_redis *router = mem_zalloc(sizeof(*router));
    router->base.v = &redis_ops;
    router->url = parts;
    router->base.presence = presence_new();
    names_make(router, prefix);
    pthread_mutex_init(&router->listen_lock, NULL);
    pthread_mutex_init(&router->questions_lock, NULL);
    pthread_mutex_init(&router->rows_lock, NULL);
    router->questions_last = &router->questions_first;
    commands_init(router);
    news_init(router);
    atomic_store(&router->why, "it has not answered yet");
    router->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (router->wake_fd < 0 || pthread_create(&router->thread, NULL, thread_main, router) != 0) {
        log_error("redis", "can't start", LOG_I64("errno", errno));
        router_release(router);
        return ERR_SYSTEM;
    }
    (void)pthread_setname_np(router->thread, "im-redis");
    *out = &router->base;
    return OK;
}
