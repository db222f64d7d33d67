/* test_writer_shared.c: the writer over a database that others write to, and
 * that goes away at the worst moments. SQLite stands below; what it answers
 * to begin and commit is scripted. */
#include "store_fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "os/clock.h"
#include "util/mem.h"

enum play {
    PLAY_REST, /* from here on as it really is */
    PLAY_OK,
    PLAY_BUSY,        /* nothing happens */
    PLAY_KEPT_UNSURE, /* it happens, and nobody knows */
    PLAY_LOST_UNSURE, /* it does not, and nobody knows */
};

static struct script {
    enum play begins[64];
    enum play commits[16];
    atomic_uint begun, committed;
} script;

static enum err scripted_begin(struct sql *sql)
{
    unsigned at = atomic_fetch_add(&script.begun, 1);
    return at < 64 && script.begins[at] == PLAY_BUSY ? ERR_BUSY : sql_sqlite.begin(sql);
}

static enum err scripted_commit(struct sql *sql)
{
    unsigned at = atomic_fetch_add(&script.committed, 1);
    switch (at < 16 ? script.commits[at] : PLAY_REST) {
    case PLAY_BUSY:
        sql_sqlite.rollback(sql);
        return ERR_BUSY;
    case PLAY_LOST_UNSURE:
        sql_sqlite.rollback(sql);
        return ERR_UNSURE;
    case PLAY_KEPT_UNSURE: {
        enum err err = sql_sqlite.commit(sql);
        return err == OK ? ERR_UNSURE : err;
    }
    default:
        return sql_sqlite.commit(sql);
    }
}

static struct sql_driver scripted;

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

static enum err probe_apply(struct write_job *job, struct db *db)
{
    struct probe *probe = (struct probe *)job;
    struct message message = { .id = probe->id, .chat = 1000, .seq = probe->id, .content = STR("x") };
    probe->applied++;
    probe->harness->applied++;
    return probe->harness->writes_nothing ? OK : message_insert(db, &message);
}

