/* search.h: finding messages by their words.
 * The index follows the log behind the commit, on a thread of its own that
 * yields to everybody, and never touches the writing connection. It is built
 * of segments (search/segment.h): the finished ones in search.db, the newest
 * in memory, built again from the log at every start. What it offers are
 * candidates, newest first: whoever shows one to somebody has verified it
 * against the store in his own snapshot (state, content, who may read it). So
 * the index may be behind, and may never be wrong where it counts.
 * A change of the store's epoch, a damaged file or search_rebuild make it
 * begin anew. */
#ifndef IM_SEARCH_SEARCH_H
#define IM_SEARCH_SEARCH_H

#include "search/terms.h"
#include "store/message.h"
#include "util/map.h"

struct search;

/* store: the main one, which is there and migrated, borrowed; path: search.db. Starts the thread. */
enum err search_new(const struct db_place *store, const char *path, struct search **out);
/* Ends its thread, which reads the store: what nobody follows any more is caught up with at the next start. It may be
 * woken and asked on. NULL is fine. */
void search_stop(struct search *search);
void search_free(struct search **search); /* stops if need be */

/* The log or its changes grew. Any thread; cheap: takes a lock only to wake the thread up. */
void search_wake(struct search *search);

/* Asks every search over that store to build its index anew, by a mark in the store (the writer's connection): it
 * works on a running server and on one at rest. */
enum err search_rebuild(struct db *db);

struct search_stats {
    int64_t last;     /* everything up to this id has been seen */
    int64_t head;     /* the newest id when the thread last looked */
    int64_t mutation; /* changes up to this one are in */
    int64_t indexed;  /* messages that can be found */
    int64_t segments; /* finished ones */
    int64_t rebuilds; /* since the start */
};
void search_stats(struct search *search, struct search_stats *out);

/* ---- finding ---- */

struct search_filter {
    const struct terms *terms; /* none: whatever it says */
    bool links;                /* only those that show a link (search/link.h) */
    int64_t chat;              /* this one; or 0: */
    const struct map *chats;   /* one of these (by id, anything but NULL) */
    int64_t sender;            /* 0: whoever */
    int64_t type;              /* of it; negative: any */
    int64_t begin_ms;          /* createAt from here on */
    int64_t end_ms;            /* and before this */
    int64_t below;             /* ids below this one */
    int64_t head;              /* the newest id in the caller's snapshot */
    int64_t deadline_us;       /* of the monotonic clock: later no segment is begun */
};

struct search_run;
enum search_step {
    SEARCH_HIT,    /* *id: a candidate; they descend */
    SEARCH_PAUSED, /* the deadline: go on below *id another time */
    SEARCH_END,
};

/* Messages that came after the index's last look are candidates all, when they are few. The caller's snapshot of the
 * store is older or as old as this call. One segment at least is looked at, so that a search that goes on always
 * ends. ERR_STORE: the index is damaged and will be built anew; and others. */
enum err search_begin(struct search *search, struct arena *arena, const struct search_filter *filter,
                      struct search_run **out);
enum err search_next(struct search_run *run, enum search_step *step, int64_t *id);
int64_t search_reached(const struct search_run *run); /* nothing up to this id escaped the index */
void search_end(struct search_run **run);

#endif
