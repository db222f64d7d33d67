/* local.c: the router of a node that hears of no others.
 * Sessions are counted per user behind a few locks: loops open and close
 * them, workers ask while they build lists. */
#include "route/router.h"

#include "util/map.h"
#include "util/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define SHARDS 16

struct presence_shard {
    pthread_mutex_t lock;
    struct map counts; /* user → number of sessions, as a pointer-sized integer */
};

struct router_local {
    struct router base;
    struct presence_shard shards[SHARDS];
};

static struct presence_shard *shard_of(struct router *router, int64_t user)
{
    struct router_local *local = (struct router_local *)router;
    return &local->shards[hash_u64((uint64_t)user) % SHARDS];
}

static void local_session_opened(struct router *router, int64_t user)
{
    struct presence_shard *shard = shard_of(router, user);
    pthread_mutex_lock(&shard->lock);
    uintptr_t count = (uintptr_t)map_get(&shard->counts, (uint64_t)user);
    map_put(&shard->counts, (uint64_t)user, (void *)(count + 1));
    pthread_mutex_unlock(&shard->lock);
}

static void local_session_closed(struct router *router, int64_t user)
{
    struct presence_shard *shard = shard_of(router, user);
    pthread_mutex_lock(&shard->lock);
    uintptr_t count = (uintptr_t)map_get(&shard->counts, (uint64_t)user);
    assert(count > 0);
    if (count == 1)
        map_remove(&shard->counts, (uint64_t)user);
    else
        map_put(&shard->counts, (uint64_t)user, (void *)(count - 1));
    pthread_mutex_unlock(&shard->lock);
}

static bool local_online(struct router *router, int64_t user)
{
    struct presence_shard *shard = shard_of(router, user);
    pthread_mutex_lock(&shard->lock);
    bool online = map_get(&shard->counts, (uint64_t)user) != NULL;
    pthread_mutex_unlock(&shard->lock);
    return online;
}

static size_t local_online_count(struct router *router)
{
    struct router_local *local = (struct router_local *)router;
    size_t total = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&local->shards[i].lock);
        total += local->shards[i].counts.count;
        pthread_mutex_unlock(&local->shards[i].lock);
    }
    return total;
}

static void local_committed(struct router *router, uint64_t number)
{
    (void)router;
    (void)number;
}

static void local_listen(struct router *router, void (*published)(void *context, uint64_t number), void *context)
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

static void local_stats(struct router *router, struct router_stats *out)
{
    (void)router;
    *out = (struct router_stats){ 0 };
}

static void local_free(struct router *router)
{
    struct router_local *local = (struct router_local *)router;
    for (size_t i = 0; i < SHARDS; i++) {
        map_release(&local->shards[i].counts);
        pthread_mutex_destroy(&local->shards[i].lock);
    }
    free(local);
}

static const struct router_ops local_ops = {
    .session_opened = local_session_opened,
    .session_closed = local_session_closed,
    .online = local_online,
    .online_count = local_online_count,
    .committed = local_committed,
    .listen = local_listen,
    .hears = local_hears,
    .stats = local_stats,
    .free = local_free,
};

struct router *router_local_new(void)
{
    struct router_local *local = mem_zalloc(sizeof(*local));
    local->base.v = &local_ops;
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&local->shards[i].lock, NULL);
    return &local->base;
}

void router_free(struct router **router)
{
    if (*router == NULL)
        return;
    (*router)->v->free(*router);
    *router = NULL;
}
