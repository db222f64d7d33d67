/* journal.h: the one order of all nodes' batches (ARCHITECTURE.md, "Many nodes").
 * A counter row, locked by the batch at hand, and a row for each batch that
 * wrote or told something. Rows leave in order, after minutes. */
#ifndef IM_STORE_JOURNAL_H
#define IM_STORE_JOURNAL_H

#include "store/db.h"

#define JOURNAL_MARK_SIZE ((size_t)16)

enum journal_flags {
    JOURNAL_OMITTED = 1, /* it told something, but no other node was there to hear */
};

struct journal_row {
    uint64_t number;
    int64_t node;
    int64_t flags;
    int64_t created_ms;
    struct str mark;   /* JOURNAL_MARK_SIZE random bytes */
    struct str events; /* chat/event_code.h; may be empty */
};

struct journal_list {
    struct journal_row *rows;
    size_t count;
};

/* In a transaction of the writer: waits for the other nodes' batches to end. The number of the newest one; from here
 * on there is none but this. */
enum err journal_lock(struct db *db, uint64_t *number);
/* The same, and the number that this batch will have; given back when the transaction is given up. */
enum err journal_next(struct db *db, uint64_t *number);
/* The same without waiting; in a reader's snapshot: of the newest batch that is in it. */
enum err journal_number(struct db *db, uint64_t *number);
/* The row of the number that journal_next gave. */
enum err journal_append(struct db *db, const struct journal_row *row);
/* Rows of numbers above after, in order, at most limit; in the arena. Without the lock too: a batch is there before the
 * next one is. */
enum err journal_read(struct db *db, struct arena *arena, uint64_t after, size_t limit, struct journal_list *out);
/* Whether the batch of that number has that mark. ERR_NOT_FOUND: there is no such row. */
enum err journal_marked(struct db *db, uint64_t number, struct str mark, bool *same);
/* Writes to that row and changes nothing that means something, so that a commit has something to sync. */
enum err journal_touch(struct db *db, uint64_t number);
/* Removes the oldest rows while so many older than that are there. *more: there is still something to do. */
enum err journal_trim(struct db *db, int64_t created_before_ms, bool *more);

#endif
