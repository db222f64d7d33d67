/* router.h: who is online, and what nodes tell each other beside the store.
 * One interface whether one node serves or many. What comes from other nodes
 * is a hint and may be lost, late, doubled or made up: the store knows.
 * Thread-safe; nothing here waits for the network unless it says so. */
#ifndef IM_ROUTE_ROUTER_H
#define IM_ROUTE_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct router;
struct presence;

struct router_stats {
    bool configured; /* there is something between the nodes that can be unwell: the rest means it */
    bool well;
    uint64_t published, received, reconnects;
    int64_t round_trip_us; /* of the last question */
};

struct router_ops {
    void (*session_opened)(struct router *router, int64_t user);
    void (*session_closed)(struct router *router, int64_t user);
    /* Whether the user has a session anywhere now. */
    bool (*online)(struct router *router, int64_t user);
    /* Users with a session on this node now. */
    size_t (*online_count)(struct router *router);

    /* The journal goes up to number: the other nodes are told, once for many that come close together. */
    void (*committed)(struct router *router, uint64_t number);
    /* From now on published is called when another node committed, on a thread of the router's: it must not block.
     * number is what that node said; 0: hints may have been missed, look. NULL ends it: once this has returned
     * published is not running and will not be called. */
    void (*listen)(struct router *router, void (*published)(void *context, uint64_t number), void *context);
    /* Whether published can be relied on to come, most of the time: while it can't, ask the store more often. */
    bool (*hears)(struct router *router);
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
void router_free(struct router **router);

#endif
