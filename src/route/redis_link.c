/* redis_link.c: hiredis without its waiting.
 * hiredis parses; when to connect, read, write and give up is decided here. Its
 * parser makes an array of any size that the other side announces, so the
 * function that does it is wrapped. */
#include "route/redis_link.h"

#include "os/random.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <sds.h>

#define PORT_DEFAULT 6379
#define GREET_MS 2000  /* from the first SYN to the last reply of the greeting */
#define SILENT_MS 4000 /* who pings every second and hears nothing for so long has no connection */
#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS 3000
#define WORDS_MAX 16
#define ARRAY_MAX 8                      /* elements of any reply that we ask for */
#define UNREAD_MAX ((size_t)1024 * 1024) /* of a reply that is not complete */
#define UNSENT_MAX ((size_t)2048 * 1024) /* hiredis keeps what the socket does not take */

const char *redis_error_text(const redisReply *reply)
{
    static const struct {
        const char *code;
        const char *text;
    } known[] = {
        { "NOAUTH", "it asks for a password" },
        { "WRONGPASS", "it does not know the password" },
        { "NOPERM", "the user may not do this" },
        { "OOM", "its memory is full" },
        { "LOADING", "it is loading its data" },
        { "READONLY", "it is a read-only replica" },
        { "MISCONF", "it can't save and takes no writes" },
        { "BUSY", "a script keeps it busy" },
        { "MASTERDOWN", "it is a replica without its master" },
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        size_t size = strlen(known[i].code);
        if (reply->len > size && memcmp(reply->str, known[i].code, size) == 0 && reply->str[size] == ' ')
            return known[i].text;
    }
    return "it refuses what it is asked";
}

/* Bytes that may be any. */
static size_t unsent(const struct redis_link *link)
{
    return link->redis->obuf == NULL ? 0 : sdslen(link->redis->obuf);
}

short redis_link_wants(const struct redis_link *link, int *fd)
{
    *fd = -1;
    if (link->redis == NULL)
        return 0;
    *fd = link->redis->fd;
    /* POLLOUT also tells that connecting has come to an end. */
    return (short)(POLLIN | (unsent(link) > 0 ? POLLOUT : 0));
}

void redis_link_say(struct redis_link *link, size_t count, const struct str *words)
{
    const char *texts[WORDS_MAX];
    size_t sizes[WORDS_MAX];
    assert(link->redis != NULL && count <= WORDS_MAX);
    for (size_t i = 0; i < count; i++) {
        texts[i] = words[i].ptr;
        sizes[i] = words[i].size;
    }
    redisAppendCommandArgv(link->redis, (int)count, texts, sizes);
}

/* Of every reader the same; several threads have links. */
static pthread_once_t original_once = PTHREAD_ONCE_INIT;
static const redisReplyObjectFunctions *original;

static void original_find(void)
{
    redisReader *reader = redisReaderCreate();
    original = reader->fn;
    redisReaderFree(reader);
}

static void *array_create(const redisReadTask *task, int elements)
{
    pthread_once(&original_once, original_find);
    return elements > ARRAY_MAX ? NULL : original->createArray(task, elements);
}

static void greet(struct redis_link *link)
{
    const struct url *url = link->url;
    link->greetings = 0;
    if (url->password[0] != '\0' && url->user[0] != '\0') {
        redis_link_say(link, 3, (struct str[]){ STR("AUTH"), str_from(url->user), str_from(url->password) });
        link->greetings++;
    } else if (url->password[0] != '\0') {
        redis_link_say(link, 2, (struct str[]){ STR("AUTH"), str_from(url->password) });
        link->greetings++;
    }
    if (url->path[0] != '\0') {
        redis_link_say(link, 2, (struct str[]){ STR("SELECT"), str_from(url->path) });
        link->greetings++;
    }
    redis_link_say(link, 1, (struct str[]){ STR("PING") }); /* There is one reply at least to wait for. */
    link->greetings++;
}

