/* test_shared.c: several nodes over one store: one order, one memory. */
#include "shared_fixture.h"

#include "util/mem.h"

#include <stdlib.h>
#include <unistd.h>

enum { MANY = 150 };

/* ---- one order ---- */

struct sender {
    struct node *node;
    int64_t user;
    struct task tasks[MANY];
};

static void *send_many(void *argument)
{
    struct sender *sender = argument;
    for (size_t i = 0; i < MANY; i++) {
        struct task *task = &sender->tasks[i];
        task_init(task, sender->node, (int)(i % NODE_LOOPS), task_send);
        task->job.write.single = true;
        task->draft = draft_direct(sender->user, A, A, "x");
        while (core_submit(sender->node->core, &task->job) == ERR_FULL)
            usleep(200);
        if (i % 10 == 0)
            usleep(500);
    }
    return NULL;
}

static void ears_agree(const struct ear *one, const struct ear *other)
{
    size_t j = 0;
    for (size_t i = 0; i < one->count; i++) {
        if (one->events[i].type != EVENT_MESSAGE)
            continue;
        while (j < other->count && other->events[j].type != EVENT_MESSAGE)
            j++;
        assert_true(j < other->count);
        assert_int_equal(one->events[i].seq, other->events[j].seq);
        assert_int_equal(one->events[i].id, other->events[j].id);
        assert_true(one->events[i].number == other->events[j].number);
        j++;
    }
}

static void two_nodes_hear_all_messages_in_one_order(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    struct sender *senders = mem_zalloc(2 * sizeof(*senders));
    pthread_t threads[2];
    senders[0] = (struct sender){ .node = pair.first, .user = pair.a };
    senders[1] = (struct sender){ .node = pair.second, .user = pair.a };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, &senders[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < MANY; j++) {
            assert_ok(task_wait(&senders[i].tasks[j]));
            assert_true(senders[i].tasks[j].heard_before);
        }
    await_heard(pair.first, EVENT_MESSAGE, 0, false, 2 * MANY);
    await_heard(pair.second, EVENT_MESSAGE, 0, false, 2 * MANY);
    node_stop_loops(pair.second);
    node_stop_loops(pair.first);
    for (size_t i = 0; i < NODE_LOOPS; i++) {
        assert_false(pair.first->ears[i].disordered);
        assert_false(pair.second->ears[i].disordered);
        ears_agree(&pair.first->ears[i], &pair.second->ears[i]);
        int64_t seq = 0;
        for (size_t j = 0; j < pair.first->ears[i].count; j++)
            if (pair.first->ears[i].events[j].type == EVENT_MESSAGE)
                assert_int_equal(pair.first->ears[i].events[j].seq, ++seq);
    }
    free(senders);
    pair_free(&pair);
}

static void heads_move_on_all_nodes(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    int64_t chat = chat_id_direct(pair.a, pair.a);
    struct head head;
    heads_offer(pair.second->heads, heads_mark(pair.second->heads), chat, (struct head){ 0, 0 });
    for (int i = 0; i < 3; i++)
        assert_ok(send_text(pair.first, pair.a, A, A, "x"));
    follow(pair.second, pair.first);
    assert_true(heads_get(pair.second->heads, chat, &head));
    assert_int_equal(head.seq, 3);
    assert_ok(send_text(pair.second, pair.a, A, A, "x"));
    follow(pair.first, pair.second);
    assert_int_equal(first_number(&pair, "SELECT MAX(seq) FROM message"), 4);
    assert_int_equal(first_number(&pair, "SELECT MAX(id) FROM message"), 4);
    pair_free(&pair);
}

/* ---- what is remembered ---- */

static void what_one_node_changes_the_other_forgets(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    assert_err(ERR_BLOCKED, send_text(pair.second, pair.a, A, B, "no friend yet"));
    struct task task;
    task_init(&task, pair.first, 0, befriend_run);
    task.user = pair.a;
    task_submit(&task);
    assert_ok(task_wait(&task));
    assert_ok(send_text(pair.second, pair.a, A, B, "now"));
    pair_free(&pair);
}

