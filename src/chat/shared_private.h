/* shared_private.h: what chat/shared.c (batches), chat/follow.c (those of
 * others) and chat/peers.c (the other nodes) share. The writer's thread, but
 * for what is atomic. */
#ifndef IM_CHAT_SHARED_PRIVATE_H
#define IM_CHAT_SHARED_PRIVATE_H

#include "chat/carried.h"
#include "chat/core_private.h"
#include "chat/shared.h"
#include "store/journal.h"
#include "util/buf.h"

#define REACH_S 1 /* a reader waits for the writer no longer */

struct peer {
    int64_t id;
    bool answered;    /* it has said whom it has */
    int64_t heard_ms; /* when a batch of its was last taken over; 0: never */
    uint64_t last;    /* that batch */
};

/* A batch that was taken over and is not told yet. */
struct held {
    struct batch *batch;
    uint64_t number;
};

/* What is to be done in a batch of its own, one such batch at a time. */
struct chore {
    struct core_job job; /* first */
    bool running;
    bool answers;    /* this run tells a new node whom this one has */
    bool flushes;    /* and stores all marks */
    size_t orphans;  /* it looks at so many of the first ones */
    bool trims;      /* the journal */
    bool trims_more; /* there is more to trim */
};

struct shared {
    struct shared_options options;
    int64_t node;
    uint64_t number;                     /* of the last batch that is applied here */
    char number_mark[JOURNAL_MARK_SIZE]; /* its mark; zeros: not known */
    uint64_t synced;                     /* batches up to this one are on the database's disk */
    uint64_t since;                      /* of the batch by which this node joined */
    uint64_t pending;                    /* of the batch at hand, from its close to its end; 0: it wrote nothing */
    char mark[JOURNAL_MARK_SIZE];
    struct carried *carried; /* rows that came along with hints; NULL: none do, and none are sent */
    struct buf outgoing;     /* the row of the batch at hand, to go along with its hint */
    int64_t joining;         /* which node it will be when the batch at hand is committed; 0: the same */
    bool behind;             /* batches are missing: the next batch begins anew */
    bool told_behind;
    bool look_again;   /* without the lock it looked as if */
    struct held *held; /* in order; what follows synced is not told yet */
    size_t held_count;
    size_t held_capacity;
    bool leaving;
    int64_t joined_ms;
    struct peer *peers; /* the others */
    size_t count;
    bool answer_due;    /* somebody new wants to know whom this node has */
    bool expire_due;    /* somebody was not heard of */
    struct buf orphans; /* int64_t: users whose friends may have to be told that they are gone */
    int64_t renewed_ms;
    int64_t steady_ms; /* since when this node has been renewed in time; 0: not */
    int64_t trimmed_ms;
    struct chore chore;
    struct core_job leave;
    /* Any thread: */
    _Atomic uint64_t hinted;      /* the newest batch that somebody spoke of since the journal was last looked at */
    _Atomic uint64_t told_synced; /* the newest batch whose commit has ended, by what its author says */
    _Atomic int64_t looked_ms;
    _Atomic int64_t shown_node;
    _Atomic size_t shown_count;
    _Atomic size_t unanswered;
    atomic_bool leads;
    _Atomic int64_t flushed_ms; /* when another node last stored all marks */
    _Atomic uint64_t foreign, carried_count, missed, syncs;
};

static inline void synced_raise(struct shared *shared, uint64_t number)
{
    shared->synced = number > shared->synced ? number : shared->synced;
}

static inline bool held_unsure(const struct shared *shared)
{
    return shared->held_count > 0 && shared->held[shared->held_count - 1].number > shared->synced;
}

void held_add(struct core *core, struct batch *batch, uint64_t number);
/* Tells what is synced. */
void held_publish(struct core *core);
void held_drop(struct shared *shared);
/* In a transaction: whether the database still has what is held. If not, this node is behind. */
enum err held_prove(struct core *core, struct db *db);
/* The database has lost what is remembered here: what of it was not told never is, and the next batch begins anew. */
void follow_lost(struct core *core);

/* In a batch, which has the lock: takes over all up to that number, which the lock gave. */
enum err follow_locked(struct core *core, struct db *db, uint64_t upto);
/* Between batches: takes over and tells what there is and is known to be synced. Beyond that it commits something
 * itself, if somebody wants a batch beyond (UINT64_MAX: whatever there is). */
enum err follow_look(struct core *core, struct db *db, uint64_t wanted);

/* In a batch: a row for this node, in place of those of that name and of before (0: none); events tell it. */
enum err peers_join(struct db *db, const struct shared_options *options, int64_t before, struct arena *arena,
                    struct event_list *events, int64_t *node, struct id_list *others);
void peers_set(struct shared *shared, const struct id_list *others);
void peers_came(struct shared *shared, int64_t node);
void peers_went(struct core *core, int64_t node);
void peers_answered(struct shared *shared, int64_t node);
/* A batch of that node was taken over. The one before was synced when it began this one. */
void peers_heard(struct shared *shared, int64_t node, uint64_t number);
/* How many nodes have lately committed something, this one counted always. */
unsigned peers_crowd(const struct shared *shared);
/* Whether it is time to renew the lease, and to look after the others. */
bool peers_due(const struct shared *shared);
/* That, between batches, in a transaction. */
enum err peers_look(struct shared *shared, struct db *db, bool *renewed);
/* Submits what is due. */
void peers_chores(struct core *core);

#endif
