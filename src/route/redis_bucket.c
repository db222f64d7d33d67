/* redis_bucket.c: buckets that all nodes share.
 * One is a single number in Redis, the time at which it will be full again
 * (GCRA, the "generic cell rate algorithm" of ITU-T I.371): taking moves it on,
 * and a key that is full has none. Redis's clock alone is used. */
#include "route/redis_private.h"

#include "os/clock.h"
#include "util/mem.h"

#include <errno.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

/* KEYS: the bucket. ARGV: microseconds for one, burst, count, how. */
static const char script[] =
    "local t = redis.call('TIME') "
    "local now = t[1] * 1000000 + t[2] "
    "local step, count = tonumber(ARGV[1]), tonumber(ARGV[3]) "
    "local room = step * tonumber(ARGV[2]) "
    "local full = tonumber(redis.call('GET', KEYS[1]) or 0) or 0 "
    "if full < now then full = now end "
    "if full > now + 2 * room then full = now + 2 * room end "
    "local over = full + step * count - now - room "
    "if ARGV[4] == 'peek' or ARGV[4] == 'take' and over > 0 then return math.ceil(math.max(over, 0)) end "
    "full = math.min(full + step * count, now + 2 * room) "
    "redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1) "
    "return ARGV[4] == 'take' and 0 or math.ceil(full - now)";

static double step_us(const struct router_bucket *bucket)
{
    return 1e6 / bucket->per_s;
}

void question_say(struct router_redis *router, const struct question *question)
{
    char key[KEY_SIZE_MAX], step[40], burst[40], count[16];
    snprintf(key, sizeof(key), "%slimit:%s:%s", router->prefix, question->bucket->name, question->key);
    snprintf(step, sizeof(step), "%.3f", step_us(question->bucket));
    snprintf(burst, sizeof(burst), "%.3f", question->bucket->burst);
    snprintf(count, sizeof(count), "%u", question->count);
    redis_link_say(&router->commands, 8,
                   (struct str[]){ STR("EVAL"),
                                   { script, sizeof(script) - 1 },
                                   STR("1"),
                                   str_from(key),
                                   str_from(step),
                                   str_from(burst),
                                   str_from(count),
                                   str_from(question->how) });
}

void question_replied(struct question *question, const redisReply *reply)
{
    int64_t most_us = (int64_t)(2 * step_us(question->bucket) * question->bucket->burst) + 1;
    bool known = reply != NULL && reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0;
    int64_t over_us = known ? reply->integer : 0;
    question->answered(question, known, over_us > most_us ? most_us : over_us);
}

/* false: there are too many, or nobody to ask. */
static bool questions_put(struct router_redis *router, struct question *question)
{
    int64_t now_ms = clock_mono_ms();
    if (now_ms >= atomic_load(&router->commands_well_until_ms) || now_ms < atomic_load(&router->breaker_until_ms))
        return false;
    pthread_mutex_lock(&router->questions_lock);
    bool taken = router->questions_waiting < QUESTIONS_MAX && !atomic_load(&router->ending);
    if (taken) {
        question->next = NULL;
        *router->questions_last = question;
        router->questions_last = &question->next;
        router->questions_waiting++;
    }
    pthread_mutex_unlock(&router->questions_lock);
    if (taken)
        redis_wake(router);
    return taken;
}

struct question *questions_next(struct router_redis *router)
{
    pthread_mutex_lock(&router->questions_lock);
    struct question *question = router->questions_first;
    if (question != NULL) {
        router->questions_first = question->next;
        router->questions_waiting--;
        if (router->questions_first == NULL)
            router->questions_last = &router->questions_first;
    }
    pthread_mutex_unlock(&router->questions_lock);
    return question;
}

/* ---- who waits for the answer ---- */

struct waiting {
    struct question question; /* first */
    pthread_mutex_t lock;
    pthread_cond_t answered;
    bool left; /* nobody waits any more: whoever comes second frees it */
    bool done;
    bool known;
    int64_t over_us;
};

static void waiting_free(struct waiting *waiting)
{
    pthread_cond_destroy(&waiting->answered);
    pthread_mutex_destroy(&waiting->lock);
    free(waiting);
}

