/* sqlite_checkpoint.h: moving the WAL into the database file without making
 * commits wait for the disk. Belongs to the writing connection's thread. */
#ifndef IM_SQL_SQLITE_CHECKPOINT_H
#define IM_SQL_SQLITE_CHECKPOINT_H

#include <sqlite3.h>

#include "util/err.h"

struct sqlite_checkpoint;

/* The writer: SQLITE_SETTINGS_WRITER, its schema made. Takes its WAL hook. */
enum err sqlite_checkpoint_new(sqlite3 *writer, struct sqlite_checkpoint **out);
/* Waits for a sync that is under way. Before the writer is closed. */
void sqlite_checkpoint_free(struct sqlite_checkpoint **checkpoint);

/* Between two transactions: does what is due, which mostly is nothing. */
enum err sqlite_checkpoint_run(struct sqlite_checkpoint *checkpoint);
/* Everything into the database file, and the WAL emptied. ERR_BUSY: a reader is still at work. */
enum err sqlite_checkpoint_final(struct sqlite_checkpoint *checkpoint);

/* Instead of SQLITE_CHECKPOINT_PAGES, for measuring. */
void sqlite_checkpoint_set_pages(struct sqlite_checkpoint *checkpoint, int pages);

/* The same, for the driver's connection. */
struct sql;
void sqlite_set_checkpoint_pages(struct sql *sql, int pages);

#endif
