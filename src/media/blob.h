/* blob.h: the bytes of files on the local disk, by fid.
 * FILES/aa/bb/<fid>[.<variant>], where aa and bb begin the fid; while a
 * file comes in it is FILES/tmp/<fid>. FILES is media.directory, or
 * DATA/files; nodes may share it. It gets its place by a second
 * name, and keeps the first until its row is committed: so what a crash left
 * is seen at the next start, by a list of tmp alone. Everything here may
 * block: never on a loop, but for blob_discard at the end. */
#ifndef IM_MEDIA_BLOB_H
#define IM_MEDIA_BLOB_H

#include "media/url.h"
#include "util/err.h"

#define BLOB_KEY_FILE "file.key"

struct blobs;

/* Makes the directory, and what must be in it. */
enum err blobs_open(const char *files, struct blobs **out);
void blobs_free(struct blobs **blobs);

/* The key of file_url_setup, out of data; a new one is made where there is none (mode 0600). */
enum err blobs_key(const char *data, unsigned char key[FILE_URL_KEY_SIZE]);

/* A new fid, 32 hex digits, not terminated. */
void fid_make(char fid[FID_SIZE]);

/* A file coming in: created, filled with file_append, then placed (synced, with both names), and its temporary name
 * dropped when its row is committed. variant: "" or a width. */
enum err blob_create(const struct blobs *blobs, struct str fid, const char *variant, int *fd);
enum err blob_place(const struct blobs *blobs, struct str fid, const char *variant, int fd);
void blob_settle(const struct blobs *blobs, struct str fid, const char *variant);
/* What was made of a file coming in: created with blob_create, it gets its place, and no second name. Smaller forms
 * first; BLOB_CLEAN takes the place of the file itself, whose incoming bytes stay as they are, and puts all on disk. */
#define BLOB_CLEAN "clean"
enum err blob_place_made(const struct blobs *blobs, struct str fid, const char *variant, int fd);
/* The opposite of placing: it is coming in still, and has no smaller forms. */
void blob_unplace(const struct blobs *blobs, struct str fid);
/* An empty file coming in whose row is about to be written: its name is on disk. */
enum err blob_prepare(const struct blobs *blobs, struct str fid);
/* It is written in any order, or read. ERR_NOT_FOUND: it is not coming in, or not any more. Writing it keeps it from being
 * held whole, and the other way round (ERR_BUSY), by this process or another that shares the directory, until fd is closed. */
enum err blob_open_write(const struct blobs *blobs, struct str fid, int *fd);
enum err blob_open_whole(const struct blobs *blobs, struct str fid, int *fd, uint64_t *size);
enum err blob_open_incoming(const struct blobs *blobs, struct str fid, int *fd, uint64_t *size);
/* fid gets the bytes of another file, with all variants, and the names that blob_place gives. ERR_NOT_FOUND. */
enum err blob_copy(const struct blobs *blobs, struct str from, struct str fid);
/* Before its row goes: it gets its temporary name back, so that a crash leaves no file without a row. */
enum err blob_mark(const struct blobs *blobs, struct str fid);
/* All names and variants of it. */
void blob_remove(const struct blobs *blobs, struct str fid);

/* ERR_NOT_FOUND. */
enum err blob_open(const struct blobs *blobs, struct str fid, const char *variant, int *fd, uint64_t *size);
/* The path of the incoming file, for who must be given a path; free it. */
char *blob_incoming_path(const struct blobs *blobs, struct str fid, const char *variant);

/* The forms a file may have: itself, "", and smaller ones. Their numbers are kept in the store: never reorder them. */
const char *blob_form(unsigned number); /* NULL: there are no more */

/* What is known of an fid at the start. */
enum blob_state {
    BLOB_UNKNOWN,
    BLOB_STORED,
    BLOB_ELSEWHERE, /* in another store */
    BLOB_COMING,    /* in parts */
};
/* Goes through what was coming in when the process ended: stored files and those that come in parts stay, of others
 * nothing does. before_ms: what was written to since then is left alone, since another process may be at work on it;
 * INT64_MAX: nobody else uses the directory. */
enum err blobs_recover(const struct blobs *blobs, int64_t before_ms,
                       enum blob_state (*state_of)(void *context, struct str fid), void *context);

#endif
