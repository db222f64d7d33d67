/* test_writer_shared.c: transactions that are lost, and commits of which nobody knows. */
#include "writer_fixture.h"

#include <stdlib.h>
#include <unistd.h>

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
