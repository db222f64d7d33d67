/* new_file.h: the row of a file that has come in, from whichever call: how
 * much its owner may still store, the answer, and the refusal. */
#ifndef IM_API_NEW_FILE_H
#define IM_API_NEW_FILE_H

#include "api/call.h"
#include "media/intake.h"
#include "store/file.h"

struct new_file {
    struct file row;
    bool over_quota;        /* why it was ERR_TOO_LARGE */
    bool arrived;           /* its bytes, and their row, are in the other store already */
    struct str shared_with; /* the file in another store whose bytes it gets; ptr NULL: none */
};

/* How large each kind may be. */
struct intake_limits new_file_limits(const struct conf *conf);
int64_t new_file_size_max(const struct conf *conf); /* of any kind */

/* Whether the caller may store so many bytes more; ERR_TOO_LARGE. */
enum err new_file_room(struct call *call, struct db *db, struct new_file *file, int64_t size);

/* So much waits for the other store that nothing new is taken in (media.s3_waiting_max): ERR_FULL says so. */
bool new_file_waits(const struct call *call);

/* What came in, as a row of the caller's. result must outlive it. */
void new_file_take(struct new_file *file, const struct call *call, const struct intake_result *result);
/* In the writer's transaction: the row, if there is room. From the commit on the file is there, and goes after
 * media.unused unless something refers to it. */
enum err new_file_insert(struct call *call, struct core_tx *tx, struct new_file *file);

/* The answer. known: it was there before, nothing need be sent. */
void new_file_reply(struct call *call, const struct file *row, bool known);
/* That of an upload in parts that is not there for the caller. */
void new_file_reply_missing(struct call *call);
/* The refusal, for every err but ERR_LIMITED. */
void new_file_refuse(struct call *call, const struct new_file *file, enum err err);

#endif
