/* core_fixture.c: see core_fixture.h. */
#include "core_fixture.h"

#include "chat/carried.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

static void deliver(void *context, const struct event_list *events, uint64_t number)
{
    struct ear *ear = context;
    if (ear->gaps ? number <= ear->last_number : number != ear->last_number + 1)
        ear->disordered = true;
    ear->last_number = number;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *event = &events->items[i];
        if (ear->count == ear->capacity) {
            ear->capacity = ear->capacity == 0 ? 64 : ear->capacity * 2;
            ear->events = mem_realloc(ear->events, ear->capacity * sizeof(ear->events[0]));
        }
        ear->events[ear->count++] = (struct heard){
            number, event->type, event->chat, event->seq, event->id, event->actor, event->online,
        };
    }
}

static void *loop_thread(void *loop)
{
    loop_run(loop);
    return NULL;
}

/* ---- several nodes over one file ---- */

static struct sql_driver shared_driver;
static struct {
    pthread_mutex_t lock;
    struct sql *sql;
    int outcomes[2];
} commits = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void commits_set(struct sql *sql, int first, int second)
{
    pthread_mutex_lock(&commits.lock);
    commits.sql = sql;
    commits.outcomes[0] = first;
    commits.outcomes[1] = second;
    pthread_mutex_unlock(&commits.lock);
}

static int commits_take(const struct sql *sql)
{
    pthread_mutex_lock(&commits.lock);
    int outcome = sql == commits.sql ? commits.outcomes[0] : 0;
    if (sql == commits.sql && outcome != COMMIT_BUSY_ALWAYS) {
        commits.outcomes[0] = commits.outcomes[1];
        commits.outcomes[1] = 0;
    }
    pthread_mutex_unlock(&commits.lock);
    return outcome;
}

static enum err nothing_maintain(struct sql *sql, bool final)
{
    (void)sql;
    (void) final;
    return OK; /* Two connections that checkpoint are not what SQLite is used for here. */
}

static enum err scripted_commit(struct sql *sql)
{
    int outcome = commits_take(sql);
    if (outcome == COMMIT_LOST_UNSURE || outcome == COMMIT_BUSY) {
        sql_sqlite.rollback(sql);
        return outcome == COMMIT_BUSY ? ERR_BUSY : ERR_UNSURE;
    }
    if (outcome == COMMIT_BUSY_ALWAYS || outcome == COMMIT_LOST_WITH_THE_LAST) {
        sql_sqlite.rollback(sql);
        if (outcome == COMMIT_LOST_WITH_THE_LAST)
            assert_ok(sql_sqlite.run(sql, LOSE_THE_LAST));
        return ERR_BUSY;
    }
    enum err err = sql_sqlite.commit(sql);
    return err == OK && outcome == COMMIT_KEPT_UNSURE ? ERR_UNSURE : err;
}

void node_commits(struct node *node, int first, int second)
{
    commits_set(db_sql(node->db), first, second);
}

bool node_commits_left(const struct node *node)
{
    pthread_mutex_lock(&commits.lock);
    bool left = commits.sql == db_sql(node->db) && commits.outcomes[0] != 0;
    pthread_mutex_unlock(&commits.lock);
    return left;
}

static void share(struct db *db)
{
    db_sql(db)->v = &shared_driver;
}

struct node *node_new_shared(void)
{
    struct node *node = node_new();
    shared_driver = sql_sqlite;
    shared_driver.shared = true;
    shared_driver.maintain = nothing_maintain;
    shared_driver.commit = scripted_commit;
    node->shared = true;
    store_share(node->store);
    share(node->db);
    commits_set(NULL, 0, 0);
    return node;
}

struct node *node_beside(struct node *first)
{
    struct node *node = mem_zalloc(sizeof(*node));
    node->store = first->store;
    node->shared = true;
    assert_ok(db_open(&sql_sqlite, first->store->path, SQL_WRITER, &node->db));
    share(node->db);
    node->router = router_local_new();
    node->heads = heads_new();
    node->marks = marks_new();
    pthread_mutex_init(&node->outgoing_lock, NULL);
    return node;
}

