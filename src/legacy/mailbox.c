/* mailbox.c: reading the lists by hiredis, a piece at a time. */
#include "legacy/mailbox.h"

#include "util/url.h"
#include "util/mem.h"

#include <hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#define PORT_DEFAULT 6379
#define PREFIX "offline_msg_"
#define PIECE 200
#define TIMEOUT_S 10

struct mailboxes {
    redisContext *redis;
    char why[512];
};

static enum err failed(struct mailboxes *mailboxes, const redisReply *reply)
{
    snprintf(mailboxes->why, sizeof(mailboxes->why), "%s",
             reply != NULL && reply->type == REDIS_REPLY_ERROR ? reply->str : mailboxes->redis->errstr);
    return ERR_IO;
}

/* NULL: it failed, and why is noted. */
static redisReply *ask(struct mailboxes *mailboxes, int count, const char **words, const size_t *sizes)
{
    redisReply *reply = redisCommandArgv(mailboxes->redis, count, words, sizes);
    if (reply != NULL && reply->type != REDIS_REPLY_ERROR)
        return reply;
    failed(mailboxes, reply);
    freeReplyObject(reply);
    return NULL;
}

static enum err say(struct mailboxes *mailboxes, const char *command, const char *value)
{
    const char *words[] = { command, value };
    size_t sizes[] = { strlen(command), strlen(value) };
    redisReply *reply = ask(mailboxes, 2, words, sizes);
    freeReplyObject(reply);
    return reply == NULL ? ERR_IO : OK;
}

enum err mailboxes_open(const char *url, struct mailboxes **out)
{
    struct url parts;
    struct timeval timeout = { .tv_sec = TIMEOUT_S };
    struct mailboxes *mailboxes = mem_zalloc(sizeof(*mailboxes));
    *out = mailboxes;
    if (url_parse(url, "redis", &parts) != OK) {
        snprintf(mailboxes->why, sizeof(mailboxes->why), "give it as redis://:PASSWORD@HOST:PORT/NUMBER");
        return ERR_ARG;
    }
    mailboxes->redis = redisConnectWithTimeout(parts.host, parts.port > 0 ? parts.port : PORT_DEFAULT, timeout);
    if (mailboxes->redis == NULL)
        return ERR_SYSTEM;
    if (mailboxes->redis->err != 0)
        return failed(mailboxes, NULL);
    redisSetTimeout(mailboxes->redis, timeout);
    enum err err = OK;
    if (parts.password[0] != '\0')
        err = say(mailboxes, "AUTH", parts.password);
    if (err == OK && parts.path[0] != '\0')
        err = say(mailboxes, "SELECT", parts.path);
    return err;
}

void mailboxes_close(struct mailboxes **out)
{
    struct mailboxes *mailboxes = *out;
    if (mailboxes == NULL)
        return;
    if (mailboxes->redis != NULL)
        redisFree(mailboxes->redis);
    free(mailboxes);
    *out = NULL;
}

const char *mailboxes_why(const struct mailboxes *mailboxes)
{
    return mailboxes->why;
}

/* From the tail, where the oldest is. */
static enum err list_each(struct mailboxes *mailboxes, struct str key, mailbox_visit visit, void *context)
{
    struct str email = { key.ptr + sizeof(PREFIX) - 1, key.size - (sizeof(PREFIX) - 1) };
    enum err err = OK;
    for (long long end = -1; err == OK; end -= PIECE) {
        char from[32], to[32];
        snprintf(from, sizeof(from), "%lld", end - PIECE + 1);
        snprintf(to, sizeof(to), "%lld", end);
        const char *words[] = { "LRANGE", key.ptr, from, to };
        size_t sizes[] = { 6, key.size, strlen(from), strlen(to) };
        redisReply *reply = ask(mailboxes, 4, words, sizes);
        if (reply == NULL)
            return ERR_IO;
        size_t count = reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
        for (size_t i = count; err == OK && i > 0; i--)
            if (reply->element[i - 1]->type == REDIS_REPLY_STRING)
                err = visit(context, email, (struct str){ reply->element[i - 1]->str, reply->element[i - 1]->len });
        freeReplyObject(reply);
        if (count < PIECE)
            break;
    }
    return err;
}

static bool is_list(struct mailboxes *mailboxes, struct str key)
{
    const char *words[] = { "TYPE", key.ptr };
    size_t sizes[] = { 4, key.size };
    redisReply *reply = ask(mailboxes, 2, words, sizes);
    bool list = reply != NULL && reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "list") == 0;
    freeReplyObject(reply);
    return list;
}

enum err mailboxes_each(struct mailboxes *mailboxes, mailbox_visit visit, void *context)
{
    char cursor[32] = "0";
    do {
        const char *words[] = { "SCAN", cursor, "MATCH", PREFIX "*", "COUNT", "1000" };
        size_t sizes[] = { 4, strlen(cursor), 5, sizeof(PREFIX), 5, 4 };
        redisReply *reply = ask(mailboxes, 6, words, sizes);
        if (reply == NULL)
            return ERR_IO;
        enum err err = reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 ? OK : ERR_PARSE;
        if (err == OK)
            snprintf(cursor, sizeof(cursor), "%s", reply->element[0]->str);
        for (size_t i = 0; err == OK && i < reply->element[1]->elements; i++) {
            struct str key = { reply->element[1]->element[i]->str, reply->element[1]->element[i]->len };
            if (is_list(mailboxes, key))
                err = list_each(mailboxes, key, visit, context);
        }
        freeReplyObject(reply);
        if (err != OK)
            return err;
    } while (strcmp(cursor, "0") != 0);
    return OK;
}
