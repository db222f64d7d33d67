/* test_core_lost.c: a batch that could not be kept fails whole, is told to
 * nobody, and what it had changed in memory is forgotten. */
#include "core_fixture.h"

#include <sched.h>
#include <stdlib.h>

#include "chat/contact.h"
#include "chat/presence.h"
#include "util/mem.h"

#define A "a@x.cc"
#define B "b@x.cc"

static char *big; /* a content that needs pages */

static enum err befriend_run(struct task *task, struct core_tx *tx)
{
    return contact_add(tx, &(struct actor){ task->user, str_from(task->email) }, STR(B));
}

static enum err presence_run(struct task *task, struct core_tx *tx)
{
    struct router *router = tx->router;
    if (task->online)
        router->v->session_opened(router, task->user);
    else
        router->v->session_closed(router, task->user);
    return presence_changed(tx, task->user, str_from(task->email));
}

static enum err failing_presence_run(struct task *task, struct core_tx *tx)
{
    enum err err = presence_run(task, tx);
    return err != OK ? err : ERR_ARG;
}

static void message_task(struct task *task, struct node *node, int64_t user, const char *dst, bool large)
{
    task_init(task, node, (int)(task->user % 2), task_send);
    task->job.write.single = true;
    task->draft = draft_direct(user, A, dst, "small");
    if (large)
        task->draft.content = (struct str){ big, CONTENT_SIZE_MAX };
}

static int64_t message_sent(struct node *node, int64_t user, const char *dst)
{
    struct task task = { 0 };
    message_task(&task, node, user, dst, false);
    task_submit(&task);
    assert_ok(task_wait(&task));
    return task.seq;
}

/* Runs the tasks as one batch: the writer is held while they are submitted. */
static void batch_do(struct node *node, struct task *tasks, size_t count)
{
    struct task gate_task;
    sem_t gate;
    sem_init(&gate, 0, 0);
    task_init(&gate_task, node, 0, task_gate);
    gate_task.gate = &gate;
    task_submit(&gate_task);
    while (core_queued(node->core) > 0) /* It is its own batch. */
        sched_yield();
    for (size_t i = 0; i < count; i++)
        task_submit(&tasks[i]);
    sem_post(&gate);
    assert_ok(task_wait(&gate_task));
    for (size_t i = 0; i < count; i++)
        (void)task_wait(&tasks[i]);
    sem_destroy(&gate);
}

/* task->email is a PRAGMA: the connection is the writer's thread's. */
static enum err pragma_run(struct task *task, struct core_tx *tx)
{
    const struct sql_driver *v = db_sql(tx->db)->v;
    struct sql_stmt *stmt = NULL;
    bool row = false;
    enum err err = v->prepare(db_sql(tx->db), task->email, &stmt);
    if (err == OK)
        err = v->step(stmt, &row);
    v->finish(stmt);
    return err;
}

static void pragma_do(struct node *node, const char *text)
{
    struct task task;
    task_init(&task, node, 0, pragma_run);
    task.email = text;
    task_submit(&task);
    assert_ok(task_wait(&task));
}

/* No page more than the database has now. */
static void disk_fill(struct node *node)
{
    pragma_do(node, "PRAGMA max_page_count = 1");
}

static void disk_free(struct node *node)
{
    pragma_do(node, "PRAGMA max_page_count = 1000000");
}

static void a_lost_batch_tells_nobody_and_the_next_seq_is_right(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct task tasks[5];
    int64_t a = user_make(node->store, A);
    node_start(node, 64, 16);
    assert_int_equal(message_sent(node, a, A), 1);
    assert_int_equal(message_sent(node, a, A), 2);
    uint64_t published = core_published(node->core);
    disk_fill(node);
    for (size_t i = 0; i < 5; i++)
        message_task(&tasks[i], node, a, A, i == 3);
    batch_do(node, tasks, 5);
    for (size_t i = 0; i < 5; i++)
        assert_err(ERR_DISK_FULL, tasks[i].result);
    assert_true(core_published(node->core) == published);
    disk_free(node);
    assert_int_equal(message_sent(node, a, A), 3);
    node_stop_loops(node);
    for (size_t i = 0; i < NODE_LOOPS; i++) {
        assert_int_equal(node->ears[i].count, 3);
        assert_false(node->ears[i].disordered);
        assert_int_equal(node->ears[i].events[2].seq, 3);
        assert_int_equal(node->ears[i].events[2].id, 3);
    }
    assert_int_equal(store_number(node->store, "SELECT COUNT(*) FROM message"), 3);
    node_free(&node);
}

