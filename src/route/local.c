/* local.c: the router of a node that hears of no others but from the store.
 * Nothing is sent anywhere, and nothing comes. */
#include "route/router.h"

#include "route/presence.h"
#include "route/router_presence.h"
#include "util/mem.h"

#include <stdlib.h>

static void local_committed(struct router *router, uint64_t number, struct str row)
{
    (void)row;
    (void)router;
    (void)number;
}

static void local_listen(struct router *router, router_published *published, void *context)
{
    (void)router;
    (void)published;
    (void)context;
}

static bool local_hears(struct router *router)
{
    (void)router;
    return false;
}

static enum router_answer local_take(struct router *router, const struct router_bucket *bucket, struct str key,
                                     bool peek, int64_t *wait_ms)
{
    (void)router;
    (void)bucket;
    (void)key;
    (void)peek;
    *wait_ms = 0;
    return ROUTER_UNKNOWN;
}

static void local_charge(struct router *router, const struct router_bucket *bucket, uint64_t key, unsigned count,
                         void (*charged)(void *context, uint64_t key, double left), void *context)
{
    (void)router;
    (void)bucket;
    (void)key;
    (void)count;
    (void)charged;
    (void)context;
}

static void local_stats(struct router *router, struct router_stats *out)
{
    (void)router;
    *out = (struct router_stats){ 0 };
}

static void local_free(struct router *router)
{
    presence_free(&router->presence);
    free(router);
}

static const struct router_ops local_ops = {
    .session_opened = router_presence_session_opened,
    .session_closed = router_presence_session_closed,
    .online = router_presence_online,
    .online_count = router_presence_online_count,
    .committed = local_committed,
    .listen = local_listen,
    .hears = local_hears,
    .take = local_take,
    .charge = local_charge,
    .stats = local_stats,
    .free = local_free,
};

struct router *router_local_new(void)
{
    struct router *router = mem_zalloc(sizeof(*router));
    router->v = &local_ops;
    router->presence = presence_new();
    return router;
}

void router_free(struct router **router)
{
    if (*router == NULL)
        return;
    (*router)->v->free(*router);
    *router = NULL;
}
