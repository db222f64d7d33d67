/* copy.h: everything of one store into another: SQLite's into MySQL's.
 *
 * Table by table, in the order of the key, in transactions of some thousand
 * rows that also say how far they are: a run that dies goes on where it was.
 * Until all was copied and compared, no server opens the target (db_migrate). */
#ifndef IM_STORE_COPY_H
#define IM_STORE_COPY_H

#include <stdio.h>

#include "store/db.h"

struct copy_report {
    int64_t rows; /* that this run copied */
    int64_t messages;
    int64_t chats; /* that have any */
};

/* Both are writers' connections, from: migrated, of a store that nobody serves; to: by db_migrate_target.
 * ERR_EXISTS: there is other data in it. ERR_DENIED: it is half copied, from another store or before this one changed. */
enum err copy_run(struct db *from, struct db *to, struct copy_report *report);

/* Reads both: counts and checksums of all tables, and of each chat's messages. *mismatches: what differs; each is told
 * on out. When nothing does, the target is released to servers. */
enum err copy_verify(struct db *from, struct db *to, FILE *out, struct copy_report *report, size_t *mismatches);

/* OK: all that the source has was copied into the target and verified, by a run before; servers may have gone on with the
 * target since. ERR_NOT_FOUND: no run was finished. ERR_DENIED: one was, of another store or before this one changed. */
enum err copy_finished(struct db *from, struct db *to);

#endif
