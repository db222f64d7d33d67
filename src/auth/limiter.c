/* limiter.c: token buckets by key.
 * A bucket holds so many tokens and refills evenly; one that is full again
 * says no more than one that is absent, so sweeping those loses nothing. */
#include "auth/limiter.h"

#include "route/router.h"
#include "util/map.h"
#include "util/mem.h"

#include <pthread.h>
#include <stdlib.h>

struct bucket {
    double tokens;
    int64_t at_ms;
    unsigned untold; /* taken since other nodes were last told */
};

struct limiter {
    pthread_mutex_t lock;
    double per_ms;
    double burst;
    size_t keys_max;
    struct map buckets;
    struct router *router; /* NULL: it is this node's alone */
    struct router_bucket shared;
    unsigned portion;
};

struct limiter *limiter_new(unsigned per_minute, size_t keys_max)
{
    return limiter_new_burst((double)per_minute / 60.0, (double)per_minute, keys_max);
}

struct limiter *limiter_new_burst(double per_second, double burst, size_t keys_max)
{
    struct limiter *limiter = mem_zalloc(sizeof(*limiter));
    pthread_mutex_init(&limiter->lock, NULL);
    limiter->per_ms = per_second / 1000.0;
    limiter->burst = burst < 1.0 ? 1.0 : burst;
    limiter->keys_max = keys_max;
    return limiter;
}

void limiter_share(struct limiter *limiter, struct router *router, const char *name)
{
    if (limiter->per_ms <= 0)
        return;
    limiter->shared = (struct router_bucket){ .name = name, .per_s = limiter->per_ms * 1000, .burst = limiter->burst };
    limiter->portion = limiter->burst < 16 ? 1 : (unsigned)(limiter->burst / 8);
    limiter->router = router;
}

static void buckets_clear(struct limiter *limiter)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(&limiter->buckets, &cursor, &key, &value))
        free(value);
    map_release(&limiter->buckets);
}

void limiter_free(struct limiter **limiter)
{
    if (*limiter == NULL)
        return;
    buckets_clear(*limiter);
    pthread_mutex_destroy(&(*limiter)->lock);
    free(*limiter);
    *limiter = NULL;
}

static void bucket_refill(const struct limiter *limiter, struct bucket *bucket, int64_t now_ms)
{
    if (now_ms <= bucket->at_ms) /* Read before another thread got the lock: no time to give twice. */
        return;
    bucket->tokens += (double)(now_ms - bucket->at_ms) * limiter->per_ms;
    if (bucket->tokens > limiter->burst)
        bucket->tokens = limiter->burst;
    bucket->at_ms = now_ms;
}

/* Forgets what has recovered, and of the others so many that half is free again: the bound stands. */
static void buckets_sweep(struct limiter *limiter, int64_t now_ms)
{
    struct map kept = { 0 };
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(&limiter->buckets, &cursor, &key, &value)) {
        struct bucket *bucket = value;
        bucket_refill(limiter, bucket, now_ms);
        if (bucket->tokens >= limiter->burst || kept.count >= limiter->keys_max / 2)
            free(bucket);
        else
            map_put(&kept, key, bucket);
    }
    map_release(&limiter->buckets);
    limiter->buckets = kept;
}

/* Under the lock. NULL: the key has a full bucket, and make is false. */
static struct bucket *bucket_find(struct limiter *limiter, uint64_t key, int64_t now_ms, bool make)
{
    struct bucket *bucket = map_get(&limiter->buckets, key);
    if (bucket != NULL)
        bucket_refill(limiter, bucket, now_ms);
    if (bucket != NULL || !make)
        return bucket;
    if (limiter->buckets.count >= limiter->keys_max)
        buckets_sweep(limiter, now_ms);
    bucket = mem_alloc(sizeof(*bucket));
    *bucket = (struct bucket){ .tokens = limiter->burst, .at_ms = now_ms };
    map_put(&limiter->buckets, key, bucket);
    return bucket;
}

