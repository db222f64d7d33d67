/* core.h: the writing side of one node's conversations.
 * Whatever changes state is a core_job: it runs on the writer's thread inside
 * a batch's transaction, may add events, and is finished on the loop it came
 * from after the commit is on disk. What the batch's jobs told (events) goes
 * to every loop in the same mail, before the jobs are finished.
 * The state kept here (heads, who may write to whom, who was announced
 * online) is the writer thread's alone and needs no lock; it is a cache of
 * the store, dropped whole whenever a batch is lost. */
#ifndef IM_CHAT_CORE_H
#define IM_CHAT_CORE_H

#include "chat/event.h"
#include "os/loop.h"
#include "route/router.h"
#include "store/writer.h"

struct core;
struct directory; /* chat/directory.h */
struct heads;     /* chat/heads.h */
struct marks;     /* chat/marks.h */
struct tally;     /* chat/tally.h */
struct json_parser;
struct conf;
struct shared;        /* chat/shared.h */
struct shared_joined; /* likewise */

struct core_policy {
    bool strangers;        /* policy.strangers = allow */
    bool contact_requests; /* contact.policy = request */
    bool whole_history;    /* group.history = all */
    int64_t recall_ms;     /* recall.window: how long a sender may take a message back */
    int64_t edit_ms;       /* edit.window */
    int64_t group_size_max;
    bool sticker_sharing; /* media.sticker_sharing = users */
    int64_t sticker_max;  /* media.sticker_max: bytes of one */
};

/* What a job sees. Valid while its run is on. */
struct core_tx {
    struct core *core;
    struct db *db;
    struct arena *arena; /* emptied after the batch */
    struct event_list *events;
    struct directory *directory;
    struct marks *marks;
    struct tally *tally;
    struct router *router;
    struct json_parser *json;
    const struct core_policy *policy;
    struct shared *shared; /* NULL: no other nodes */
    int64_t now_ms;
};

struct core_job {
    struct write_job write; /* first; .single as the writer says */
    struct core *core;
    struct loop *loop; /* where finished runs; NULL: on the writer's thread */
    struct core_job *next_finished;
    /* Called again when its batch was lost and others write to the store, too: it finds what it was given as it was. */
    enum err (*run)(struct core_job *job, struct core_tx *tx);
    /* Owns the job. write.result tells how it went. */
    void (*finished)(struct core_job *job);
};

/* Marks that may wait for their flush; at so many it comes at once. */
#define MARKS_WAITING_MAX ((size_t)65536)

/* What the settings say about who may do what. */
struct core_policy core_policy_of(const struct conf *conf);

struct core_options {
    struct db *db; /* SQL_WRITER; the core's own once core_new succeeded */
    size_t queue_max;
    size_t batch_max;
    struct core_policy policy;
    struct router *router;
    struct heads *heads; /* borrowed; moved after each commit. NULL: nobody reads beside */
    struct marks *marks; /* borrowed; moved after each commit, and flushed by core_marks_flush. NULL: likewise */
    const struct shared_joined
        *shared; /* this node among those that write to the store, too; NULL: there can be none */
    /* Called on the writer's thread after a commit that stored or changed messages; may be NULL. */
    void (*log_grew)(void *context);
    void *log_grew_context;
    /* The loops that are told, and how. deliver runs on each loop's thread. */
    struct loop *const *loops;
    unsigned loop_count;
    void (*deliver)(void *context, const struct event_list *events, uint64_t number);
    void *const *deliver_contexts; /* one a loop */
};

enum err core_new(const struct core_options *options, struct core **out);
/* Commits what is queued and ends the writer: from here on core_submit says
 * ERR_CLOSED. The last mails are on their way to the loops, which must run on. */
void core_stop(struct core *core);
/* Stops if need be. No loop may have mail of the core's any more. */
void core_free(struct core **core);

/* ERR_FULL: the writer's queue is at its bound and the job was not taken. */
enum err core_submit(struct core *core, struct core_job *job);

/* What one loop submits, gathered over a turn and handed over at its end: the
 * frames of one read go into one batch, and waking the writer costs once. The
 * loop's thread only. A zeroed one is empty; set loop and core before use. */
struct core_outbox {
    struct loop_deferred turn_end; /* first */
    struct core *core;
    struct loop *loop;
    struct core_job *first;
    struct core_job *last;
    size_t count;
};
/* The job's finished will run in any case: when the writer does not take the
 * jobs of the turn, with ERR_FULL or ERR_CLOSED as result. */
void core_outbox_push(struct core_outbox *outbox, struct core_job *job);

/* The number of the last batch of events handed to the loops. Read before a
 * snapshot of the store is opened, it tells which events the snapshot holds
 * for sure; events of a greater number may or may not be in it. */
uint64_t core_published(struct core *core);

/* Opens a snapshot for a reader, who will look at heads, marks or presence, too: with other nodes, what these hold is at
 * least as new as the snapshot (within a bound of time, beyond which it goes on all the same). number: of the last
 * batch that is in it for sure; may be NULL. */
enum err core_read_begin(struct core *core, struct db *db, uint64_t *number);
/* Right behind it and the first statement: the last batch that can be in the snapshot. number is what it said. */
uint64_t core_fence(struct core *core, uint64_t number);
/* The same for what is read without a snapshot, behind this call. */
enum err core_reach(struct core *core, struct db *db);
/* For how long the store has not been reachable; 0: it is, as far as is known. */
int64_t core_trouble_ms(struct core *core);

/* Writes what waits in marks and tells groups how many have read, unless that is under way. Any thread, but one at a
 * time. */
void core_marks_flush(struct core *core);
/* Whether there are readers that a group has not heard of. */
bool core_readers_waiting(const struct core *core);

size_t core_queued(struct core *core);
void core_stats(struct core *core, struct writer_stats *out);

#endif
