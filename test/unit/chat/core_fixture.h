/* core_fixture.h: a core over a real store, with two loops on threads of their
 * own, each of which writes down what it was told. */
#ifndef IM_TEST_CORE_FIXTURE_H
#define IM_TEST_CORE_FIXTURE_H

#include "chat_fixture.h"

#include "chat/heads.h"
#include "chat/marks.h"
#include "chat/shared.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { NODE_LOOPS = 2, NODE_LEASE_MS = 400 };

/* One event as a loop saw it. */
struct heard {
    uint64_t number;
    enum event_type type;
    int64_t chat;
    int64_t seq;
    int64_t id;
    int64_t actor;
    bool online;
};

/* What one loop was told, in order. Its thread's alone until the loops have ended, or read on its thread. */
struct ear {
    struct heard *events;
    size_t count;
    size_t capacity;
    uint64_t last_number;
    bool gaps;       /* numbers may be left out: those of batches that told nothing */
    bool disordered; /* a number did not follow the one before */
};

struct node {
    struct store *store;
    struct router *router;
    struct heads *heads;
    struct marks *marks;
    struct core *core;
    struct loop *loops[NODE_LOOPS];
    pthread_t threads[NODE_LOOPS];
    struct ear ears[NODE_LOOPS];
    void *contexts[NODE_LOOPS];
    struct core_outbox outboxes[NODE_LOOPS];
    bool running;
    bool stopped;
    bool shared;        /* one of several over its store */
    atomic_bool asleep; /* nothing makes it look at what the others do; its lease runs out */
    atomic_bool ended;
    atomic_uint rounds; /* of the thread that makes it look */
    int64_t lease_ms;   /* to be set before it starts; 0: NODE_LEASE_MS */
    bool carries;       /* likewise: it puts what it commits into outgoing, and takes what comes */
    struct buf outgoing;
    pthread_mutex_t outgoing_lock;
    pthread_t poker;
    struct db *db; /* the core's; the store's own but for the second node of one */
    struct shared_joined joined;
};

/* queue_max and batch_max as core_options has them. Users made before, over node->store, are known. */
struct node *node_new(void);
void node_start(struct node *node, size_t queue_max, size_t batch_max);
/* The first of several over one store, which SQLite stands in for, and one more. They join when they start. */
struct node *node_new_shared(void);
struct node *node_beside(struct node *first);
/* What the shared ones answer to commit, in order, once each; 0: what it is. */
enum { COMMIT_LOST_UNSURE = 1, COMMIT_KEPT_UNSURE, COMMIT_BUSY, COMMIT_BUSY_ALWAYS, COMMIT_LOST_WITH_THE_LAST };
void node_commits(struct node *node, int first, int second);
bool node_commits_left(const struct node *node);
/* As if the database had crashed before it synced the journal's last row, and another node had written another one. */
#define LOSE_THE_LAST "UPDATE journal SET mark = randomblob(16) WHERE number = (SELECT MAX(number) FROM journal)"
/* From now on it looks only when it is told to, and nothing of the kind is under way. */
void node_fall_asleep(struct node *node);
/* What it committed and had for others since the last call; to be released. */
struct buf node_outgoing(struct node *node);
void node_stop_core(struct node *node);
/* Stops the core first; the loops end after all mail that was posted, and what they heard may then be read. */
void node_stop_loops(struct node *node);
void node_free(struct node **node);

/* One job: run is the test's, finished is noted. */
struct task {
    struct core_job job; /* first */
    struct node *node;
    int where; /* the loop where finished runs, -1: the writer's thread */
    enum err (*run)(struct task *task, struct core_tx *tx);
    struct message_draft draft;
    int64_t user;
    bool online;
    const char *email;
    sem_t *gate;
    int64_t seq; /* of the event that run added */
    enum err result;
    bool right_thread;
    bool heard_before; /* the loop had been told the message when finished ran */
    unsigned finished_calls;
    sem_t finished;
};
void task_init(struct task *task, struct node *node, int where, enum err (*run)(struct task *task, struct core_tx *tx));
void task_submit(struct task *task);
/* Waits for its end, fails the test after 20 s. */
enum err task_wait(struct task *task);
/* All three. */
enum err task_do(struct node *node, int where, enum err (*run)(struct task *task, struct core_tx *tx));

enum err task_send(struct task *task, struct core_tx *tx); /* task->draft */
enum err task_nothing(struct task *task, struct core_tx *tx);
enum err task_gate(struct task *task, struct core_tx *tx); /* holds the writer until task->gate is posted */

/* Runs on that loop's thread, and waits for it. */
void node_call(struct node *node, unsigned loop, void (*call)(void *argument), void *argument);

#endif
