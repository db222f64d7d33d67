/* redis_link.h: one connection to Redis, of one thread, that never blocks it for long: opened, greeted, watched for
 * silence, opened again. What comes from the other side is held to a bound and to the few shapes of reply that there
 * are to our questions; whatever else comes ends the connection. */
#ifndef IM_ROUTE_REDIS_LINK_H
#define IM_ROUTE_REDIS_LINK_H

#include "util/str.h"
#include "util/url.h"

#include <hiredis.h>

enum redis_link_state {
    LINK_DOWN,
    LINK_GREETING, /* connecting, AUTH, SELECT */
    LINK_UP,
};

struct redis_link {
    /* Set before the first turn. The callbacks run inside redis_link_turn, on its thread. */
    const struct url *url;
    void *context;
    void (*opened)(void *context); /* greeted: up from now on */
    /* A reply while up, or a message. false: it is none that was asked for, and the connection ends. */
    bool (*replied)(void *context, const redisReply *reply);
    void (*closed)(void *context); /* it was up and is not any more */
    /* Its own. */
    enum redis_link_state state;
    redisContext *redis;
    redisReplyObjectFunctions functions;
    unsigned greetings; /* replies still to come before it is up */
    int64_t deadline_ms;
    int64_t heard_ms; /* when bytes last came */
    int64_t retry_ms; /* when to try again */
    int64_t pause_ms;
    const char *why; /* why it is down: a literal */
};

/* What poll is to wait for; *fd is -1 while there is no socket. */
short redis_link_wants(const struct redis_link *link, int *fd);
/* After poll said revents, or nothing. Opens and closes, writes and reads: one piece of at most 16 KiB. */
void redis_link_turn(struct redis_link *link, short revents, int64_t now_ms);
/* Queues a command; only while up. */
void redis_link_say(struct redis_link *link, size_t count, const struct str *words);
/* Ends the connection; it is tried again after a while. why: a literal. */
void redis_link_drop(struct redis_link *link, const char *why, int64_t now_ms);
void redis_link_release(struct redis_link *link);

/* What an error reply means, from a list of ours: the server's own words are not to be trusted in a log. */
const char *redis_error_text(const redisReply *reply);

#endif
