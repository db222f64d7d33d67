/* core_fixture.c: see core_fixture.h. */
#include "core_fixture.h"

#include <stdlib.h>
#include <time.h>

#include "util/mem.h"

static void deliver(void *context, const struct event_list *events, uint64_t number)
{
    struct ear *ear = context;
    if (number != ear->last_number + 1)
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

struct node *node_new(void)
{
    struct node *node = mem_zalloc(sizeof(*node));
    void *store;
    store_setup(&store);
    node->store = store;
    node->router = router_local_new();
    node->heads = heads_new();
    node->marks = marks_new();
    return node;
}

void node_start(struct node *node, size_t queue_max, size_t batch_max)
{
    for (unsigned i = 0; i < NODE_LOOPS; i++) {
        node->loops[i] = loop_new(i);
        node->contexts[i] = &node->ears[i];
    }
    struct core_options options = {
        .db = node->store->db,
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
}

void node_stop_core(struct node *node)
{
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
    core_free(&node->core);
    node->store->db = NULL; /* went with the core */
    router_free(&node->router);
    heads_free(&node->heads);
    marks_free(&node->marks);
    for (unsigned i = 0; i < NODE_LOOPS; i++)
        free(node->ears[i].events);
    void *store = node->store;
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
