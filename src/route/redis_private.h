/* redis_private.h: what the files of the router over Redis share. */
#ifndef IM_ROUTE_REDIS_PRIVATE_H
#define IM_ROUTE_REDIS_PRIVATE_H

#include "route/redis_link.h"
#include "route/router.h"
#include "util/buf.h"

#include <pthread.h>
#include <stdatomic.h>

#define PING_MS 1000
#define SLOW_MS 1000       /* who leaves a question open for longer is not well */
#define FLIGHTS_MAX 256    /* questions that are open at once */
#define QUESTIONS_MAX 4096 /* that wait for their turn */
#define KEY_SIZE_MAX 512
#define SELF_SIZE 16
#define ROWS_MAX ((size_t)512 * 1024) /* bytes that go along with one hint; the hint goes without more */

/* About one bucket. Owned by the router from questions_put until answered is called, then by answered. */
struct question {
    struct question *next;
    const struct router_bucket *bucket;
    const char *how; /* take, peek, charge */
    unsigned count;
    char key[64];
    /* On the router's thread. known false: there is no answer, the rest means nothing. over_us: how far the bucket is
     * from what was asked (take, peek; 0: it was there), or from being full (charge). */
    void (*answered)(struct question *question, bool known, int64_t over_us);
};

enum flight_kind { FLIGHT_PING, FLIGHT_PUBLISH, FLIGHT_QUESTION };

/* A command whose reply is still to come. */
struct flight {
    enum flight_kind kind;
    struct question *question;
    int64_t since_us;
};

struct router_redis {
    struct router base;
    struct url url;
    char *prefix;
    char *channel;
    char self[SELF_SIZE + 1]; /* which of all routers this is */
    pthread_t thread;
    int wake_fd;
    atomic_bool awake; /* wake_fd was written and not read yet */
    atomic_bool ending;
    _Atomic uint64_t latest; /* to be published */
    pthread_mutex_t rows_lock;
    struct buf rows; /* to go along with it */
    _Atomic int64_t breaker_until_ms;
    /* It was well, and can be taken for it until then: a thread that hangs in a name's look-up says nothing. */
    _Atomic int64_t commands_well_until_ms;
    _Atomic int64_t news_well_until_ms;
    _Atomic(const char *) why;
    _Atomic uint64_t published_count, received_count, reconnects, questions_count, unanswered, breaker_opened;
    _Atomic uint64_t round_trips;
    _Atomic int64_t round_trip_us, round_trip_us_max, round_trip_us_sum;

    pthread_mutex_t listen_lock; /* held while published runs */
    router_published *published;
    void *published_context;

    pthread_mutex_t questions_lock;
    struct question *questions_first, **questions_last;
    size_t questions_waiting;

    /* The thread's own. */
    struct redis_link commands;
    struct flight flights[FLIGHTS_MAX]; /* a ring */
    size_t flight_first, flight_count;
    bool publishing;
    uint64_t sent;
    struct buf publication; /* the last one */
    bool pinging;
    int64_t pinged_ms;
    const char *refused; /* the last question or publication, and when */
    int64_t refused_ms;
    struct redis_link news;
    bool subscribed;
    int64_t news_pinged_ms;
    uint64_t heard;        /* the greatest number of this turn */
    struct buf heard_rows; /* what came along */
    bool missed;           /* hints may have been missed in this turn */
    bool told_well;        /* what the log says */
    const char *told_why;
};

static inline void count_one(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void redis_wake(struct router_redis *router);

/* redis_commands.c: the connection that asks and publishes. The thread's. */
void commands_init(struct router_redis *router);
void commands_turn(struct router_redis *router, short revents, int64_t now_ms);
bool commands_well(const struct router_redis *router, int64_t now_ms);
void commands_release(struct router_redis *router);

/* redis_news.c: the connection that listens. The thread's. */
void news_init(struct router_redis *router);
void news_turn(struct router_redis *router, short revents, int64_t now_ms);
bool news_well(const struct router_redis *router, int64_t now_ms);
/* It subscribed and the answer is still to come; not for longer than an answer may take. */
bool news_awaited(const struct router_redis *router, int64_t now_ms);

/* redis_bucket.c. Any thread. */
enum router_answer redis_take(struct router *base, const struct router_bucket *bucket, struct str key, bool peek,
                              int64_t *wait_ms);
void redis_charge(struct router *base, const struct router_bucket *bucket, uint64_t key, unsigned count,
                  void (*charged)(void *context, uint64_t key, double left), void *context);
/* The thread's: the next that waits; NULL: none does. */
struct question *questions_next(struct router_redis *router);
/* Sends it; its reply is told by question_replied. */
void question_say(struct router_redis *router, const struct question *question);
void question_replied(struct question *question, const redisReply *reply);

#endif
