/* router.h: who is online, and what nodes tell each other beside the store.
 * One interface whether one node serves or many. What comes from other nodes
 * is a hint and may be lost, late, doubled or made up: the store knows.
 * Thread-safe; nothing here waits for the network unless it says so. */
#ifndef IM_ROUTE_ROUTER_H
#define IM_ROUTE_ROUTER_H

#include "util/err.h"
#include "util/str.h"

struct router;
struct presence;

/* So many of something for each key, over all nodes: burst at once, and per_s again each second. */
struct router_bucket {
    const char *name; /* a literal; of what */
    double per_s;     /* > 0 */
    double burst;     /* >= 1 */
};

enum router_answer {
    ROUTER_YES,
    ROUTER_NO,
    ROUTER_UNKNOWN, /* nobody could be asked, or nobody answered in time: decide alone */
};

/* The longest that a question waits. */
#define ROUTER_WAIT_MS 50

typedef void router_published(void *context, uint64_t number, struct str rows);

struct router_stats {
    bool configured; /* there is something between the nodes that can be unwell: the rest means it */
    bool well;
    const char *why; /* it is not: a literal */
    uint64_t published, received, reconnects;
    uint64_t questions, unanswered, breaker_opened;
    bool breaker_open;
    uint64_t round_trips;
    int64_t round_trip_us, round_trip_us_max, round_trip_us_sum; /* the last, the longest, all */
};

struct router_ops {
    void (*session_opened)(struct router *router, int64_t user);
    void (*session_closed)(struct router *router, int64_t user);
    /* Whether the user has a session anywhere now. */
    bool (*online)(struct router *router, int64_t user);
    /* Users with a session on this node now. */
    size_t (*online_count)(struct router *router);

    /* The journal goes up to number: the other nodes are told, once for many that come close together. row: what they
     * would have to read of it from the store, copied; those of several calls go on together, one behind the other, or
     * not at all. */
    void (*committed)(struct router *router, uint64_t number, struct str row);
    /* From now on published is called when another node committed, on a thread of the router's: it must not block.
     * number is what that node said; 0: hints may have been missed, look. rows: what came along, valid during the call;
     * may be empty. NULL ends it: once this has returned published is not running and will not be called. */
    void (*listen)(struct router *router, router_published *published, void *context);
    /* Whether published can be relied on to come, most of the time: while it can't, ask the store more often. */
    bool (*hears)(struct router *router);

    /* Takes one from the key's bucket that all nodes share; peek: looks whether there is one. Waits ROUTER_WAIT_MS at
     * most. ROUTER_NO: *wait_ms says in how long there is one. */
    enum router_answer (*take)(struct router *router, const struct router_bucket *bucket, struct str key, bool peek,
                               int64_t *wait_ms);
    /* Takes count from it, whether they are there or not (on credit of at most one more burst), and does not wait:
     * later charged may be called, on the router's thread, with what is left. bucket and context must stay until
     * router_free. */
    void (*charge)(struct router *router, const struct router_bucket *bucket, uint64_t key, unsigned count,
                   void (*charged)(void *context, uint64_t key, double left), void *context);

    void (*stats)(struct router *router, struct router_stats *out);
    void (*free)(struct router *router);
};

/* Who is online where is the journal's to say (chat/journal.h): it tells in commit order, so that of two nodes that
 * lose a user's sessions exactly the last one finds him offline. A router answers from presence, whatever it tells
 * and hears; it is made and freed by the router. */
struct router {
    const struct router_ops *v;
    struct presence *presence; /* route/presence.h */
};

/* The router of a node that hears of no others: counts of sessions in memory. */
struct router *router_local_new(void);
/* The same, with Redis between the nodes that have the same url and prefix. It is not waited for. ERR_ARG: url is no
 * redis://[[USER]:PASSWORD@]HOST[:PORT][/NUMBER]. */
enum err router_redis_new(const char *url, const char *prefix, struct router **out);
void router_free(struct router **router);

#endif
