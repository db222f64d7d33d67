/* shared.h: this node among others that write to the same store
 * (ARCHITECTURE.md, "Many nodes: one commit order").
 * The writer's batches lock the journal's counter, take over what the other
 * nodes committed since, and leave a row of their own, so that all that the
 * writer remembers is as true as if it were alone. Who the others are, and
 * whom they have, is told in the same order. */
#ifndef IM_CHAT_SHARED_H
#define IM_CHAT_SHARED_H

#include "chat/core.h"
#include "store/journal.h"

struct shared_options {
    const char *name;               /* of this node: the same at its next start */
    int64_t lease_ms;               /* a node that is not heard of for so long is no more */
    int64_t keep_ms;                /* rows of the journal are kept for so long */
    const unsigned char *carry_key; /* rows go along with hints, sealed with this (chat/carried.h); NULL: they don't */
};

struct shared_joined {
    struct shared_options options;
    int64_t node;
    uint64_t number; /* of the batch by which it joined, and its mark */
    char mark[JOURNAL_MARK_SIZE];
    struct id_list others;
    struct arena arena;
};

/* At the start, before there is a core: this is a node from now on. What the log's newest messages say is brought into
 * the members' rows in the same batch. Release the arena after core_new. */
enum err shared_join(struct db *db, const struct shared_options *options, struct shared_joined *out);

struct shared *shared_new(const struct shared_joined *joined);
void shared_free(struct shared **shared);

/* For the writer; their context is the core. */
extern const struct writer_shared shared_hooks;
/* The batch at hand has ended, events is what it told. Its number; 0: it has none. */
uint64_t shared_ended(struct core *core, const struct event_list *events, enum err result);

/* In a job: all marks that wait have been stored by it. */
void shared_tell_flushed(struct core_tx *tx);
/* In a job: the other nodes learn whether the user is here, if that is news to them. */
void shared_tell_here(struct core_tx *tx, int64_t user);
/* In a job: the user has no session here any more, and nowhere else as far as is known. false: not enough is known yet,
 * his friends will be told later. */
bool shared_knows_gone(struct core_tx *tx, int64_t user);

/* ---- any thread ---- */

/* Looks soon at what the other nodes committed; cheap, and once for many calls. Nothing without other nodes. */
void core_follow(struct core *core);
/* The same because somebody says that there is a batch of that number: nothing if it is known. 0: there may be any. */
void core_follow_to(struct core *core, uint64_t number);
/* Another node says that its commit of that number has ended: it is on the database's disk. 0: there may be any.
 * rows: what came along with that (chat/carried.h), not trusted; may be empty. */
void core_committed_elsewhere(struct core *core, uint64_t number, struct str rows);
/* Waits until the other nodes have said whom they have, or for so long. */
void core_settle(struct core *core, int64_t timeout_ms);
/* The other nodes are told that this one goes, behind all that was submitted before. */
void shared_leave(struct core *core);

struct shared_stats {
    bool shared; /* the rest means it */
    int64_t node;
    size_t nodes;       /* with this one */
    bool leads;         /* it is the one that does what one of them should do */
    uint64_t number;    /* of the last batch that is known */
    int64_t behind_ms;  /* since it was last known what other nodes committed */
    int64_t flushed_ms; /* since another node last stored all read marks */
    uint64_t foreign;   /* batches of others taken over */
    uint64_t carried;   /* of these, those that came along with a hint */
    uint64_t missed;    /* times that too much was missed */
    uint64_t syncs;     /* looks that committed something, so that what they saw could be told */
};
void core_shared_stats(struct core *core, struct shared_stats *out);

#endif
