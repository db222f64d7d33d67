/* test_core.c: jobs in, one mail per loop out. */
#include "core_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "util/mem.h"

#define A "a@x.cc"

enum { MANY = 400 };

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
    }
    return NULL;
}

/* Every loop got every message once, and in the same order as every other. */
static void ears_agree(struct node *node, size_t messages)
{
    const struct ear *first = &node->ears[0];
    for (size_t i = 0; i < NODE_LOOPS; i++) {
        const struct ear *ear = &node->ears[i];
        assert_false(ear->disordered);
        assert_int_equal(ear->count, messages);
        for (size_t j = 0; j < messages; j++) {
            assert_int_equal(ear->events[j].id, (int64_t)j + 1);
            assert_true(ear->events[j].number == first->events[j].number);
            assert_true(ear->events[j].chat == first->events[j].chat);
        }
    }
}

static void every_loop_is_told_each_batch_once_and_in_order(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct sender *senders = mem_zalloc(2 * sizeof(*senders));
    pthread_t threads[2];
    senders[0] = (struct sender){ .node = node, .user = user_make(node->store, A) };
    senders[1] = senders[0];
    node_start(node, 64, 16);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, send_many, &senders[i]), 0);
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < MANY; j++) {
            struct task *task = &senders[i].tasks[j];
            assert_ok(task_wait(task));
            assert_true(task->right_thread);
            assert_true(task->heard_before);
            assert_int_equal(task->finished_calls, 1);
            if (j > 0) /* A sender's messages keep their order. */
                assert_true(task->seq > senders[i].tasks[j - 1].seq);
        }
    node_stop_loops(node);
    ears_agree(node, 2 * MANY);
    assert_true(core_published(node->core) == node->ears[0].last_number);
    free(senders);
    node_free(&node);
}

static void a_job_without_a_loop_is_finished_on_the_writers_thread(void **state)
{
    (void)state;
    struct node *node = node_new();
    node_start(node, 64, 16);
    assert_ok(task_do(node, -1, task_nothing));
    node_free(&node);
}

static void what_tells_nothing_has_no_number(void **state)
{
    (void)state;
    struct node *node = node_new();
    int64_t a = user_make(node->store, A);
    struct task task;
    node_start(node, 64, 16);
    assert_true(core_published(node->core) == 0);
    assert_ok(task_do(node, 0, task_nothing));
    task_init(&task, node, 1, task_send);
    task.draft = draft_direct(a, A, "nobody@x.cc", "x");
    task_submit(&task);
    assert_err(ERR_NOT_FOUND, task_wait(&task));
    assert_true(core_published(node->core) == 0);
    task_init(&task, node, 1, task_send);
    task.draft = draft_direct(a, A, A, "x");
    task_submit(&task);
    assert_ok(task_wait(&task));
    assert_true(core_published(node->core) == 1);
    node_stop_loops(node);
    ears_agree(node, 1); /* the loop that asked for nothing, too */
    node_free(&node);
}

/* core.h: a snapshot opened after core_published() said n holds everything up to batch n. */
static void what_is_published_is_on_disk(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct sender *sender = mem_zalloc(sizeof(*sender));
    struct arena arena = { 0 };
    pthread_t thread;
    *sender = (struct sender){ .node = node, .user = user_make(node->store, A) };
    node_start(node, 1000, 1); /* A batch a message: number n is the n-th. */
    struct db *reader = store_reader(node->store);
    assert_int_equal(pthread_create(&thread, NULL, send_many, sender), 0);
    for (uint64_t published = 0; published < MANY;) {
        int64_t head = 0;
        published = core_published(node->core);
        assert_ok(message_head(reader, chat_id_direct(sender->user, sender->user), &head));
        assert_true((uint64_t)head >= published);
    }
    pthread_join(thread, NULL);
    for (size_t i = 0; i < MANY; i++)
        assert_ok(task_wait(&sender->tasks[i]));
    arena_release(&arena);
    free(sender);
    node_free(&node);
}

static enum err told_then_failed(struct task *task, struct core_tx *tx)
{
    event_add(tx->events, EVENT_USER_ENDED)->actor = 99;
    event_add(tx->events, EVENT_USER_ENDED)->actor = 99;
    enum err err = user_set_password(tx->db, task->user, STR("undone"));
    return err != OK ? err : ERR_ARG;
}

