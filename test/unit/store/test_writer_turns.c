/* test_writer_turns.c: what goes into one batch where writers take turns. */
#include "writer_fixture.h"

#include "os/clock.h"

#include <stdlib.h>

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

static void nobody_joins_a_batch_that_was_lost(void **state)
{
    struct harness harness;
    harness_start(&harness, state, 100);
    script.commits[0] = PLAY_BUSY;
    struct probe *probes = probes_make(&harness, 3);
    harness.comers[1] = probes + 1;
    harness.comer_counts[1] = 2;
    submit(&harness, probes, 1);
    await(&harness, &harness.done, 3);
    await(&harness, &harness.ends, 1);
    assert_int_equal(harness.batches[0], 1);
    harness_stop(&harness);
    assert_int_equal(stored(&harness), 3);
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
        SHARED_TEST(a_batch_without_writes_is_not_committed),
        SHARED_TEST(a_batch_that_has_become_large_leaves_the_rest_to_the_next),
        SHARED_TEST(what_comes_while_the_lock_is_waited_for_goes_along),
        SHARED_TEST(nobody_joins_a_batch_that_was_lost),
        SHARED_TEST(what_comes_goes_behind_what_was_cut_off),
        SHARED_TEST(who_has_company_leaves_the_others_of_a_crowd_their_turns),
        SHARED_TEST(a_lone_job_waits_for_no_crowd),
        SHARED_TEST(a_poke_is_answered_without_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
