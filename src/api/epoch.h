/* epoch.h: whether this store is still the one that clients know.
 * The epoch is an opaque name kept in the store. A restart keeps it; a store
 * that was put back from a backup gets a new one, so that no device takes it
 * for the one it is up to date with (PROTOCOL.md, v2: epoch). A copy of the
 * database looks like its original, so the directory keeps the epoch beside
 * it: where the two differ, or that file is missing, the store was put there
 * by somebody. A database that many nodes share keeps its epoch whatever
 * their directories say: who put it back from a backup deletes the row of
 * meta, and the next start names it anew. */
#ifndef IM_API_EPOCH_H
#define IM_API_EPOCH_H

#include "store/db.h"

#define EPOCH_FILE "im_service.epoch" /* in the data directory */
#define EPOCH_SIZE_MAX ((size_t)63)

/* At the start, the directory being locked: writes the epoch in force, NUL-terminated, into out[EPOCH_SIZE_MAX + 1]. */
enum err epoch_settle(struct db *db, const char *data, char *out);

#endif