static void a_failed_job_leaves_no_event_and_no_gap_beside_others(void **state)
{
    (void)state;
    struct node *node = node_new();
    int64_t a = user_make(node->store, A);
    int64_t b = user_make(node->store, "b@x.cc");
    struct task tasks[7];
    sem_t gate;
    sem_init(&gate, 0, 0);
    node_start(node, 64, 16);
    for (size_t i = 0; i < 7; i++)
        task_init(&tasks[i], node, (int)(i % 2), task_send);
    tasks[0].run = task_gate; /* What follows is one batch. */
    tasks[0].gate = &gate;
    tasks[1].draft = draft_direct(a, A, A, "one");
    tasks[2].draft = draft_direct(b, "b@x.cc", A, "a stranger's");
    tasks[3].draft = draft_direct(a, A, A, "two");
    tasks[4].run = told_then_failed;
    tasks[4].user = a;
    tasks[5].draft = draft_group(b, "b@x.cc", "1000", "no member's");
    tasks[6].draft = draft_direct(a, A, A, "three");
    for (size_t i = 0; i < 7; i++)
        task_submit(&tasks[i]);
    sem_post(&gate);
    static const enum err expected[] = { OK, OK, ERR_BLOCKED, OK, ERR_ARG, ERR_NOT_MEMBER, OK };
    for (size_t i = 0; i < 7; i++)
        assert_err(expected[i], task_wait(&tasks[i]));
    assert_int_equal(tasks[6].seq, 3);
    node_stop_loops(node);
    ears_agree(node, 3);
    struct str hash;
    assert_ok(user_password(node->store->db, &node->store->arena, a, &hash));
    assert_str("hash", hash);
    sem_destroy(&gate);
    node_free(&node);
}

static void a_full_queue_takes_no_job(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct task gate_task;
    struct task tasks[3];
    sem_t gate;
    sem_init(&gate, 0, 0);
    node_start(node, 2, 1);
    task_init(&gate_task, node, 0, task_gate);
    gate_task.gate = &gate;
    task_submit(&gate_task);
    while (core_queued(node->core) > 0) /* The writer has it in its hands. */
        usleep(200);
    for (size_t i = 0; i < 3; i++)
        task_init(&tasks[i], node, 0, task_nothing);
    task_submit(&tasks[0]);
    task_submit(&tasks[1]);
    assert_int_equal(core_queued(node->core), 2);
    assert_err(ERR_FULL, core_submit(node->core, &tasks[2].job));
    sem_post(&gate);
    assert_ok(task_wait(&gate_task));
    assert_ok(task_wait(&tasks[0]));
    assert_ok(task_wait(&tasks[1]));
    assert_int_equal(tasks[2].finished_calls, 0);
    task_submit(&tasks[2]);
    assert_ok(task_wait(&tasks[2]));
    sem_destroy(&gate);
    node_free(&node);
}

struct pushes {
    struct node *node;
    struct task *tasks;
    size_t count;
};

static void push_all(void *argument)
{
    struct pushes *pushes = argument;
    for (size_t i = 0; i < pushes->count; i++)
        core_outbox_push(&pushes->node->outboxes[0], &pushes->tasks[i].job);
}

static void what_a_turn_pushed_is_one_batch_in_its_order(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct task tasks[10];
    struct writer_stats before;
    struct writer_stats after;
    int64_t a = user_make(node->store, A);
    node_start(node, 64, 16);
    assert_ok(task_do(node, 0, task_nothing));
    assert_ok(task_do(node, 0, task_nothing)); /* The first one's batch is counted by now. */
    core_stats(node->core, &before);
    for (size_t i = 0; i < 10; i++) {
        task_init(&tasks[i], node, 0, task_send);
        tasks[i].draft = draft_direct(a, A, A, "x");
    }
    node_call(node, 0, push_all, &(struct pushes){ node, tasks, 10 });
    for (size_t i = 0; i < 10; i++) {
        assert_ok(task_wait(&tasks[i]));
        assert_int_equal(tasks[i].seq, (int64_t)i + 1);
    }
    node_stop_loops(node);
    core_stats(node->core, &after);
    assert_true(after.jobs - before.jobs >= 10);
    for (size_t i = 1; i < 10; i++)
        assert_true(node->ears[0].events[i].number == node->ears[0].events[0].number);
    node_free(&node);
}