static void a_friendship_of_a_lost_batch_opens_no_chat(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct task tasks[3];
    struct task task;
    int64_t a = user_make(node->store, A);
    user_make(node->store, B);
    node_start(node, 64, 16);
    disk_fill(node);
    task_init(&tasks[0], node, 0, befriend_run);
    tasks[0].user = a;
    tasks[0].email = A;
    message_task(&tasks[1], node, a, B, false);
    message_task(&tasks[2], node, a, B, true);
    batch_do(node, tasks, 3);
    for (size_t i = 0; i < 3; i++)
        assert_err(ERR_DISK_FULL, tasks[i].result);
    disk_free(node);
    message_task(&task, node, a, B, false);
    task_submit(&task);
    assert_err(ERR_BLOCKED, task_wait(&task));
    task_init(&task, node, 0, befriend_run);
    task.user = a;
    task.email = A;
    task_submit(&task);
    assert_ok(task_wait(&task));
    assert_int_equal(message_sent(node, a, B), 1);
    node_free(&node);
}

static void presence_task(struct task *task, struct node *node, int64_t user, bool online)
{
    task_init(task, node, 0, presence_run);
    task->user = user;
    task->email = A;
    task->online = online;
}

static void presence_done(struct node *node, int64_t user, bool online)
{
    struct task task;
    presence_task(&task, node, user, online);
    task_submit(&task);
    assert_ok(task_wait(&task));
}

/* Friends never heard of it, so the next session is the news. */
static void presence_of_a_lost_batch_is_announced_by_the_next_session(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct task tasks[3];
    int64_t a = user_make(node->store, A);
    int64_t b = user_make(node->store, B);
    assert_ok(contact_insert(node->store->db, a, b, NOW));
    node_start(node, 64, 16);
    disk_fill(node);
    presence_task(&tasks[0], node, a, true);
    presence_task(&tasks[1], node, b, true);
    message_task(&tasks[2], node, b, B, true);
    batch_do(node, tasks, 3);
    disk_free(node);
    assert_err(ERR_DISK_FULL, tasks[0].result);
    presence_done(node, a, true);  /* told */
    presence_done(node, b, false); /* never told that it came: nothing to tell */
    presence_done(node, a, false);
    presence_done(node, a, false); /* told */
    node_stop_loops(node);
    const struct ear *ear = &node->ears[1];
    assert_int_equal(ear->count, 2);
    assert_int_equal(ear->events[0].actor, a);
    assert_true(ear->events[0].online);
    assert_int_equal(ear->events[1].actor, a);
    assert_false(ear->events[1].online);
    node_free(&node);
}

static void presence_of_a_failed_job_counts_as_untold(void **state)
{
    (void)state;
    struct node *node = node_new();
    struct task task;
    int64_t a = user_make(node->store, A);
    int64_t b = user_make(node->store, B);
    assert_ok(contact_insert(node->store->db, a, b, NOW));
    node_start(node, 64, 16);
    presence_done(node, b, true);
    presence_task(&task, node, a, true);
    task.run = failing_presence_run;
    task_submit(&task);
    assert_err(ERR_ARG, task_wait(&task));
    presence_done(node, a, true);
    node_stop_loops(node);
    assert_int_equal(node->ears[0].count, 2);
    assert_int_equal(node->ears[0].events[0].actor, b);
    assert_int_equal(node->ears[0].events[1].actor, a);
    node_free(&node);
}

static int big_make(void **state)
{
    (void)state;
    big = mem_alloc(CONTENT_SIZE_MAX);
    memset(big, 'x', CONTENT_SIZE_MAX);
    return 0;
}

static int big_free(void **state)
{
    (void)state;
    free(big);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_batch_tells_nobody_and_the_next_seq_is_right),
        cmocka_unit_test(a_friendship_of_a_lost_batch_opens_no_chat),
        cmocka_unit_test(presence_of_a_lost_batch_is_announced_by_the_next_session),
        cmocka_unit_test(presence_of_a_failed_job_counts_as_untold),
    };
    return cmocka_run_group_tests(tests, big_make, big_free);
}