/* What all nodes took of the bucket is known now, but for what was taken here since. */
static void portion_told(void *context, uint64_t key, double left)
{
    struct limiter *limiter = context;
    pthread_mutex_lock(&limiter->lock);
    struct bucket *bucket = map_get(&limiter->buckets, key);
    if (bucket != NULL && left - bucket->untold < bucket->tokens)
        bucket->tokens = left - bucket->untold;
    pthread_mutex_unlock(&limiter->lock);
}

/* Takes one that is there, or on credit. Returns how many are to be told to the other nodes: mostly none yet. */
static unsigned bucket_take(const struct limiter *limiter, struct bucket *bucket)
{
    bucket->tokens -= 1.0;
    if (limiter->router == NULL || ++bucket->untold < limiter->portion)
        return 0;
    unsigned portion = bucket->untold;
    bucket->untold = 0;
    return portion;
}

/* Without the lock. */
static void portion_tell(struct limiter *limiter, uint64_t key, unsigned count)
{
    if (count > 0)
        limiter->router->v->charge(limiter->router, &limiter->shared, key, count, portion_told, limiter);
}

static bool bucket_ask(struct limiter *limiter, uint64_t key, int64_t now_ms, bool take, unsigned *retry_after_s,
                       unsigned *portion)
{
    *retry_after_s = 0;
    *portion = 0;
    if (limiter->per_ms <= 0)
        return true;
    bool allowed = true;
    pthread_mutex_lock(&limiter->lock);
    struct bucket *bucket = bucket_find(limiter, key, now_ms, take);
    if (bucket != NULL && bucket->tokens < 1.0) {
        allowed = false;
        *retry_after_s = (unsigned)((1.0 - bucket->tokens) / limiter->per_ms / 1000.0) + 1;
    } else if (bucket != NULL && take) {
        *portion = bucket_take(limiter, bucket);
    }
    pthread_mutex_unlock(&limiter->lock);
    return allowed;
}

int64_t limiter_charge(struct limiter *limiter, uint64_t key, int64_t now_ms)
{
    unsigned portion = 0;
    if (limiter->per_ms <= 0)
        return 0;
    pthread_mutex_lock(&limiter->lock);
    struct bucket *bucket = bucket_find(limiter, key, now_ms, true);
    if (bucket->tokens > -limiter->burst)
        portion = bucket_take(limiter, bucket);
    int64_t wait_ms = bucket->tokens >= 0 ? 0 : (int64_t)(-bucket->tokens / limiter->per_ms) + 1;
    pthread_mutex_unlock(&limiter->lock);
    portion_tell(limiter, key, portion);
    return wait_ms;
}

bool limiter_take(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s)
{
    unsigned portion;
    bool allowed = bucket_ask(limiter, key, now_ms, true, retry_after_s, &portion);
    portion_tell(limiter, key, portion);
    return allowed;
}

bool limiter_peek(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s)
{
    unsigned portion;
    return bucket_ask(limiter, key, now_ms, false, retry_after_s, &portion);
}

/* This node's own bucket first: what it refuses, all of them would. */
static bool text_ask(struct limiter *limiter, struct str key, int64_t now_ms, bool take, unsigned *retry_after_s)
{
    unsigned portion;
    int64_t wait_ms;
    if (!bucket_ask(limiter, hash_bytes(key.ptr, key.size), now_ms, take, retry_after_s, &portion))
        return false;
    if (limiter->router == NULL ||
        limiter->router->v->take(limiter->router, &limiter->shared, key, !take, &wait_ms) != ROUTER_NO)
        return true;
    *retry_after_s = (unsigned)(wait_ms / 1000) + 1;
    return false;
}

bool limiter_take_text(struct limiter *limiter, struct str key, int64_t now_ms, unsigned *retry_after_s)
{
    return text_ask(limiter, key, now_ms, true, retry_after_s);
}

bool limiter_peek_text(struct limiter *limiter, struct str key, int64_t now_ms, unsigned *retry_after_s)
{
    return text_ask(limiter, key, now_ms, false, retry_after_s);
}
