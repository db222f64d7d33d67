/* file.h: the few file operations the server does itself, with their syncs. */
#ifndef IM_OS_FILE_H
#define IM_OS_FILE_H

#include "util/buf.h"
#include "util/err.h"

/* Creates the directory and its parents, mode 0700 for new ones. */
enum err file_make_dir(const char *path);
/* The whole file, at most size_max bytes (ERR_TOO_LARGE). ERR_NOT_FOUND. */
enum err file_read(const char *path, size_t size_max, struct buf *out);
/* Writes to a temporary name, syncs, renames, syncs the directory. */
enum err file_write_atomic(const char *path, struct str bytes, unsigned mode);

/* One process per directory: an flock(2) on path that lasts until released
 * or the process dies. ERR_BUSY when another process holds it. */
struct file_lock {
    int fd;
};
enum err file_lock(const char *path, struct file_lock *lock);
void file_unlock(struct file_lock *lock);

#endif
