/* core_private.h: what chat/core.c and chat/shared.c share. */
#ifndef IM_CHAT_CORE_PRIVATE_H
#define IM_CHAT_CORE_PRIVATE_H

#include "chat/core.h"

#include <pthread.h>
#include <stdatomic.h>

struct shared;

struct batch;

struct batch_mail {
    struct loop_mail mail;
    struct batch *batch;
    struct core_job *finished_first;
    struct core_job *finished_last;
    void *deliver_context;
};

/* One committed batch on its way to the loops; the last loop frees it. */
struct batch {
    atomic_uint refs;
    uint64_t number; /* 0: no events */
    struct event_list events;
    struct core *core;
    struct batch_mail mails[];
};

struct core {
    struct db *db;
    struct writer *writer;
    struct core_policy policy;
    struct router *router;
    struct directory *directory;
    struct loop *const *loops;
    unsigned loop_count;
    void (*deliver)(void *context, const struct event_list *events, uint64_t number);
    void *const *deliver_contexts;
    _Atomic uint64_t published;
    /* The writer thread's alone: */
    struct batch *batch; /* being collected */
    struct arena scratch;
    struct json_parser *json;
    int64_t now_ms;
    struct heads *heads;
    struct marks *marks;
    struct tally *tally;
    void (*log_grew)(void *context);
    void *log_grew_context;
    atomic_bool flushing;
    struct core_job flush;
    struct shared *shared; /* chat/shared.h; NULL: nobody else writes to the store */
    /* Who waits for core_published to go on; with other nodes. */
    pthread_mutex_t reach_lock;
    pthread_cond_t reached;
    atomic_uint reach_waiters;
};

struct batch *batch_new(struct core *core);
void batch_free(struct batch *batch);
/* The writer's, of what is on disk now, here or by another node: heads and marks go on, before anybody is told. */
void core_moved(struct core *core, const struct event_list *events);
/* The writer's: hands the batch to the loops and what it holds of their finished jobs. number: of its events, and the
 * last batch that is known then; 0: it has none. */
void core_publish(struct core *core, struct batch *batch, uint64_t number);

#endif