static void a_node_alone_leaves_its_events_out_until_another_comes(void **state)
{
    (void)state;
    struct node *first = node_new_shared();
    int64_t a = user_make(first->store, A);
    node_start(first, 100, 16);
    assert_ok(send_text(first, a, A, A, "alone"));
    struct node *second = node_beside(first);
    node_start(second, 100, 16);
    core_settle(second->core, WAIT_MS);
    assert_ok(send_text(first, a, A, A, "together"));
    await_heard(second, EVENT_MESSAGE, 0, false, 1);
    assert_int_equal(heard(second, EVENT_BEHIND, 0, false), 0);
    struct pair pair = { first, second, a, 0 };
    assert_int_equal(first_number(&pair, "SELECT COUNT(*) FROM journal WHERE flags = 1 AND LENGTH(events) = 0"), 1);
    pair_free(&pair);
}

static void a_batch_that_only_reads_leaves_no_row(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    bool left_none = false;
    for (int i = 0; i < 20 && !left_none; i++) { /* unless a chore of the two comes in between */
        int64_t before = first_number(&pair, "SELECT value FROM counter WHERE name = 'commit'");
        assert_ok(task_do(pair.first, 0, task_nothing));
        left_none = first_number(&pair, "SELECT value FROM counter WHERE name = 'commit'") == before;
    }
    assert_true(left_none);
    pair_free(&pair);
}

/* ---- commits that go wrong ---- */

static void unclear(int first, int second)
{
    struct pair pair = pair_start();
    assert_ok(send_text(pair.first, pair.a, A, A, "before"));
    node_commits(pair.first, first, second);
    assert_ok(send_text(pair.first, pair.a, A, A, "unclear"));
    assert_ok(send_text(pair.second, pair.a, A, A, "after"));
    await_heard(pair.first, EVENT_MESSAGE, 0, false, 3);
    await_heard(pair.second, EVENT_MESSAGE, 0, false, 3);
    assert_int_equal(first_number(&pair, "SELECT COUNT(*) FROM message WHERE content = 'unclear'"), 1);
    assert_int_equal(first_number(&pair, "SELECT MAX(seq) FROM message"), 3);
    pair_free(&pair);
}

static void an_unclear_commit_that_happened_is_told_once(void **state)
{
    (void)state;
    unclear(COMMIT_KEPT_UNSURE, 0);
    unclear(COMMIT_KEPT_UNSURE, COMMIT_BUSY); /* What was seen counts once something has been committed behind it. */
    unclear(COMMIT_KEPT_UNSURE, COMMIT_LOST_UNSURE);
}

static void an_unclear_commit_that_did_not_happen_is_done_once(void **state)
{
    (void)state;
    unclear(COMMIT_LOST_UNSURE, 0);
    unclear(COMMIT_LOST_UNSURE, COMMIT_KEPT_UNSURE);
    unclear(COMMIT_BUSY, COMMIT_BUSY);
}

/* ---- readers ---- */

static void a_reader_waits_until_memory_is_as_new_as_its_snapshot(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    struct db *reader = NULL;
    uint64_t number = 0;
    int64_t chat = chat_id_direct(pair.a, pair.a);
    assert_ok(db_open(&sql_sqlite, pair.first->store->path, SQL_READER, &reader));
    for (int i = 0; i < 20; i++) {
        assert_ok(send_text(pair.first, pair.a, A, A, "x"));
        assert_ok(core_read_begin(pair.second->core, reader, &number));
        assert_true(core_published(pair.second->core) >= number);
        assert_true(number >= core_published(pair.first->core));
        assert_int_equal(marks_get(pair.second->marks, chat, pair.a).sent, i + 1);
        db_read_end(reader);
    }
    db_close(&reader);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_nodes_hear_all_messages_in_one_order),
        cmocka_unit_test(heads_move_on_all_nodes),
        cmocka_unit_test(what_one_node_changes_the_other_forgets),
        cmocka_unit_test(a_node_alone_leaves_its_events_out_until_another_comes),
        cmocka_unit_test(a_batch_that_only_reads_leaves_no_row),
        cmocka_unit_test(an_unclear_commit_that_happened_is_told_once),
        cmocka_unit_test(an_unclear_commit_that_did_not_happen_is_done_once),
        cmocka_unit_test(a_reader_waits_until_memory_is_as_new_as_its_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