static const unsigned char carry_key[CARRIED_KEY_SIZE] = "a key that nodes share, in tests";

/* A router's place is not in the node, so that it is found by its address. */
static struct {
    struct router *router;
    struct node *node;
} carriers[2];

static void outgoing_add(struct router *router, uint64_t number, struct str row)
{
    (void)number;
    struct node *node = carriers[carriers[0].router == router ? 0 : 1].node;
    pthread_mutex_lock(&node->outgoing_lock);
    buf_append_str(&node->outgoing, row);
    pthread_mutex_unlock(&node->outgoing_lock);
}

struct buf node_outgoing(struct node *node)
{
    pthread_mutex_lock(&node->outgoing_lock);
    struct buf outgoing = node->outgoing;
    node->outgoing = (struct buf){ 0 };
    pthread_mutex_unlock(&node->outgoing_lock);
    return outgoing;
}

static void outgoing_collect(struct node *node)
{
    static struct router_ops ops;
    ops = *node->router->v;
    ops.committed = outgoing_add;
    node->router->v = &ops;
    size_t place = node->db == node->store->db ? 0 : 1;
    carriers[place].router = node->router;
    carriers[place].node = node;
}

static void node_join(struct node *node)
{
    char name[32];
    snprintf(name, sizeof(name), "%p", (void *)node);
    struct shared_options options = { .name = name,
                                      .lease_ms = node->lease_ms > 0 ? node->lease_ms : NODE_LEASE_MS,
                                      .keep_ms = 60000,
                                      .carry_key = node->carries ? carry_key : NULL };
    if (node->carries)
        outgoing_collect(node);
    assert_ok(shared_join(node->db, &options, &node->joined));
    node->joined.options.name = "a node that joined again";
    for (unsigned i = 0; i < NODE_LOOPS; i++) {
        node->ears[i].gaps = true;
        node->ears[i].last_number = node->joined.number;
    }
}

/* ---- one ---- */

struct node *node_new(void)
{
    struct node *node = mem_zalloc(sizeof(*node));
    void *store;
    store_setup(&store);
    node->store = store;
    node->db = node->store->db;
    node->router = router_local_new();
    node->heads = heads_new();
    node->marks = marks_new();
    pthread_mutex_init(&node->outgoing_lock, NULL);
    return node;
}

/* What a timer does in a server. */
static void *poke(void *argument)
{
    struct node *node = argument;
    while (!node->ended) {
        if (!node->asleep)
            core_follow(node->core);
        atomic_fetch_add(&node->rounds, 1);
        usleep(10000);
    }
    return NULL;
}

void node_start(struct node *node, size_t queue_max, size_t batch_max)
{
    for (unsigned i = 0; i < NODE_LOOPS; i++) {
        node->loops[i] = loop_new(i);
        node->contexts[i] = &node->ears[i];
    }
    if (node->shared)
        node_join(node);
    struct core_options options = {
        .shared = node->shared ? &node->joined : NULL,
        .db = node->db,
        .queue_max = queue_max,
        .batch_max = batch_max,
        .policy = { .group_size_max = 100000 },
        .router = node->router,
        .heads = node->heads,
        .marks = node->marks,
        .loops = node->loops,
        .loop_count = NODE_LOOPS,
        .deliver = deliver,
        .deliver_contexts = node->contexts,
    };
    assert_ok(core_new(&options, &node->core));
    for (unsigned i = 0; i < NODE_LOOPS; i++) {
        node->outboxes[i] = (struct core_outbox){ .core = node->core, .loop = node->loops[i] };
        assert_int_equal(pthread_create(&node->threads[i], NULL, loop_thread, node->loops[i]), 0);
    }
    node->running = true;
    if (node->shared)
        assert_int_equal(pthread_create(&node->poker, NULL, poke, node), 0);
}

void node_fall_asleep(struct node *node)
{
    node->asleep = true;
    for (unsigned before = node->rounds; node->rounds - before < 2;)
        usleep(1000); /* It may be about to look a last time. */
    assert_ok(task_do(node, 0, task_nothing));
    assert_ok(task_do(node, 0, task_nothing)); /* What was asked of it before the first is done before this one. */
}

