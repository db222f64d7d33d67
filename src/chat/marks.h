/* marks.h: how far people have read and written, on its way to the store.
 * Read marks come by the thousand and a message's sender has read up to his
 * own message: both only ever move forward, so they are collected here and
 * written every few seconds, the latest of each. Readers of the store ask
 * here too, so that a count is right at once. What a crash takes of the read
 * marks is the last seconds; what a sender wrote last is in the log and is
 * taken from there at the start (marks_replay). */
#ifndef IM_CHAT_MARKS_H
#define IM_CHAT_MARKS_H

#include "store/db.h"

struct marks;

struct mark {
    int64_t read; /* 0: nothing is waiting */
    int64_t sent;
    bool waiting; /* for its flush */
};

struct marks *marks_new(void);
void marks_free(struct marks **marks);

/* The writer's, after the commit that made it true. */
void marks_move(struct marks *marks, int64_t chat, int64_t user, int64_t read, int64_t sent);
/* The writer's, within a batch: true at once, so that the batch's next job knows, but taken back when the batch is lost. */
void marks_try(struct marks *marks, int64_t chat, int64_t user, int64_t read);
void marks_keep(struct marks *marks);
void marks_undo(struct marks *marks);
/* The id of the newest message that marks_move was told of. */
void marks_told(struct marks *marks, int64_t message_id);

/* What is waiting, or was until the last flush (a snapshot of the store may be older than that): the caller takes the greater of this and what the store says. */
struct mark marks_get(struct marks *marks, int64_t chat, int64_t user);
size_t marks_waiting(struct marks *marks);

/* In a transaction of the writer: stores everything that waits and how far the log is covered. What was written
 * is forgotten at the flush that follows marks_flushed, which comes after that transaction's commit. */
enum err marks_flush(struct marks *marks, struct db *db);
void marks_flushed(struct marks *marks, bool committed);

/* With other nodes, that collect the same marks. The number of the batch whose marks come next. */
void marks_at(struct marks *marks, uint64_t number);
/* Another node has stored everything that it knew of, which is all from batch since on; told right before what that
 * node's batch itself moves. */
void marks_stored(struct marks *marks, uint64_t since);

/* The writer's, when the store has lost what made some of them true: nothing is waiting any more. The other nodes know
 * what others than this one have moved, and the log what was written. */
void marks_forget(struct marks *marks);

/* In a transaction: what the log's newest messages say, that was not flushed. */
enum err marks_replay_in(struct db *db);
/* At the start, before anybody writes: what the log's newest messages say, that was not flushed. In a
 * transaction of its own. */
enum err marks_replay(struct db *db);

#endif
