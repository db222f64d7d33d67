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

/* A new file of that name to be written (and read), mode 0600. ERR_EXISTS. */
enum err file_create(const char *path, int *fd);
enum err file_append(int fd, const char *path, struct str bytes); /* path: for the log */
/* An existing file to be written in any order. ERR_NOT_FOUND. */
enum err file_open_write(const char *path, int *fd);
enum err file_write_at(int fd, const char *path, uint64_t offset, struct str bytes);
/* The kernel begins to write out what has been written there, so that less is left to do for file_sync. */
void file_write_out(int fd, uint64_t offset, uint64_t size);
/* What was written is on disk. */
enum err file_sync(int fd, const char *path);
/* So is its name. */
enum err file_sync_name(const char *path);
/* A second name for a file; the directory that holds it is synced, and made if need be. ERR_EXISTS, ERR_NOT_FOUND. */
enum err file_link(const char *path, const char *name);
/* Another name for a file; one that has it goes. The directory is made if need be; nothing is synced. ERR_NOT_FOUND. */
enum err file_move(const char *path, const char *name);
enum err file_remove(const char *path); /* ERR_NOT_FOUND */
/* An existing file to be read, and its size. ERR_NOT_FOUND. */
enum err file_open(const char *path, int *fd, uint64_t *size);
/* Exactly size bytes from offset on; ERR_IO when the file has fewer. */
enum err file_read_at(int fd, const char *path, uint64_t offset, char *bytes, size_t size);
/* Until fd is closed: with others (SHARED) or alone, over all processes that see the file. ERR_BUSY, at once. ERR_NOT_FOUND: path,
 * which fd was opened by, names it no more. flock(2). */
enum file_hold { FILE_SHARED, FILE_ALONE };
enum err file_hold(int fd, const char *path, enum file_hold how);
/* At most size bytes from *offset on into a socket that does not wait, moving *offset: until the socket is full (OK, and
 * fewer went). The file is read meanwhile, so it may wait for a disk. ERR_CLOSED: nobody hears it any more. ERR_IO: the
 * file has no such bytes. */
enum err file_send(int fd, const char *path, int socket, uint64_t *offset, size_t size);
void file_close(int *fd); /* -1 is fine, and what it leaves */
/* When it was last written, Unix milliseconds. ERR_NOT_FOUND. */
enum err file_written_ms(const char *path, int64_t *ms);
/* Names in a directory, without those that begin with a dot. each may remove what it is told. */
enum err file_list(const char *path, void (*each)(void *context, const char *name), void *context);

/* One process per directory: an flock(2) on path that lasts until released
 * or the process dies. ERR_BUSY when another process holds it. */
struct file_lock {
    int fd;
};
enum err file_lock(const char *path, struct file_lock *lock);
void file_unlock(struct file_lock *lock);

#endif