void node_stop_core(struct node *node)
{
    if (node->shared) {
        node->ended = true;
        pthread_join(node->poker, NULL);
    }
    core_stop(node->core);
    node->stopped = true;
}

void node_stop_loops(struct node *node)
{
    if (!node->running)
        return;
    if (!node->stopped)
        node_stop_core(node);
    for (unsigned i = 0; i < NODE_LOOPS; i++)
        loop_stop(node->loops[i]);
    for (unsigned i = 0; i < NODE_LOOPS; i++) {
        pthread_join(node->threads[i], NULL);
        loop_free(&node->loops[i]); /* takes the mail that is still there */
    }
    node->running = false;
}

void node_free(struct node **out)
{
    struct node *node = *out;
    node_stop_loops(node);
    bool first = node->db == node->store->db;
    arena_release(&node->joined.arena);
    core_free(&node->core);
    if (first)
        node->store->db = NULL; /* went with the core */
    router_free(&node->router);
    heads_free(&node->heads);
    marks_free(&node->marks);
    for (unsigned i = 0; i < NODE_LOOPS; i++)
        free(node->ears[i].events);
    buf_release(&node->outgoing);
    pthread_mutex_destroy(&node->outgoing_lock);
    void *store = node->store;
    if (first)
        store_teardown(&store);
    free(node);
    *out = NULL;
}

static enum err task_run(struct core_job *job, struct core_tx *tx)
{
    struct task *task = (struct task *)job;
    return task->run(task, tx);
}

static void task_finished(struct core_job *job)
{
    struct task *task = (struct task *)job;
    struct node *node = task->node;
    task->result = job->write.result;
    task->finished_calls++;
    if (task->where >= 0) {
        const struct ear *ear = &node->ears[task->where];
        task->right_thread = pthread_equal(pthread_self(), node->threads[task->where]) != 0;
        for (size_t i = 0; i < ear->count; i++)
            if (ear->events[i].type == EVENT_MESSAGE && ear->events[i].seq == task->seq)
                task->heard_before = true;
    }
    sem_post(&task->finished);
}

void task_init(struct task *task, struct node *node, int where, enum err (*run)(struct task *task, struct core_tx *tx))
{
    *task = (struct task){ .node = node, .where = where, .run = run };
    task->job.loop = where < 0 ? NULL : node->loops[where];
    task->job.run = task_run;
    task->job.finished = task_finished;
    sem_init(&task->finished, 0, 0);
}

void task_submit(struct task *task)
{
    assert_ok(core_submit(task->node->core, &task->job));
}

enum err task_wait(struct task *task)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    assert_int_equal(sem_timedwait(&task->finished, &until), 0);
    sem_destroy(&task->finished);
    return task->result;
}

enum err task_do(struct node *node, int where, enum err (*run)(struct task *task, struct core_tx *tx))
{
    struct task task;
    task_init(&task, node, where, run);
    task_submit(&task);
    return task_wait(&task);
}

enum err task_send(struct task *task, struct core_tx *tx)
{
    enum err err = message_send(tx, &task->draft, NULL);
    if (err == OK)
        task->seq = tx->events->items[tx->events->count - 1].seq;
    return err;
}

enum err task_nothing(struct task *task, struct core_tx *tx)
{
    (void)task;
    (void)tx;
    return OK;
}

enum err task_gate(struct task *task, struct core_tx *tx)
{
    (void)tx;
    sem_wait(task->gate);
    return OK;
}

struct node_call {
    struct loop_mail mail; /* first */
    void (*call)(void *argument);
    void *argument;
    sem_t done;
};

static void call_run(struct loop_mail *mail, struct loop *loop)
{
    struct node_call *call = (struct node_call *)mail;
    (void)loop;
    call->call(call->argument);
    sem_post(&call->done);
}

void node_call(struct node *node, unsigned loop, void (*run)(void *argument), void *argument)
{
    struct node_call call = { .mail.run = call_run, .call = run, .argument = argument };
    sem_init(&call.done, 0, 0);
    loop_post(node->loops[loop], &call.mail);
    sem_wait(&call.done);
    sem_destroy(&call.done);
}