static void probe_done(struct write_job *job)
{
    struct probe *probe = (struct probe *)job;
    struct harness *harness = probe->harness;
    pthread_mutex_lock(&harness->mutex);
    probe->order = ++harness->done;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static void submit(struct harness *harness, struct probe *probes, size_t count);

static enum err shared_open(void *context, struct db *db)
{
    (void)db;
    struct harness *harness = context;
    unsigned at = harness->opens++;
    if (at < 2 && harness->comer_counts[at] > 0)
        submit(harness, harness->comers[at], harness->comer_counts[at]);
    harness->applied = 0;
    harness->opened_us = clock_mono_us();
    return OK;
}

static enum err shared_close(void *context, struct db *db, bool *wrote)
{
    (void)db;
    *wrote = !((struct harness *)context)->writes_nothing;
    return OK;
}

static bool shared_full(void *context)
{
    struct harness *harness = context;
    return harness->full_after > 0 && harness->applied >= harness->full_after;
}

static void shared_again(void *context)
{
    ((struct harness *)context)->agains++;
}

static enum err shared_resolve(void *context, struct db *db, bool *happened)
{
    struct harness *harness = context;
    int64_t last = 0;
    pthread_mutex_lock(&harness->mutex);
    harness->done_at_resolve = harness->done;
    harness->resolves++;
    pthread_mutex_unlock(&harness->mutex);
    if (harness->resolve_failures > 0) {
        harness->resolve_failures--;
        return harness->resolve_first;
    }
    enum err err = message_last_id(db, &last);
    *happened = last > 0;
    return err;
}

static void shared_poked(void *context, struct db *db)
{
    struct harness *harness = context;
    assert_false(db_sql(db)->v->in_transaction(db_sql(db)));
    pthread_mutex_lock(&harness->mutex);
    harness->pokes++;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static unsigned shared_crowd(void *context)
{
    struct harness *harness = context;
    harness->crowd_asked++;
    return harness->crowd;
}

static void batch_end(void *context, enum err result)
{
    struct harness *harness = context;
    pthread_mutex_lock(&harness->mutex);
    if (harness->ends < 16)
        harness->batches[harness->ends] = harness->done;
    harness->ends++;
    harness->last_end = result;
    pthread_cond_broadcast(&harness->change);
    pthread_mutex_unlock(&harness->mutex);
}

static const struct writer_shared hooks = {
    .open = shared_open,
    .close = shared_close,
    .full = shared_full,
    .again = shared_again,
    .resolve = shared_resolve,
    .poked = shared_poked,
    .crowd = shared_crowd,
};

static void harness_start(struct harness *harness, void **state, size_t queue_max)
{
    *harness = (struct harness){ .store = *state };
    script = (struct script){ 0 };
    scripted = sql_sqlite;
    scripted.shared = true;
    scripted.begin = scripted_begin;
    scripted.commit = scripted_commit;
    db_sql(harness->store->db)->v = &scripted;
    pthread_mutex_init(&harness->mutex, NULL);
    pthread_cond_init(&harness->change, NULL);
    struct writer_options options = { .queue_max = queue_max,
                                      .batch_max = 100,
                                      .db = harness->store->db,
                                      .batch_end = batch_end,
                                      .context = harness,
                                      .shared = &hooks };
    assert_ok(writer_new(&options, &harness->writer));
}

static void harness_stop(struct harness *harness)
{
    writer_free(&harness->writer);
    pthread_cond_destroy(&harness->change);
    pthread_mutex_destroy(&harness->mutex);
    db_sql(harness->store->db)->v = &sql_sqlite;
}

static void await(struct harness *harness, const size_t *number, size_t value)
{
    pthread_mutex_lock(&harness->mutex);
    while (*number < value)
        pthread_cond_wait(&harness->change, &harness->mutex);
    pthread_mutex_unlock(&harness->mutex);
}

static struct probe *probes_make(struct harness *harness, size_t count)
{
    struct probe *probes = mem_zalloc(count * sizeof(*probes));
    for (size_t i = 0; i < count; i++) {
        probes[i].job = (struct write_job){ .single = i % 2 == 0, .apply = probe_apply, .done = probe_done };
        probes[i].harness = harness;
        probes[i].id = (int64_t)i + 1;
    }
    return probes;
}

static void submit(struct harness *harness, struct probe *probes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++)
        probes[i].job.next = &probes[i + 1].job;
    assert_ok(writer_submit_all(harness->writer, &probes[0].job, &probes[count - 1].job, count));
}

static int64_t stored(struct harness *harness)
{
    return store_number(harness->store, "SELECT COUNT(*) FROM message");
}

static void an_unclear_commit_that_happened_is_not_run_again(void **state)
{
    struct harness harness;
    struct writer_stats stats;
    harness_start(&harness, state, 100);
    script.commits[0] = PLAY_KEPT_UNSURE;
    struct probe *probes = probes_make(&harness, 3);
    submit(&harness, probes, 3);
    await(&harness, &harness.ends, 1);
    assert_ok(harness.last_end);
    assert_int_equal(harness.resolves, 1);
    assert_int_equal(harness.done_at_resolve, 0);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(probes[i].job.result);
        assert_int_equal(probes[i].applied, 1);
    }
    writer_stop(harness.writer);
    writer_stats(harness.writer, &stats);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 3);
    free(probes);
}

static void an_unclear_commit_that_did_not_happen_is_run_again(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    script.commits[0] = PLAY_LOST_UNSURE;
    struct probe *probes = probes_make(&harness, 3);
    submit(&harness, probes, 3);
    await(&harness, &harness.ends, 1);
    assert_ok(harness.last_end);
    assert_int_equal(harness.agains, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_ok(probes[i].job.result);
        assert_int_equal(probes[i].applied, 2);
    }
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 3);
    free(probes);
}

