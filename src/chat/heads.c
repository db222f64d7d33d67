/* heads.c: a table behind a few locks.
 * An entry that the writer made may lack one of its two counters, which says
 * so until a reader has filled it in. */
#include "chat/heads.h"

#include "util/map.h"
#include "util/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define SHARDS 16
#define ENTRIES_MAX ((size_t)1000000 / SHARDS) /* about 50 bytes each */
#define UNKNOWN ((int64_t)-1)

struct heads_shard {
    pthread_mutex_t lock;
    struct map entries; /* chat → struct head */
};

struct heads {
    _Atomic uint64_t emptied; /* how often a shard was */
    struct heads_shard shards[SHARDS];
};

static struct heads_shard *shard_of(struct heads *heads, int64_t chat)
{
    return &heads->shards[hash_u64((uint64_t)chat) % SHARDS];
}

struct heads *heads_new(void)
{
    struct heads *heads = mem_zalloc(sizeof(*heads));
    for (size_t i = 0; i < SHARDS; i++)
        pthread_mutex_init(&heads->shards[i].lock, NULL);
    return heads;
}

static void entries_free(struct map *entries)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(entries, &cursor, &key, &value))
        free(value);
    map_release(entries);
}

void heads_free(struct heads **heads)
{
    if (*heads == NULL)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        entries_free(&(*heads)->shards[i].entries);
        pthread_mutex_destroy(&(*heads)->shards[i].lock);
    }
    free(*heads);
    *heads = NULL;
}

bool heads_get(struct heads *heads, int64_t chat, struct head *out)
{
    struct heads_shard *shard = shard_of(heads, chat);
    pthread_mutex_lock(&shard->lock);
    const struct head *entry = map_get(&shard->entries, (uint64_t)chat);
    bool known = entry != NULL && entry->seq != UNKNOWN && entry->mver != UNKNOWN;
    if (known)
        *out = *entry;
    pthread_mutex_unlock(&shard->lock);
    return known;
}

/* Under the shard's lock. */
static struct head *entry_make(struct heads *heads, struct heads_shard *shard, int64_t chat)
{
    struct head *entry = map_get(&shard->entries, (uint64_t)chat);
    if (entry != NULL)
        return entry;
    if (shard->entries.count >= ENTRIES_MAX) {
        entries_free(&shard->entries);
        atomic_fetch_add(&heads->emptied, 1);
    }
    entry = mem_alloc(sizeof(*entry));
    *entry = (struct head){ UNKNOWN, UNKNOWN };
    map_put(&shard->entries, (uint64_t)chat, entry);
    return entry;
}

static void raise(int64_t *value, int64_t to)
{
    if (to > *value)
        *value = to;
}

void heads_move(struct heads *heads, int64_t chat, int64_t seq, int64_t mver)
{
    struct heads_shard *shard = shard_of(heads, chat);
    pthread_mutex_lock(&shard->lock);
    struct head *entry = entry_make(heads, shard, chat);
    if (seq > 0)
        raise(&entry->seq, seq);
    if (mver > 0)
        raise(&entry->mver, mver);
    pthread_mutex_unlock(&shard->lock);
}

void heads_forget(struct heads *heads)
{
    for (size_t i = 0; i < SHARDS; i++) {
        pthread_mutex_lock(&heads->shards[i].lock);
        entries_free(&heads->shards[i].entries);
        atomic_fetch_add(&heads->emptied, 1);
        pthread_mutex_unlock(&heads->shards[i].lock);
    }
}

uint64_t heads_mark(struct heads *heads)
{
    return atomic_load(&heads->emptied);
}

void heads_offer(struct heads *heads, uint64_t mark, int64_t chat, struct head head)
{
    struct heads_shard *shard = shard_of(heads, chat);
    pthread_mutex_lock(&shard->lock);
    if (atomic_load(&heads->emptied) == mark) {
        /* Emptied by this very entry: then nothing of the chat was forgotten since the mark either. */
        struct head *entry = entry_make(heads, shard, chat);
        raise(&entry->seq, head.seq);
        raise(&entry->mver, head.mver);
    }
    pthread_mutex_unlock(&shard->lock);
}
