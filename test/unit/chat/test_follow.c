/* test_follow.c: what a node takes over of others, and what becomes of it when it missed some. */
#include "shared_fixture.h"

#include "store/journal.h"

#include <unistd.h>

/* ---- away for too long ---- */

static enum err trim_run(struct task *task, struct core_tx *tx)
{
    (void)task;
    enum err err = db_sql(tx->db)->v->run(db_sql(tx->db), "DELETE FROM journal");
    return err == OK ? meta_put(tx->db, "test", STR("something to commit")) : err;
}

static void a_node_that_missed_batches_begins_anew(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    assert_ok(send_text(pair.second, pair.a, A, A, "one"));
    pair.second->asleep = true;
    for (int i = 0; i < 3; i++)
        assert_ok(send_text(pair.first, pair.a, A, A, "missed"));
    assert_ok(task_do(pair.first, 0, trim_run));
    pair.second->asleep = false;
    assert_ok(send_text(pair.second, pair.a, A, A, "five"));
    await_heard(pair.second, EVENT_BEHIND, 0, false, 1);
    assert_int_equal(first_number(&pair, "SELECT MAX(seq) FROM message"), 5);
    assert_int_equal(first_number(&pair, "SELECT COUNT(*) FROM node"), 2);
    follow(pair.first, pair.second);
    assert_ok(send_text(pair.first, pair.a, A, A, "six"));
    await_heard(pair.second, EVENT_MESSAGE, 0, false, 3);
    assert_int_equal(heard(pair.second, EVENT_BEHIND, 0, false), 1);
    assert_int_equal(heard(pair.first, EVENT_BEHIND, 0, false), 0);
    struct shared_stats stats;
    core_shared_stats(pair.second->core, &stats);
    assert_int_equal(stats.missed, 1);
    assert_int_equal(stats.nodes, 2);
    pair_free(&pair);
}

static void a_node_that_knows_more_than_the_store_begins_anew(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    assert_ok(send_text(pair.second, pair.a, A, A, "one"));
    assert_ok(send_text(pair.second, pair.a, A, A, "two"));
    follow(pair.first, pair.second);
    store_forgets(&pair, "DELETE FROM journal WHERE number > (SELECT value - 2 FROM counter WHERE name = 'commit');"
                         "UPDATE counter SET value = value - 2 WHERE name = 'commit'");
    assert_ok(send_text(pair.second, pair.a, A, A, "three"));
    await_heard(pair.second, EVENT_BEHIND, 0, false, 1);
    assert_ok(send_text(pair.second, pair.a, A, A, "four"));
    assert_int_equal(heard(pair.second, EVENT_BEHIND, 0, false), 1);
    assert_int_equal(first_number(&pair, "SELECT MAX(seq) FROM message"), 4);
    assert_int_equal(first_number(&pair, "SELECT COUNT(*) FROM node"), 2);
    pair_free(&pair);
}

static void an_idle_node_that_missed_batches_finds_out(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    pair.second->asleep = true;
    assert_ok(send_text(pair.first, pair.a, A, A, "missed"));
    assert_ok(task_do(pair.first, 0, trim_run));
    pair.second->asleep = false;
    await_heard(pair.second, EVENT_BEHIND, 0, false, 1);
    pair_free(&pair);
}

/* ---- seen is not synced ---- */

static uint64_t syncs(struct node *node)
{
    struct shared_stats stats;
    core_shared_stats(node->core, &stats);
    return stats.syncs;
}

static void what_is_seen_of_others_is_synced_before_it_is_told(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    uint64_t before = syncs(pair.second);
    assert_ok(send_text(pair.first, pair.a, A, A, "x"));
    core_follow(pair.second->core);
    await_messages(pair.second, 1);
    assert_int_equal(syncs(pair.second), before + 1);
    core_follow_to(pair.second->core, core_published(pair.first->core) + 1); /* A reader's snapshot may have it. */
    assert_ok(send_text(pair.first, pair.a, A, A, "y"));
    core_follow_to(pair.second->core, core_published(pair.first->core));
    await_messages(pair.second, 2);
    assert_int_equal(syncs(pair.second), before + 2);
    pair_free(&pair);
}

static void what_its_author_says_is_committed_is_told_and_no_more(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    uint64_t before = syncs(pair.second);
    assert_ok(send_text(pair.first, pair.a, A, A, "x"));
    uint64_t number = core_published(pair.first->core);
    assert_ok(send_text(pair.first, pair.a, A, A, "y"));
    core_committed_elsewhere(pair.second->core, number, STR_NONE);
    await_messages(pair.second, 1);
    assert_int_equal(core_published(pair.second->core), number);
    core_committed_elsewhere(pair.second->core, core_published(pair.first->core), STR_NONE);
    await_messages(pair.second, 2);
    assert_int_equal(syncs(pair.second), before);
    pair_free(&pair);
}

