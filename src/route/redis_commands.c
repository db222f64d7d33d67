/* redis_commands.c: what is asked of Redis, pipelined.
 * Replies come in the order of the questions, so a ring says what the next one
 * is about. One publication is under way at most: what was committed meanwhile
 * is told by the next, the latest number alone and the rows of all. */
#include "route/redis_private.h"

#include "os/clock.h"

static struct flight *flight_add(struct router_redis *router, enum flight_kind kind)
{
    struct flight *flight = &router->flights[(router->flight_first + router->flight_count++) % FLIGHTS_MAX];
    *flight = (struct flight){ .kind = kind, .since_us = clock_mono_us() };
    return flight;
}

static bool has_room(const struct router_redis *router)
{
    return router->flight_count < FLIGHTS_MAX;
}

/* After a space, whatever they are. */
static void rows_take(struct router_redis *router, struct buf *text)
{
    pthread_mutex_lock(&router->rows_lock);
    if (router->rows.size > 0) {
        buf_append_byte(text, ' ');
        buf_append_str(text, buf_str(&router->rows));
    }
    buf_clear(&router->rows);
    pthread_mutex_unlock(&router->rows_lock);
}

static void publish(struct router_redis *router)
{
    uint64_t latest = atomic_load(&router->latest);
    if (router->publishing || latest <= router->sent || !has_room(router))
        return;
    struct buf *text = &router->publication;
    buf_clear(text);
    buf_append_format(text, "%s %llu", router->self, (unsigned long long)latest);
    rows_take(router, text);
    redis_link_say(&router->commands, 3, (struct str[]){ STR("PUBLISH"), str_from(router->channel), buf_str(text) });
    flight_add(router, FLIGHT_PUBLISH);
    router->publishing = true;
    router->sent = latest;
}

static void ping(struct router_redis *router, int64_t now_ms)
{
    if (router->pinging || now_ms - router->pinged_ms < PING_MS || !has_room(router))
        return;
    redis_link_say(&router->commands, 1, (struct str[]){ STR("PING") });
    flight_add(router, FLIGHT_PING);
    router->pinging = true;
    router->pinged_ms = now_ms;
}

static void ask(struct router_redis *router)
{
    struct question *question;
    while (has_room(router) && (question = questions_next(router)) != NULL) {
        question_say(router, question);
        flight_add(router, FLIGHT_QUESTION)->question = question;
    }
}

static void round_trip_note(struct router_redis *router, int64_t us)
{
    atomic_store(&router->round_trip_us, us);
    atomic_fetch_add(&router->round_trip_us_sum, us);
    count_one(&router->round_trips);
    if (us > atomic_load(&router->round_trip_us_max))
        atomic_store(&router->round_trip_us_max, us);
}

static bool replied(void *context, const redisReply *reply)
{
    struct router_redis *router = context;
    if (router->flight_count == 0)
        return false;
    struct flight flight = router->flights[router->flight_first];
    int64_t now_us = clock_mono_us();
    router->flight_first = (router->flight_first + 1) % FLIGHTS_MAX;
    router->flight_count--;
    round_trip_note(router, now_us - flight.since_us);
    bool refused = reply->type == REDIS_REPLY_ERROR;
    if (refused) {
        router->refused = redis_error_text(reply);
        router->refused_ms = now_us / 1000;
    }
    switch (flight.kind) {
    case FLIGHT_PING:
        router->pinging = false;
        return refused || reply->type == REDIS_REPLY_STATUS;
    case FLIGHT_PUBLISH:
        router->publishing = false;
        if (!refused)
            count_one(&router->published_count);
        publish(router);
        return refused || reply->type == REDIS_REPLY_INTEGER;
    case FLIGHT_QUESTION:
        question_replied(flight.question, reply);
        return refused || reply->type == REDIS_REPLY_INTEGER;
    }
    return false;
}

static void flights_end(struct router_redis *router)
{
    while (router->flight_count > 0) {
        struct flight *flight = &router->flights[router->flight_first];
        router->flight_first = (router->flight_first + 1) % FLIGHTS_MAX;
        router->flight_count--;
        if (flight->kind == FLIGHT_QUESTION)
            question_replied(flight->question, NULL);
    }
    router->publishing = false;
    router->pinging = false;
}

static void opened(void *context)
{
    struct router_redis *router = context;
    router->sent = 0; /* Who was cut off as we were may have missed the last. */
    router->pinged_ms = 0;
    router->refused = NULL;
}

static void closed(void *context)
{
    struct router_redis *router = context;
    count_one(&router->reconnects);
    flights_end(router);
}

void commands_init(struct router_redis *router)
{
    router->commands = (struct redis_link){
        .url = &router->url, .context = router, .opened = opened, .replied = replied, .closed = closed
    };
}

void commands_turn(struct router_redis *router, short revents, int64_t now_ms)
{
    struct question *question;
    if (router->commands.state == LINK_UP) {
        publish(router);
        ask(router);
        ping(router, now_ms);
    }
    redis_link_turn(&router->commands, revents, now_ms);
    if (router->commands.state != LINK_UP)
        while ((question = questions_next(router)) != NULL)
            question_replied(question, NULL);
}

bool commands_well(const struct router_redis *router, int64_t now_ms)
{
    if (router->commands.state != LINK_UP)
        return false;
    return router->flight_count == 0 || router->flights[router->flight_first].since_us / 1000 + SLOW_MS > now_ms;
}

void commands_release(struct router_redis *router)
{
    struct question *question;
    flights_end(router);
    while ((question = questions_next(router)) != NULL)
        question_replied(question, NULL);
    redis_link_release(&router->commands);
}
