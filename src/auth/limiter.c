/* limiter.c: token buckets by key.
 * A bucket holds per_minute tokens and refills evenly; one that is full again
 * says no more than one that is absent, so sweeping those loses nothing. */
#include "auth/limiter.h"

#include "util/map.h"
#include "util/mem.h"

#include <pthread.h>
#include <stdlib.h>

struct bucket {
    double tokens;
    int64_t at_ms;
};

struct limiter {
    pthread_mutex_t lock;
    double per_minute;
    size_t keys_max;
    struct map buckets;
};

struct limiter *limiter_new(unsigned per_minute, size_t keys_max)
{
    struct limiter *limiter = mem_zalloc(sizeof(*limiter));
    pthread_mutex_init(&limiter->lock, NULL);
    limiter->per_minute = (double)per_minute;
    limiter->keys_max = keys_max;
    return limiter;
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
    bucket->tokens += (double)(now_ms - bucket->at_ms) / 60000.0 * limiter->per_minute;
    if (bucket->tokens > limiter->per_minute)
        bucket->tokens = limiter->per_minute;
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
        if (bucket->tokens >= limiter->per_minute || kept.count >= limiter->keys_max / 2)
            free(bucket);
        else
            map_put(&kept, key, bucket);
    }
    map_release(&limiter->buckets);
    limiter->buckets = kept;
}

static bool limiter_ask(struct limiter *limiter, uint64_t key, int64_t now_ms, bool take, unsigned *retry_after_s)
{
    *retry_after_s = 0;
    if (limiter->per_minute <= 0)
        return true;
    bool allowed = true;
    pthread_mutex_lock(&limiter->lock);
    struct bucket *bucket = map_get(&limiter->buckets, key);
    if (bucket != NULL)
        bucket_refill(limiter, bucket, now_ms);
    if (bucket == NULL && take) {
        if (limiter->buckets.count >= limiter->keys_max)
            buckets_sweep(limiter, now_ms);
        bucket = mem_alloc(sizeof(*bucket));
        *bucket = (struct bucket){ .tokens = limiter->per_minute, .at_ms = now_ms };
        map_put(&limiter->buckets, key, bucket);
    }
    if (bucket != NULL && bucket->tokens < 1.0) {
        allowed = false;
        *retry_after_s = (unsigned)((1.0 - bucket->tokens) * 60.0 / limiter->per_minute) + 1;
    } else if (bucket != NULL && take) {
        bucket->tokens -= 1.0;
    }
    pthread_mutex_unlock(&limiter->lock);
    return allowed;
}

bool limiter_take(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s)
{
    return limiter_ask(limiter, key, now_ms, true, retry_after_s);
}

bool limiter_peek(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned *retry_after_s)
{
    return limiter_ask(limiter, key, now_ms, false, retry_after_s);
}
