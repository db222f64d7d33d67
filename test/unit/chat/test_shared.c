/* test_shared.c: several nodes over one store. */
#include "core_fixture.h"

#include "chat/presence.h"
#include "chat/receipt.h"
#include "chat/contact.h"
#include "route/presence.h"
#include "store/journal.h"
#include "store/node.h"

#include <stdlib.h>
#include <unistd.h>

#include "util/mem.h"

#define A "a@x.cc"
#define B "b@x.cc"
#define WAIT_MS 10000

enum { MANY = 150 };

struct pair {
    struct node *first;
    struct node *second;
    int64_t a, b;
};

static struct pair pair_start(void)
{
    struct pair pair = { .first = node_new_shared() };
    pair.a = user_make(pair.first->store, A);
    pair.b = user_make(pair.first->store, B);
    pair.second = node_beside(pair.first);
    node_start(pair.first, 1000, 16);
    node_start(pair.second, 1000, 16);
    core_settle(pair.second->core, WAIT_MS);
    return pair;
}

static void pair_free(struct pair *pair)
{
    node_free(&pair->second);
    node_free(&pair->first);
}

static int64_t first_number(struct pair *pair, const char *text)
{
    struct db *keep = pair->first->store->db;
    int64_t number;
    struct store reader = *pair->first->store;
    assert_ok(db_open(&sql_sqlite, reader.path, SQL_READER, &reader.db));
    number = store_number(&reader, text);
    db_close(&reader.db);
    pair->first->store->db = keep;
    return number;
}

/* Until the node knows of what the other committed. */
static void follow(struct node *node, struct node *other)
{
    for (int i = 0; core_published(node->core) < core_published(other->core); i++) {
        assert_true(i < WAIT_MS);
        core_follow(node->core);
        usleep(1000);
    }
}

static size_t heard_count(struct ear *ear, enum event_type type, int64_t actor, bool online)
{
    size_t count = 0;
    for (size_t i = 0; i < ear->count; i++)
        count += ear->events[i].type == type && (actor == 0 || ear->events[i].actor == actor) &&
                 (type != EVENT_PRESENCE || ear->events[i].online == online);
    return count;
}

struct counting {
    struct ear *ear;
    enum event_type type;
    int64_t actor;
    bool online;
    size_t count;
};

static void count_on_loop(void *argument)
{
    struct counting *counting = argument;
    counting->count = heard_count(counting->ear, counting->type, counting->actor, counting->online);
}

static size_t heard(struct node *node, enum event_type type, int64_t actor, bool online)
{
    struct counting counting = { &node->ears[0], type, actor, online, 0 };
    node_call(node, 0, count_on_loop, &counting);
    return counting.count;
}

static void await_heard(struct node *node, enum event_type type, int64_t actor, bool online, size_t count)
{
    for (int i = 0; heard(node, type, actor, online) < count; i++) {
        assert_true(i < WAIT_MS / 5);
        core_follow(node->core);
        usleep(5000);
    }
    assert_int_equal(heard(node, type, actor, online), count);
}

static enum err send_text(struct node *node, int64_t user, const char *from, const char *to, const char *text)
{
    struct task task;
    task_init(&task, node, 0, task_send);
    task.draft = draft_direct(user, from, to, text);
    task_submit(&task);
    return task_wait(&task);
}

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

static enum err befriend_run(struct task *task, struct core_tx *tx)
{
    struct actor actor = { task->user, str_from(A) };
    struct contact_asked asked;
    return contact_ask(tx, &actor, str_from(B), STR_NONE, &asked);
}

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
}

static void an_unclear_commit_that_did_not_happen_is_done_once(void **state)
{
    (void)state;
    unclear(COMMIT_LOST_UNSURE, 0);
    unclear(COMMIT_LOST_UNSURE, COMMIT_KEPT_UNSURE);
    unclear(COMMIT_BUSY, COMMIT_BUSY);
}

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

static enum err presence_run(struct task *task, struct core_tx *tx)
{
    return presence_changed(tx, task->user, str_from(A));
}

static void here(struct node *node, int64_t user, bool opened)
{
    struct task task;
    if (opened)
        node->router->v->session_opened(node->router, user);
    else
        node->router->v->session_closed(node->router, user);
    task_init(&task, node, 0, presence_run);
    task.user = user;
    task_submit(&task);
    assert_ok(task_wait(&task));
}

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

/* As one that is restored from a copy, or was set to lose what it acknowledged. */
static void store_forgets(struct pair *pair, const char *text)
{
    struct db *db;
    assert_ok(db_open(&sql_sqlite, pair->first->store->path, SQL_WRITER, &db));
    assert_ok(db_sql(db)->v->run(db_sql(db), text));
    db_close(&db);
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
        cmocka_unit_test(marks_are_known_everywhere_and_stored_once),
        cmocka_unit_test(a_read_mark_of_a_batch_that_ran_again_is_told),
        cmocka_unit_test(a_new_node_finds_all_marks_in_the_store),
        cmocka_unit_test(the_last_node_that_loses_a_user_tells),
        cmocka_unit_test(a_new_node_knows_who_is_here),
        cmocka_unit_test(users_of_a_dead_node_go_offline_when_its_lease_is_over),
        cmocka_unit_test(a_node_that_missed_batches_begins_anew),
        cmocka_unit_test(a_node_that_knows_more_than_the_store_begins_anew),
        cmocka_unit_test(an_idle_node_that_missed_batches_finds_out),
        cmocka_unit_test(a_node_that_leaves_is_forgotten_at_once),
        cmocka_unit_test(a_reader_waits_until_memory_is_as_new_as_its_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
