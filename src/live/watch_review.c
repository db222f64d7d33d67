/* watch_review.c: watches that a group allowed, once it does no more.
 * Loops know who watches whom, the store who may. When somebody leaves a
 * group, the watches of him and by him are asked about again on a worker;
 * those that nothing else allows end without a word, as by a block. The event
 * that starts it comes after the commit, so the worker's snapshot knows of the
 * leaving; who comes back and asks anew has asked another question. */
#include "live/watch.h"

#include "chat/policy.h"
#include "live/session.h"
#include "util/mem.h"

#include <stddef.h>
#include <stdlib.h>

#define PAIRS_ENOUGH ((size_t)1024) /* for one job, and then those of the session at hand */

struct review {
    struct pool_job pool; /* first */
    struct loop_mail mail;
    struct shard *shard;
    struct watch_pair *pairs;
    size_t count;
    size_t capacity;
};

static void pair_add(void *context, const struct watch_pair *pair)
{
    struct review *review = context;
    if (review->count == review->capacity) {
        review->capacity = review->capacity == 0 ? 16 : review->capacity * 2;
        review->pairs = mem_realloc(review->pairs, review->capacity * sizeof(*review->pairs));
    }
    review->pairs[review->count++] = *pair;
}

/* Those that are left end. */
static void review_end(struct review *review)
{
    for (size_t i = 0; i < review->count; i++)
        watch_pair_end(review->shard, &review->pairs[i]);
    free(review->pairs);
    free(review);
}

static void review_arrived(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    review_end((struct review *)((char *)mail - offsetof(struct review, mail)));
}

/* Leaves those that are not allowed. What can't be found out is not. */
static void review_run(struct pool_job *job, void *thread_context)
{
    struct review *review = (struct review *)job;
    struct reader *reader = thread_context;
    size_t kept = 0;
    bool begun = db_read_begin(reader->db) == OK;
    for (size_t i = 0; i < review->count; i++)
        if (!begun || policy_watch(reader->db, review->pairs[i].watcher, review->pairs[i].user) != OK)
            review->pairs[kept++] = review->pairs[i];
    if (begun)
        db_read_end(reader->db);
    review->count = kept;
    review->mail.run = review_arrived;
    loop_post(review->shard->loop, &review->mail);
}

/* A new one, empty. */
static struct review *review_new(struct shard *shard)
{
    struct review *review = mem_zalloc(sizeof(*review));
    review->shard = shard;
    review->pool.run = review_run;
    return review;
}

/* Where no worker has time all of them end: who misses one asks again. */
static void review_submit(struct review *review)
{
    if (review->count == 0 || pool_submit(review->shard->service->readers, &review->pool) != OK)
        review_end(review);
}

static void user_review(struct shard *shard, int64_t user)
{
    struct review *review = review_new(shard);
    for (struct session *session = session_first(shard, user); session != NULL; session = session->user_next)
        watch_each_by(session, pair_add, review);
    watch_each_of(shard, user, pair_add, review);
    review_submit(review);
}

static void room_review(struct shard *shard, int64_t chat)
{
    const struct room *room = map_get(&shard->rooms, (uint64_t)chat);
    struct review *review = review_new(shard);
    for (uint32_t i = 0; room != NULL && i < room->count; i++) {
        watch_each_by(room->members[i].session, pair_add, review);
        if (review->count >= PAIRS_ENOUGH) {
            review_submit(review);
            review = review_new(shard);
        }
    }
    review_submit(review);
}

void watch_review_by(struct session *session)
{
    struct review *review = review_new(session->shard);
    watch_each_by(session, pair_add, review);
    review_submit(review);
}

void watch_review(struct shard *shard, int64_t chat, int64_t user)
{
    if (user == 0)
        room_review(shard, chat);
    else
        user_review(shard, user);
}
