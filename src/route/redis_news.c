/* redis_news.c: what other nodes publish.
 * A connection that subscribes can do little else, so it has a connection of
 * its own. Whatever was published while it was not subscribed is lost: then the
 * listener is told to look for itself. */
#include "route/redis_private.h"

#include <string.h>

#define SILENCE_MS 2500 /* of a connection that is pinged every second */

static bool text_is(const redisReply *reply, struct str text)
{
    return reply->type == REDIS_REPLY_STRING && str_equal((struct str){ reply->str, reply->len }, text);
}

/* Over the bound none of them are left: they can be had from the store. */
static void rows_hear(struct router_redis *router, struct str rows)
{
    if (router->heard_rows.size + rows.size > 2 * ROWS_MAX)
        buf_clear(&router->heard_rows);
    else
        buf_append_str(&router->heard_rows, rows);
}

/* "SELF NUMBER" or "SELF NUMBER ROWS". What is neither ours nor that is nobody's. */
static void message_take(struct router_redis *router, struct str text)
{
    int64_t number;
    if (text.size <= SELF_SIZE + 1 || text.ptr[SELF_SIZE] != ' ')
        return;
    struct str self = { text.ptr, SELF_SIZE };
    struct str digits = { text.ptr + SELF_SIZE + 1, text.size - SELF_SIZE - 1 };
    const char *space = memchr(digits.ptr, ' ', digits.size);
    struct str rows = STR_NONE;
    if (space != NULL) {
        rows = (struct str){ space + 1, digits.size - (size_t)(space + 1 - digits.ptr) };
        digits.size = (size_t)(space - digits.ptr);
    }
    if (str_equal(self, str_from(router->self)) || !str_to_i64(digits, &number) || number <= 0)
        return;
    count_one(&router->received_count);
    rows_hear(router, rows);
    if ((uint64_t)number > router->heard)
        router->heard = (uint64_t)number;
}

static bool replied(void *context, const redisReply *reply)
{
    struct router_redis *router = context;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements < 2)
        return false;
    const redisReply *kind = reply->element[0];
    if (text_is(kind, STR("pong")))
        return true;
    if (reply->elements != 3)
        return false;
    if (text_is(kind, STR("subscribe"))) {
        router->subscribed = true;
        router->missed = true;
        return true;
    }
    if (!router->subscribed || !text_is(kind, STR("message")) || reply->element[2]->type != REDIS_REPLY_STRING)
        return false;
    message_take(router, (struct str){ reply->element[2]->str, reply->element[2]->len });
    return true;
}

static void opened(void *context)
{
    struct router_redis *router = context;
    router->subscribed = false;
    router->news_pinged_ms = 0;
    redis_link_say(&router->news, 2, (struct str[]){ STR("SUBSCRIBE"), str_from(router->channel) });
}

static void closed(void *context)
{
    struct router_redis *router = context;
    count_one(&router->reconnects);
    router->subscribed = false;
    router->missed = true; /* What comes from here on is not heard. */
}

void news_init(struct router_redis *router)
{
    router->news = (struct redis_link){
        .url = &router->url, .context = router, .opened = opened, .replied = replied, .closed = closed
    };
}

/* Once for all that a turn brought. */
static void tell(struct router_redis *router)
{
    uint64_t number = router->missed ? 0 : router->heard;
    if (!router->missed && router->heard == 0)
        return;
    router->missed = false;
    router->heard = 0;
    pthread_mutex_lock(&router->listen_lock);
    if (router->published != NULL)
        router->published(router->published_context, number, buf_str(&router->heard_rows));
    pthread_mutex_unlock(&router->listen_lock);
    buf_clear(&router->heard_rows);
}

void news_turn(struct router_redis *router, short revents, int64_t now_ms)
{
    if (router->subscribed && now_ms - router->news_pinged_ms >= PING_MS) {
        redis_link_say(&router->news, 1, (struct str[]){ STR("PING") });
        router->news_pinged_ms = now_ms;
    }
    redis_link_turn(&router->news, revents, now_ms);
    tell(router);
}

bool news_well(const struct router_redis *router, int64_t now_ms)
{
    return router->news.state == LINK_UP && router->subscribed && now_ms - router->news.heard_ms < SILENCE_MS;
}

bool news_awaited(const struct router_redis *router, int64_t now_ms)
{
    return router->news.state == LINK_UP && !router->subscribed && now_ms - router->news.heard_ms < SILENCE_MS;
}