static void an_outbox_that_is_not_taken_finishes_every_job(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct task tasks[5];
    node_start(node, 4, 4);
    for (size_t i = 0; i < 5; i++)
        task_init(&tasks[i], node, 0, task_nothing);
    node_call(node, 0, push_all, &(struct pushes){ node, tasks, 5 }); /* one over the bound: all or none */
    for (size_t i = 0; i < 5; i++) {
        assert_err(ERR_FULL, task_wait(&tasks[i]));
        assert_true(tasks[i].right_thread);
        assert_int_equal(tasks[i].finished_calls, 1);
        task_init(&tasks[i], node, 0, task_nothing);
    }
    node_call(node, 0, push_all, &(struct pushes){ node, tasks, 4 }); /* It goes on working. */
    for (size_t i = 0; i < 4; i++)
        assert_ok(task_wait(&tasks[i]));

    node_stop_core(node);
    for (size_t i = 0; i < 5; i++)
        task_init(&tasks[i], node, 0, task_nothing);
    node_call(node, 0, push_all, &(struct pushes){ node, tasks, 3 });
    for (size_t i = 0; i < 3; i++)
        assert_err(ERR_CLOSED, task_wait(&tasks[i]));
    assert_err(ERR_CLOSED, core_submit(node->core, &tasks[3].job));
    node_free(&node);
}

static void what_was_taken_before_the_stop_is_kept_and_told(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct sender *sender = mem_zalloc(sizeof(*sender));
    *sender = (struct sender){ .node = node, .user = user_make(node->store, A) };
    node_start(node, 1000, 16);
    send_many(sender);
    node_stop_core(node);
    node_stop_loops(node); /* The loops had not taken all their mail: their end does. */
    for (size_t i = 0; i < MANY; i++)
        assert_ok(task_wait(&sender->tasks[i]));
    ears_agree(node, MANY);
    assert_int_equal(store_number(node->store, "SELECT COUNT(*) FROM message"), MANY);
    free(sender);
    node_free(&node);
}

/* Housekeeping flushes every few seconds; nobody does here. */
static void marks_that_reach_their_bound_are_flushed_by_the_next_batch(void **state)
{
    (void)state;
    struct node *node = node_new();
    node_start(node, 64, 16);
    for (size_t i = 0; i < MARKS_WAITING_MAX - 1; i++)
        marks_move(node->marks, 1000 + (int64_t)i, 1, 1, 0);
    assert_ok(task_do(node, 0, task_nothing));
    assert_ok(task_do(node, 0, task_nothing));
    assert_int_equal(marks_waiting(node->marks), MARKS_WAITING_MAX - 1);
    marks_move(node->marks, 999, 1, 1, 0);
    assert_ok(task_do(node, 0, task_nothing));
    for (unsigned i = 0; i < 2000 && marks_waiting(node->marks) > 0; i++)
        usleep(10000);
    assert_int_equal(marks_waiting(node->marks), 0);
    node_stop_core(node);
    node_stop_loops(node);
    node_free(&node);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loop_is_told_each_batch_once_and_in_order),
        cmocka_unit_test(a_job_without_a_loop_is_finished_on_the_writers_thread),
        cmocka_unit_test(what_tells_nothing_has_no_number),
        cmocka_unit_test(what_is_published_is_on_disk),
        cmocka_unit_test(a_failed_job_leaves_no_event_and_no_gap_beside_others),
        cmocka_unit_test(a_full_queue_takes_no_job),
        cmocka_unit_test(what_a_turn_pushed_is_one_batch_in_its_order),
        cmocka_unit_test(an_outbox_that_is_not_taken_finishes_every_job),
        cmocka_unit_test(what_was_taken_before_the_stop_is_kept_and_told),
        cmocka_unit_test(marks_that_reach_their_bound_are_flushed_by_the_next_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
