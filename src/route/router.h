/* router.h: who is online, asked of one interface whether one node serves or many.
 * The embedded router lives inside the process; one over Redis takes its
 * place when nodes share their users. Thread-safe. */
#ifndef IM_ROUTE_ROUTER_H
#define IM_ROUTE_ROUTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct router;

struct router_ops {
    void (*session_opened)(struct router *router, int64_t user);
    void (*session_closed)(struct router *router, int64_t user);
    /* Whether the user has a session anywhere now. */
    bool (*online)(struct router *router, int64_t user);
    /* Users with a session now. */
    size_t (*online_count)(struct router *router);
    void (*free)(struct router *router);
};

struct router {
    const struct router_ops *v;
};

/* The router of a single node: counts of sessions in memory. */
struct router *router_local_new(void);
void router_free(struct router **router);

#endif