static void nobody_is_told_anything_until_an_unclear_commit_is_known(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 2);
    harness.resolve_failures = 3;
    harness.resolve_first = ERR_BUSY;
    script.commits[0] = PLAY_KEPT_UNSURE;
    script.begins[1] = PLAY_BUSY; /* even the question can't be put at first */
    struct probe *probes = probes_make(&harness, 4);
    submit(&harness, probes, 1);
    await(&harness, &harness.resolves, 0);
    while (writer_trouble_ms(harness.writer) == 0)
        usleep(1000);
    assert_ok(writer_submit(harness.writer, &probes[1].job));
    assert_ok(writer_submit(harness.writer, &probes[2].job));
    assert_err(ERR_FULL, writer_submit(harness.writer, &probes[3].job));
    await(&harness, &harness.done, 3);
    await(&harness, &harness.ends, 1); /* Who came meanwhile goes along. */
    assert_int_equal(harness.resolves, 4);
    assert_int_equal(harness.done_at_resolve, 0);
    assert_int_equal(writer_trouble_ms(harness.writer), 0);
    assert_int_equal(probes[0].applied, 1);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 3);
    free(probes);
}

static void a_commit_that_can_never_be_known_is_called_that(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    harness.resolve_failures = 1;
    harness.resolve_first = ERR_NOT_FOUND;
    script.commits[0] = PLAY_LOST_UNSURE;
    struct probe *probes = probes_make(&harness, 1);
    submit(&harness, probes, 1);
    await(&harness, &harness.ends, 1);
    assert_err(ERR_UNSURE, harness.last_end);
    assert_err(ERR_UNSURE, probes[0].job.result);
    assert_int_equal(probes[0].applied, 1);
    harness_stop(&harness);
    free(probes);
}

static void a_transaction_lost_at_its_commit_is_run_again(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    script.commits[0] = PLAY_BUSY;
    script.commits[1] = PLAY_BUSY;
    struct probe *probes = probes_make(&harness, 5);
    submit(&harness, probes, 5);
    await(&harness, &harness.ends, 1);
    assert_ok(harness.last_end);
    assert_int_equal(harness.agains, 2);
    assert_int_equal(harness.resolves, 0);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(probes[i].applied, 3);
        assert_int_equal(probes[i].order, i + 1);
    }
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 5);
    free(probes);
}

static void a_batch_that_is_lost_every_time_fails(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    for (size_t i = 0; i < 10; i++)
        script.commits[i] = PLAY_BUSY;
    struct probe *probes = probes_make(&harness, 3);
    submit(&harness, probes, 2);
    await(&harness, &harness.ends, 1);
    assert_err(ERR_BUSY, harness.last_end);
    assert_err(ERR_BUSY, probes[1].job.result);
    assert_int_equal(probes[1].applied, 10);
    submit(&harness, probes + 2, 1);
    await(&harness, &harness.ends, 2);
    assert_ok(probes[2].job.result);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 1);
    free(probes);
}

static void an_unreachable_database_is_waited_for(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 2);
    for (size_t i = 0; i < 12; i++) /* more often than a batch may be lost */
        script.begins[i] = PLAY_BUSY;
    struct probe *probes = probes_make(&harness, 4);
    submit(&harness, probes, 1);
    while (writer_trouble_ms(harness.writer) == 0)
        usleep(1000);
    submit(&harness, probes + 1, 2);
    assert_err(ERR_FULL, writer_submit(harness.writer, &probes[3].job));
    await(&harness, &harness.done, 3);
    await(&harness, &harness.ends, 1); /* Who came meanwhile goes along. */
    assert_ok(harness.last_end);
    assert_int_equal(probes[0].applied, 1);
    assert_int_equal(writer_trouble_ms(harness.writer), 0);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 3);
    free(probes);
}

static void a_batch_without_writes_is_not_committed(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    harness.writes_nothing = true;
    struct probe *probes = probes_make(&harness, 3);
    submit(&harness, probes, 3);
    await(&harness, &harness.ends, 1);
    assert_ok(harness.last_end);
    assert_int_equal(harness.done, 3);
    harness_stop(&harness);
    assert_int_equal(script.committed, 0);
    assert_int_equal(stored(&harness), 0);
    free(probes);
}

