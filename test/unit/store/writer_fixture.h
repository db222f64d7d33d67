/* writer_fixture.h: the writer over a database that others write to, and
 * that goes away at the worst moments. SQLite stands below; what it answers
 * to begin and commit is scripted. */
#ifndef IM_TEST_WRITER_FIXTURE_H
#define IM_TEST_WRITER_FIXTURE_H

#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum play {
    PLAY_REST, /* from here on as it really is */
    PLAY_OK,
    PLAY_BUSY,        /* nothing happens */
    PLAY_KEPT_UNSURE, /* it happens, and nobody knows */
    PLAY_LOST_UNSURE, /* it does not, and nobody knows */
};

struct script {
    enum play begins[64];
    enum play commits[16];
    atomic_uint begun, committed;
};
extern struct script script;

struct harness {
    struct store *store;
    struct writer *writer;
    pthread_mutex_t mutex;
    pthread_cond_t change;
    size_t done, ends, agains, pokes, resolves;
    size_t done_at_resolve;
    enum err last_end;
    enum err resolve_first; /* what the first so many questions get */
    unsigned resolve_failures;
    bool writes_nothing;
    size_t full_after; /* jobs of one batch; 0: never */
    size_t applied;    /* in this attempt */
    size_t batches[16];
    atomic_uint crowd, crowd_asked;
    _Atomic int64_t opened_us; /* when the last batch was */
    struct probe *comers[2];   /* submitted while the first and the second attempt wait for the lock */
    size_t comer_counts[2];
    unsigned opens;
};

struct probe {
    struct write_job job;
    struct harness *harness;
    int64_t id;
    atomic_uint applied;
    size_t order;
};

void harness_start(struct harness *harness, void **state, size_t queue_max);
void harness_stop(struct harness *harness);
/* Until a number of the harness's is at least that. */
void await(struct harness *harness, const size_t *number, size_t value);
/* Each writes a message; free() it. */
struct probe *probes_make(struct harness *harness, size_t count);
/* At once, as one list. */
void submit(struct harness *harness, struct probe *probes, size_t count);
int64_t stored(struct harness *harness);

#endif
