/* object.h: files whose bytes are, or are to be, in a store other than the
 * local disk (media/file_store.h). A file without a row here is on the disk.
 * The row is written before the first byte leaves and goes after the last
 * object did, so that whatever a crash leaves in the other store is known. */
#ifndef IM_STORE_OBJECT_H
#define IM_STORE_OBJECT_H

#include "store/db.h"

enum object_state {
    OBJECT_WANTED, /* on the disk; nothing has left yet */
    OBJECT_COMING, /* on the disk; some of it may be there, too */
    OBJECT_THERE,  /* not on the disk */
    OBJECT_GONE,   /* no file any more; what is there is to be removed */
    OBJECT_OFFERED /* of an offer; there may be something */
};

struct object {
    struct str fid;
    struct str name; /* in the other store: of the file that came there, which others may share */
    enum object_state state;
    int64_t forms; /* which forms are there (media/blob.h), a bit each; 0 before OBJECT_THERE: not known */
    int64_t size;
};

enum err object_want(struct db *db, struct str fid, int64_t size);
/* For all files that have no row. */
enum err object_want_all(struct db *db);
/* Those that are only wanted are so no longer. */
enum err object_unwant_all(struct db *db);
/* fid gets the bytes of another file that is there. ERR_NOT_FOUND: it is not. */
enum err object_share(struct db *db, struct str from, struct str fid);

/* owner may send the bytes of a file to be there himself. */
struct object_offer {
    int64_t owner;
    struct str fid;
    int64_t size;
};
/* The object that an offer is for: not the one under which the same upload is carried there when it comes in parts after
 * all. That may be a picture of which something was left out, and the address still works. */
#define OBJECT_OFFER_NAME_MAX ((size_t)64)
struct str object_offer_name(struct str fid, char room[OBJECT_OFFER_NAME_MAX]);
/* By a row of its own, what is there at due_ms without being a file's is removed. Again: due_ms is that of the newest
 * offer. ERR_BUSY: what an earlier one left is being removed, or was due before least_ms. */
enum err object_offer(struct db *db, const struct object_offer *offer, int64_t least_ms, int64_t due_ms);
/* What else of his may be there without being a file's. */
enum err object_offers(struct db *db, const struct object_offer *offer, int64_t *count, int64_t *bytes);
/* He did, and it is a file's now. ERR_NOT_FOUND: the offer was due before least_ms. */
enum err object_arrive(struct db *db, const struct object_offer *offer, int64_t least_ms);
/* An offer that is due is at its end: the row is one of OBJECT_GONE. ERR_NOT_FOUND: nothing is to be removed, since it is
 * a file's, or somebody else has ended it. */
enum err object_offer_end(struct db *db, const struct object *offered);

/* Where the bytes are, if they are there. ERR_NOT_FOUND: on the disk. */
enum err object_there(struct db *db, struct arena *arena, struct str fid, struct object *out);
/* Whether any file is, and whether any object is to be removed or was not wholly carried. */
enum err object_any(struct db *db, bool *there, bool *left);
/* Those that something is to be done with, the longest due first. */
struct object_list {
    struct object *rows;
    size_t count;
};
enum err object_due(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct object_list *out);
/* Files that are to be carried, and their bytes. */
enum err object_waiting(struct db *db, int64_t *files, int64_t *bytes);

/* From one state into another. ERR_NOT_FOUND: it is not in that state. */
enum err object_set(struct db *db, struct str fid, enum object_state from, enum object_state to, int64_t forms);
enum err object_delay(struct db *db, struct str fid, int64_t due_ms);
/* Until until_ms nobody else finds it due. ERR_NOT_FOUND: somebody else has claimed it, or delayed it. */
enum err object_claim(struct db *db, struct str fid, int64_t now_ms, int64_t until_ms);
enum err object_delete(struct db *db, struct str fid, enum object_state state); /* ERR_NOT_FOUND */
/* The file's row is about to be deleted. */
enum err object_file_gone(struct db *db, int64_t file);

#endif