static void a_batch_that_has_become_large_leaves_the_rest_to_the_next(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    harness.full_after = 4;
    script.commits[1] = PLAY_BUSY; /* the second runs again, and is cut again */
    struct probe *probes = probes_make(&harness, 10);
    submit(&harness, probes, 10);
    await(&harness, &harness.done, 10);
    await(&harness, &harness.ends, 3);
    assert_int_equal(harness.batches[0], 4);
    assert_int_equal(harness.batches[1], 8);
    assert_int_equal(harness.batches[2], 10);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(probes[i].order, i + 1);
        assert_ok(probes[i].job.result);
    }
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 10);
    free(probes);
}

static void what_comes_while_the_lock_is_waited_for_goes_along(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 200);
    struct probe *probes = probes_make(&harness, 120);
    harness.comers[0] = probes + 1;
    harness.comer_counts[0] = 119;
    submit(&harness, probes, 1);
    await(&harness, &harness.ends, 2);
    assert_int_equal(harness.batches[0], 100); /* as many as a batch may have */
    assert_int_equal(harness.batches[1], 120);
    for (size_t i = 0; i < 120; i++)
        assert_int_equal(probes[i].order, i + 1);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 120);
    free(probes);
}

static void what_comes_goes_behind_what_was_cut_off(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    harness.full_after = 2;
    script.commits[0] = PLAY_BUSY; /* the first runs again, and has left five to the next one */
    struct probe *probes = probes_make(&harness, 9);
    harness.comers[0] = probes + 1;
    harness.comer_counts[0] = 6;
    harness.comers[1] = probes + 7;
    harness.comer_counts[1] = 2;
    submit(&harness, probes, 1);
    await(&harness, &harness.done, 9);
    await(&harness, &harness.ends, 5);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(probes[i].order, i + 1);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 9);
    free(probes);
}

static void who_has_company_leaves_the_others_of_a_crowd_their_turns(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    harness.crowd = 3;
    struct probe *probes = probes_make(&harness, 4);
    int64_t before_us = clock_mono_us();
    submit(&harness, probes, 2);
    await(&harness, &harness.ends, 1);
    submit(&harness, probes + 2, 2);
    await(&harness, &harness.ends, 2);
    assert_true(harness.opened_us - before_us >= 6000); /* two milliseconds for each of them */
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 4);
    free(probes);
}

static void a_lone_job_waits_for_no_crowd(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    harness.crowd = 3;
    struct probe *probes = probes_make(&harness, 10);
    for (size_t i = 0; i < 10; i++) {
        submit(&harness, probes + i, 1);
        await(&harness, &harness.ends, i + 1);
    }
    assert_int_equal(harness.crowd_asked, 0);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 10);
    free(probes);
}

static void a_poke_is_answered_without_jobs(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    writer_poke(harness.writer);
    await(&harness, &harness.pokes, 1);
    struct probe *probes = probes_make(&harness, 1);
    submit(&harness, probes, 1);
    writer_poke(harness.writer);
    await(&harness, &harness.pokes, 2);
    await(&harness, &harness.ends, 1);
    harness_stop(&harness);
    assert_int_equal(harness.ends, 1);
    free(probes);
}

#define SHARED_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARED_TEST(an_unclear_commit_that_happened_is_not_run_again),
        SHARED_TEST(an_unclear_commit_that_did_not_happen_is_run_again),
        SHARED_TEST(nobody_is_told_anything_until_an_unclear_commit_is_known),
        SHARED_TEST(a_commit_that_can_never_be_known_is_called_that),
        SHARED_TEST(a_transaction_lost_at_its_commit_is_run_again),
        SHARED_TEST(a_batch_that_is_lost_every_time_fails),
        SHARED_TEST(an_unreachable_database_is_waited_for),
        SHARED_TEST(a_batch_without_writes_is_not_committed),
        SHARED_TEST(a_batch_that_has_become_large_leaves_the_rest_to_the_next),
        SHARED_TEST(what_comes_while_the_lock_is_waited_for_goes_along),
        SHARED_TEST(what_comes_goes_behind_what_was_cut_off),
        SHARED_TEST(who_has_company_leaves_the_others_of_a_crowd_their_turns),
        SHARED_TEST(a_lone_job_waits_for_no_crowd),
        SHARED_TEST(a_poke_is_answered_without_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
