/* test_shared_people.c: how far people have read, and where they are, on several nodes. */
#include "shared_fixture.h"

#include "chat/receipt.h"
#include "route/presence.h"

#include <unistd.h>

/* ---- marks ---- */

static void marks_are_known_everywhere_and_stored_once(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    int64_t chat = chat_id_direct(pair.a, pair.a);
    for (int i = 0; i < 5; i++)
        assert_ok(send_text(pair.first, pair.b, B, B, "x"));
    follow(pair.second, pair.first);
    chat = chat_id_direct(pair.b, pair.b);
    assert_int_equal(marks_get(pair.second->marks, chat, pair.b).sent, 5);
    assert_int_equal(marks_waiting(pair.second->marks), 1);
    core_marks_flush(pair.first->core);
    assert_ok(task_do(pair.first, 0, task_nothing));
    assert_int_equal(marks_waiting(pair.first->marks), 0);
    follow(pair.second, pair.first);
    assert_int_equal(marks_waiting(pair.second->marks), 0);
    assert_int_equal(marks_get(pair.second->marks, chat, pair.b).sent, 5);
    assert_int_equal(first_number(&pair, "SELECT sent_seq FROM member WHERE sent_seq > 0"), 5);
    pair_free(&pair);
}

static enum err read_run(struct task *task, struct core_tx *tx)
{
    struct actor actor = { task->user, str_from(A) };
    int64_t peer = (int64_t)task->seq;
    struct chat_ref ref = { .chat = chat_id_direct(task->user, peer), .dst = str_from(B), .peer = peer };
    return receipt_read(tx, &actor, &ref, 1);
}

static void a_read_mark_of_a_batch_that_ran_again_is_told(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    int64_t chat = chat_id_direct(pair.a, pair.b);
    struct task task;
    task_init(&task, pair.first, 0, befriend_run);
    task.user = pair.a;
    task_submit(&task);
    assert_ok(task_wait(&task));
    assert_ok(send_text(pair.second, pair.b, B, A, "x"));
    node_commits(pair.first, COMMIT_BUSY, COMMIT_LOST_UNSURE);
    task_init(&task, pair.first, 0, read_run);
    task.user = pair.a;
    task.seq = pair.b;
    task_submit(&task);
    assert_ok(task_wait(&task));
    follow(pair.second, pair.first);
    assert_int_equal(marks_get(pair.first->marks, chat, pair.a).read, 1);
    assert_int_equal(marks_get(pair.second->marks, chat, pair.a).read, 1);
    pair_free(&pair);
}

static void a_new_node_finds_all_marks_in_the_store(void **state)
{
    (void)state;
    struct node *first = node_new_shared();
    int64_t a = user_make(first->store, A);
    node_start(first, 100, 16);
    assert_ok(send_text(first, a, A, A, "x"));
    assert_int_equal(marks_waiting(first->marks), 1);
    struct node *second = node_beside(first);
    node_start(second, 100, 16);
    for (int i = 0; marks_waiting(first->marks) > 0; i++) {
        assert_true(i < WAIT_MS);
        core_follow(first->core);
        usleep(1000);
    }
    core_settle(second->core, WAIT_MS);
    struct pair pair = { first, second, a, 0 };
    assert_int_equal(first_number(&pair, "SELECT MAX(sent_seq) FROM member"), 1);
    pair_free(&pair);
}

/* ---- presence ---- */

static void the_last_node_that_loses_a_user_tells(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    here(pair.first, pair.a, true);
    here(pair.second, pair.a, true);
    here(pair.first, pair.a, false);
    assert_true(pair.second->router->v->online(pair.second->router, pair.a));
    assert_true(pair.first->router->v->online(pair.first->router, pair.a));
    assert_int_equal(heard(pair.first, EVENT_PRESENCE, pair.a, false), 0);
    here(pair.second, pair.a, false);
    await_heard(pair.first, EVENT_PRESENCE, pair.a, false, 1);
    await_heard(pair.second, EVENT_PRESENCE, pair.a, false, 1);
    await_heard(pair.first, EVENT_PRESENCE, pair.a, true, 1);
    await_heard(pair.second, EVENT_PRESENCE, pair.a, true, 1);
    assert_false(pair.first->router->v->online(pair.first->router, pair.a));
    pair_free(&pair);
}

static void a_new_node_knows_who_is_here(void **state)
{
    (void)state;
    struct node *first = node_new_shared();
    int64_t a = user_make(first->store, A);
    node_start(first, 100, 16);
    here(first, a, true);
    struct node *second = node_beside(first);
    node_start(second, 100, 16);
    for (int i = 0; !second->router->v->online(second->router, a); i++) {
        assert_true(i < WAIT_MS);
        core_follow(first->core);
        core_follow(second->core);
        usleep(1000);
    }
    here(second, a, true); /* no news */
    here(second, a, false);
    assert_int_equal(heard(second, EVENT_PRESENCE, a, true), 0);
    assert_int_equal(heard(second, EVENT_PRESENCE, a, false), 0);
    here(first, a, false);
    await_heard(second, EVENT_PRESENCE, a, false, 1);
    struct pair pair = { first, second, a, 0 };
    pair_free(&pair);
}

static void users_of_a_dead_node_go_offline_when_its_lease_is_over(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    here(pair.second, pair.a, true);
    here(pair.second, pair.b, true);
    follow(pair.first, pair.second);
    here(pair.first, pair.b, true);
    pair.second->asleep = true;
    for (int i = 0; pair.first->router->v->online(pair.first->router, pair.a); i++) {
        assert_true(i < WAIT_MS / 10);
        core_follow(pair.first->core);
        usleep(10000);
    }
    await_heard(pair.first, EVENT_PRESENCE, pair.a, false, 1);
    assert_int_equal(heard(pair.first, EVENT_PRESENCE, pair.b, false), 0);
    assert_int_equal(first_number(&pair, "SELECT COUNT(*) FROM node"), 1);
    /* It was not dead, and finds out: its sessions begin anew, and it goes on. */
    pair.second->asleep = false;
    assert_ok(send_text(pair.second, pair.a, A, A, "alive"));
    await_heard(pair.second, EVENT_BEHIND, 0, false, 1);
    await_heard(pair.first, EVENT_MESSAGE, 0, false, 1);
    assert_int_equal(first_number(&pair, "SELECT COUNT(*) FROM node"), 2);
    assert_ok(send_text(pair.first, pair.a, A, A, "to it"));
    await_heard(pair.second, EVENT_MESSAGE, 0, false, 2);
    pair_free(&pair);
}

static void a_node_that_leaves_is_forgotten_at_once(void **state)
{
    (void)state;
    struct pair pair = pair_start();
    here(pair.second, pair.a, true);
    follow(pair.first, pair.second);
    node_stop_loops(pair.second);
    await_heard(pair.first, EVENT_PRESENCE, pair.a, false, 1);
    assert_int_equal(first_number(&pair, "SELECT COUNT(*) FROM node"), 1);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_are_known_everywhere_and_stored_once),
        cmocka_unit_test(a_read_mark_of_a_batch_that_ran_again_is_told),
        cmocka_unit_test(a_new_node_finds_all_marks_in_the_store),
        cmocka_unit_test(the_last_node_that_loses_a_user_tells),
        cmocka_unit_test(a_new_node_knows_who_is_here),
        cmocka_unit_test(users_of_a_dead_node_go_offline_when_its_lease_is_over),
        cmocka_unit_test(a_node_that_leaves_is_forgotten_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
