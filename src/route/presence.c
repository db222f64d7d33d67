/* presence.c: counts behind a few locks.
 * A user's entry counts his sessions here and the other nodes that have him;
 * which node has whom is a set for each, so that a node that dies is taken
 * out of the counts, and hearing the same twice is harmless. */
#include "route/presence.h"

#include "util/map.h"
#include "util/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#define SHARDS 16

struct presence_shard {
    pthread_mutex_t lock;
    struct map here;      /* user → number of sessions, as a pointer-sized integer */
    struct map elsewhere; /* user → number of other nodes that have him, likewise */
};

struct presence_node {
    struct presence_node *next;
    int64_t id;
    struct map users;
};

struct presence {
    struct presence_shard shards[SHARDS];
    struct presence_node *nodes; /* the writer's */
};

struct presence *presence_new(void)
{
    struct presence *presence = mem_zalloc(sizeof(*presence));
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&presence->shards[i].lock, NULL);
    return presence;
}

void presence_free(struct presence **presence)
{
    if (*presence == NULL)
        return;
    for (struct presence_node *node = (*presence)->nodes, *next; node != NULL; node = next) {
        next = node->next;
        map_release(&node->users);
        free(node);
    }
    for (size_t i = 0; i < SHARDS; i++) {
        map_release(&(*presence)->shards[i].here);
        map_release(&(*presence)->shards[i].elsewhere);
        pthread_mutex_destroy(&(*presence)->shards[i].lock);
    }
    free(*presence);
    *presence = NULL;
}

static struct presence_shard *shard_lock(struct presence *presence, int64_t user)
{
    struct presence_shard *shard = &presence->shards[hash_u64((uint64_t)user) % SHARDS];
    pthread_mutex_lock(&shard->lock);
    return shard;
}

static void count_up(struct map *counts, int64_t user)
{
    uintptr_t count = (uintptr_t)map_get(counts, (uint64_t)user);
    map_put(counts, (uint64_t)user, (void *)(count + 1));
}

static void count_down(struct map *counts, int64_t user)
{
    uintptr_t count = (uintptr_t)map_get(counts, (uint64_t)user);
    assert(count > 0);
    if (count == 1)
        map_remove(counts, (uint64_t)user);
    else
        map_put(counts, (uint64_t)user, (void *)(count - 1));
}

void presence_opened(struct presence *presence, int64_t user)
{
    struct presence_shard *shard = shard_lock(presence, user);
    count_up(&shard->here, user);
    pthread_mutex_unlock(&shard->lock);
}

void presence_closed(struct presence *presence, int64_t user)
{
    struct presence_shard *shard = shard_lock(presence, user);
    count_down(&shard->here, user);
    pthread_mutex_unlock(&shard->lock);
}

bool presence_here(struct presence *presence, int64_t user)
{
    struct presence_shard *shard = shard_lock(presence, user);
    bool here = map_get(&shard->here, (uint64_t)user) != NULL;
    pthread_mutex_unlock(&shard->lock);
    return here;
}

bool presence_online(struct presence *presence, int64_t user)
{
    struct presence_shard *shard = shard_lock(presence, user);
    bool online = map_get(&shard->here, (uint64_t)user) != NULL || map_get(&shard->elsewhere, (uint64_t)user) != NULL;
    pthread_mutex_unlock(&shard->lock);
    return online;
}

size_t presence_count(struct presence *presence)
{
    size_t total = 0;
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&presence->shards[i].lock);
        total += presence->shards[i].here.count;
        pthread_mutex_unlock(&presence->shards[i].lock);
    }
    return total;
}

static struct presence_node *node_make(struct presence *presence, int64_t id)
{
    for (struct presence_node *node = presence->nodes; node != NULL; node = node->next)
        if (node->id == id)
            return node;
    struct presence_node *node = mem_zalloc(sizeof(*node));
    node->id = id;
    node->next = presence->nodes;
    presence->nodes = node;
    return node;
}

void presence_elsewhere(struct presence *presence, int64_t node, const int64_t *users, size_t count, bool present)
{
    struct presence_node *known = node_make(presence, node);
    for (size_t i = 0; i < count; i++) {
        bool before = map_get(&known->users, (uint64_t)users[i]) != NULL;
        if (before == present)
            continue;
        struct presence_shard *shard = shard_lock(presence, users[i]);
        if (present) {
            map_put(&known->users, (uint64_t)users[i], known);
            count_up(&shard->elsewhere, users[i]);
        } else {
            map_remove(&known->users, (uint64_t)users[i]);
            count_down(&shard->elsewhere, users[i]);
        }
        pthread_mutex_unlock(&shard->lock);
    }
}

static void users_leave(struct presence *presence, const struct presence_node *node,
                        void (*gone)(void *context, int64_t user), void *context)
{
    size_t cursor = 0;
    uint64_t user;
    void *value;
    while (map_next(&node->users, &cursor, &user, &value)) {
        struct presence_shard *shard = shard_lock(presence, (int64_t)user);
        count_down(&shard->elsewhere, (int64_t)user);
        bool online = map_get(&shard->here, user) != NULL || map_get(&shard->elsewhere, user) != NULL;
        pthread_mutex_unlock(&shard->lock);
        if (!online && gone != NULL)
            gone(context, (int64_t)user);
    }
}

void presence_node_gone(struct presence *presence, int64_t id, void (*gone)(void *context, int64_t user), void *context)
{
    struct presence_node **at = &presence->nodes;
    while (*at != NULL) {
        struct presence_node *node = *at;
        if (id != 0 && node->id != id) {
            at = &node->next;
            continue;
        }
        *at = node->next;
        users_leave(presence, node, gone, context);
        map_release(&node->users);
        free(node);
    }
}