static void take_answered(struct question *question, bool known, int64_t over_us)
{
    struct waiting *waiting = (struct waiting *)question;
    pthread_mutex_lock(&waiting->lock);
    bool left = waiting->left;
    waiting->done = true;
    waiting->known = known;
    waiting->over_us = over_us;
    pthread_cond_signal(&waiting->answered);
    pthread_mutex_unlock(&waiting->lock);
    if (left)
        waiting_free(waiting);
}

/* The key as it stands in Redis: short, and nothing that a stranger wrote. */
static void key_hide(struct str key, char out[64])
{
    unsigned char digest[crypto_generichash_BYTES_MIN];
    crypto_generichash(digest, sizeof(digest), (const unsigned char *)key.ptr, key.size, NULL, 0);
    sodium_bin2hex(out, 64, digest, sizeof(digest));
}

static struct waiting *waiting_new(const struct router_bucket *bucket, struct str key, bool peek)
{
    struct waiting *waiting = mem_zalloc(sizeof(*waiting));
    pthread_condattr_t attributes;
    waiting->question.bucket = bucket;
    waiting->question.how = peek ? "peek" : "take";
    waiting->question.count = 1;
    waiting->question.answered = take_answered;
    key_hide(key, waiting->question.key);
    pthread_mutex_init(&waiting->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&waiting->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    return waiting;
}

static struct timespec deadline_after_ms(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    int64_t ns = at.tv_nsec + ms * 1000000;
    return (struct timespec){ .tv_sec = at.tv_sec + ns / 1000000000, .tv_nsec = ns % 1000000000 };
}

/* One that was too slow costs the next ones nothing: for a while nobody is asked. */
static void breaker_open(struct router_redis *router)
{
    atomic_store(&router->breaker_until_ms, clock_mono_ms() + SLOW_MS);
    count_one(&router->breaker_opened);
}

enum router_answer redis_take(struct router *base, const struct router_bucket *bucket, struct str key, bool peek,
                              int64_t *wait_ms)
{
    struct router_redis *router = (struct router_redis *)base;
    struct waiting *waiting = waiting_new(bucket, key, peek);
    struct timespec deadline = deadline_after_ms(ROUTER_WAIT_MS);
    *wait_ms = 0;
    count_one(&router->questions_count);
    if (!questions_put(router, &waiting->question)) {
        count_one(&router->unanswered);
        waiting_free(waiting);
        return ROUTER_UNKNOWN;
    }
    pthread_mutex_lock(&waiting->lock);
    int rc = 0;
    while (!waiting->done && rc != ETIMEDOUT)
        rc = pthread_cond_timedwait(&waiting->answered, &waiting->lock, &deadline);
    bool done = waiting->done;
    bool known = waiting->known;
    int64_t over_us = waiting->over_us;
    waiting->left = true;
    pthread_mutex_unlock(&waiting->lock);
    if (done)
        waiting_free(waiting);
    else
        breaker_open(router);
    if (!known) {
        count_one(&router->unanswered);
        return ROUTER_UNKNOWN;
    }
    *wait_ms = (over_us + 999) / 1000;
    return over_us > 0 ? ROUTER_NO : ROUTER_YES;
}

/* ---- who is told later ---- */

struct charge {
    struct question question; /* first */
    uint64_t key;
    void (*charged)(void *context, uint64_t key, double left);
    void *context;
};

static void charge_answered(struct question *question, bool known, int64_t over_us)
{
    struct charge *charge = (struct charge *)question;
    const struct router_bucket *bucket = question->bucket;
    if (known)
        charge->charged(charge->context, charge->key, bucket->burst - (double)over_us / step_us(bucket));
    free(charge);
}

void redis_charge(struct router *base, const struct router_bucket *bucket, uint64_t key, unsigned count,
                  void (*charged)(void *context, uint64_t key, double left), void *context)
{
    struct router_redis *router = (struct router_redis *)base;
    struct charge *charge = mem_zalloc(sizeof(*charge));
    *charge = (struct charge){
        .question = { .bucket = bucket, .how = "charge", .count = count, .answered = charge_answered },
        .key = key,
        .charged = charged,
        .context = context,
    };
    snprintf(charge->question.key, sizeof(charge->question.key), "%llu", (unsigned long long)key);
    count_one(&router->questions_count);
    if (questions_put(router, &charge->question))
        return;
    count_one(&router->unanswered);
    free(charge);
}