static void a_look_that_can_not_sync_tells_nothing(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    assert_ok(send_text(pair.first, pair.a, A, A, "x"));
    node_commits(pair.second, COMMIT_BUSY, COMMIT_KEPT_UNSURE);
    for (int i = 0; node_commits_left(pair.second); i++) {
        assert_true(i < WAIT_MS);
        assert_int_equal(heard(pair.second, EVENT_MESSAGE, 0, false), 0);
        core_follow(pair.second->core);
        usleep(1000);
    }
    core_follow(pair.second->core);
    await_messages(pair.second, 1);
    pair_free(&pair);
}

/* Refused sends, for instance: there would be no commit to wait for. */
static void a_batch_that_only_reads_commits_what_it_took_over(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    assert_ok(send_text(pair.first, pair.a, A, A, "x"));
    uint64_t number = core_published(pair.first->core);
    assert_ok(task_do(pair.second, 0, task_nothing));
    await_messages(pair.second, 1);
    assert_int_equal(core_published(pair.second->core), number + 1);
    assert_int_equal(first_number(&pair, "SELECT value FROM counter WHERE name = 'commit'"), number + 1);
    assert_ok(task_do(pair.second, 0, task_nothing));
    assert_int_equal(first_number(&pair, "SELECT value FROM counter WHERE name = 'commit'"), number + 1);
    pair_free(&pair);
}

static void what_a_lost_batch_took_over_is_told_once(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    assert_ok(send_text(pair.first, pair.a, A, A, "x"));
    node_commits(pair.second, COMMIT_BUSY, COMMIT_LOST_UNSURE);
    assert_ok(send_text(pair.second, pair.a, A, A, "y"));
    await_messages(pair.second, 2);
    assert_int_equal(heard(pair.second, EVENT_BEHIND, 0, false), 0);
    pair_free(&pair);
}

/* The database crashed between two attempts, and the number was given again. */
static void what_the_database_lost_before_it_was_synced_is_never_told(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    assert_ok(send_text(pair.first, pair.a, A, A, "lost"));
    node_commits(pair.second, COMMIT_LOST_WITH_THE_LAST, 0);
    assert_ok(send_text(pair.second, pair.a, A, A, "mine"));
    await_messages(pair.second, 1);
    assert_int_equal(heard(pair.second, EVENT_BEHIND, 0, false), 1);
    pair_free(&pair);
}

static void held_fails(struct pair *pair)
{
    assert_ok(send_text(pair->first, pair->a, A, A, "x"));
    node_commits(pair->second, COMMIT_BUSY_ALWAYS, 0);
    assert_err(ERR_BUSY, send_text(pair->second, pair->a, A, A, "y"));
    assert_int_equal(heard(pair->second, EVENT_MESSAGE, 0, false), 0);
    node_commits(pair->second, 0, 0);
}

static void a_look_tells_what_a_failed_batch_took_over(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    held_fails(&pair);
    core_committed_elsewhere(pair.second->core, core_published(pair.first->core), STR_NONE);
    await_messages(pair.second, 1);
    assert_int_equal(heard(pair.second, EVENT_BEHIND, 0, false), 0);
    pair_free(&pair);
}

static void a_look_finds_what_a_failed_batch_took_over_gone(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    held_fails(&pair);
    store_forgets(&pair, LOSE_THE_LAST);
    core_committed_elsewhere(pair.second->core, core_published(pair.first->core), STR_NONE);
    await_heard(pair.second, EVENT_BEHIND, 0, false, 1);
    assert_int_equal(heard(pair.second, EVENT_MESSAGE, 0, false), 0);
    pair_free(&pair);
}

static void what_the_database_lost_leaves_no_mark(void **state)
{
    (void)state;
    struct pair pair = pair_asleep(false);
    int64_t chat = chat_id_direct(pair.a, pair.a);
    held_fails(&pair);
    assert_int_equal(marks_get(pair.second->marks, chat, pair.a).sent, 1);
    store_forgets(&pair, "DELETE FROM message;"
                         "DELETE FROM journal WHERE number = (SELECT value FROM counter WHERE name = 'commit');"
                         "UPDATE counter SET value = value - 1 WHERE name = 'commit'");
    await_heard(pair.second, EVENT_BEHIND, 0, false, 1);
    assert_int_equal(marks_get(pair.second->marks, chat, pair.a).sent, 0);
    assert_int_equal(marks_waiting(pair.second->marks), 0);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_missed_batches_begins_anew),
        cmocka_unit_test(a_node_that_knows_more_than_the_store_begins_anew),
        cmocka_unit_test(an_idle_node_that_missed_batches_finds_out),
        cmocka_unit_test(what_is_seen_of_others_is_synced_before_it_is_told),
        cmocka_unit_test(what_its_author_says_is_committed_is_told_and_no_more),
        cmocka_unit_test(a_look_that_can_not_sync_tells_nothing),
        cmocka_unit_test(a_batch_that_only_reads_commits_what_it_took_over),
        cmocka_unit_test(what_a_lost_batch_took_over_is_told_once),
        cmocka_unit_test(what_the_database_lost_before_it_was_synced_is_never_told),
        cmocka_unit_test(a_look_tells_what_a_failed_batch_took_over),
        cmocka_unit_test(a_look_finds_what_a_failed_batch_took_over_gone),
        cmocka_unit_test(what_the_database_lost_leaves_no_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