static void connect_begin(struct redis_link *link, int64_t now_ms)
{
    int port = link->url->port > 0 ? link->url->port : PORT_DEFAULT;
    link->redis = redisConnectNonBlock(link->url->host, port);
    link->deadline_ms = now_ms + GREET_MS;
    link->heard_ms = now_ms;
    link->state = LINK_GREETING;
    if (link->redis == NULL || link->redis->err != 0) {
        redis_link_drop(link, "it can't be reached", now_ms);
        return;
    }
    link->functions = *link->redis->reader->fn;
    link->functions.createArray = array_create;
    link->redis->reader->fn = &link->functions;
    greet(link);
}

void redis_link_drop(struct redis_link *link, const char *why, int64_t now_ms)
{
    bool was_up = link->state == LINK_UP;
    if (link->redis != NULL)
        redisFree(link->redis);
    link->redis = NULL;
    link->state = LINK_DOWN;
    link->why = why;
    /* Nodes that lost Redis together do not come back together. */
    link->pause_ms = link->pause_ms == 0 ? PAUSE_FIRST_MS : link->pause_ms * 2;
    if (link->pause_ms > PAUSE_MAX_MS)
        link->pause_ms = PAUSE_MAX_MS;
    link->retry_ms = now_ms + link->pause_ms / 2 + random_below((uint32_t)link->pause_ms);
    if (was_up)
        link->closed(link->context);
}

/* NULL: go on. Otherwise why the connection has to end. */
static const char *reply_take(struct redis_link *link, const redisReply *reply)
{
    if (link->state == LINK_UP)
        return link->replied(link->context, reply) ? NULL : "it says what nobody asked for";
    if (reply->type == REDIS_REPLY_ERROR)
        return redis_error_text(reply);
    if (reply->type != REDIS_REPLY_STATUS)
        return "it does not speak Redis's protocol";
    if (--link->greetings > 0)
        return NULL;
    link->state = LINK_UP;
    link->pause_ms = 0;
    link->opened(link->context);
    return NULL;
}

static const char *replies_read(struct redis_link *link, int64_t now_ms)
{
    const char *why = NULL;
    if (redisBufferRead(link->redis) != REDIS_OK)
        return link->state == LINK_UP ? "it closed the connection" : "it can't be reached";
    while (why == NULL) {
        void *reply = NULL;
        if (redisGetReplyFromReader(link->redis, &reply) != REDIS_OK)
            return "it does not speak Redis's protocol";
        if (reply == NULL)
            break;
        link->heard_ms = now_ms;
        why = reply_take(link, reply);
        freeReplyObject(reply);
    }
    const redisReader *reader = link->redis->reader;
    if (why == NULL && reader->len - reader->pos > UNREAD_MAX)
        return "its reply is too large";
    return why;
}

void redis_link_turn(struct redis_link *link, short revents, int64_t now_ms)
{
    const char *why = NULL;
    if (link->state == LINK_DOWN) {
        if (now_ms >= link->retry_ms)
            connect_begin(link, now_ms);
        return;
    }
    if ((revents & (POLLIN | POLLHUP | POLLERR)) != 0)
        why = replies_read(link, now_ms);
    int done = 0;
    if (why == NULL && unsent(link) > 0 && redisBufferWrite(link->redis, &done) != REDIS_OK)
        why = "it can't be reached";
    if (why == NULL && unsent(link) > UNSENT_MAX)
        why = "it takes nothing";
    if (why == NULL && link->state == LINK_GREETING && now_ms >= link->deadline_ms)
        why = "it does not answer";
    if (why == NULL && now_ms - link->heard_ms >= SILENT_MS)
        why = "it does not answer";
    if (why != NULL)
        redis_link_drop(link, why, now_ms);
}

void redis_link_release(struct redis_link *link)
{
    if (link->redis != NULL)
        redisFree(link->redis);
    link->redis = NULL;
    link->state = LINK_DOWN;
}
