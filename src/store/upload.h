/* upload.h: files that come in parts, until they are whole.
 * Their bytes lie among those coming in (media/blob.h), by the fid of the file to be. One user's upload of one
 * content under one name is one row, however often it is begun. */
#ifndef IM_STORE_UPLOAD_H
#define IM_STORE_UPLOAD_H

#include "store/file.h"

struct upload {
    int64_t id;
    struct str fid;
    int64_t owner;
    struct str sha256; /* as its owner says */
    int64_t size;
    struct str name;
    int64_t part_size;
    struct str parts; /* parts_bits */
    int64_t expires_ms;
};

/* Fills id. ERR_EXISTS: the fid, or the owner's content with that name, is there. */
enum err upload_insert(struct db *db, struct upload *upload);
/* Expired ones are found, too, until they are swept. ERR_NOT_FOUND. */
enum err upload_by_fid(struct db *db, struct arena *arena, struct str fid, struct upload *out);
enum err upload_with(struct db *db, struct arena *arena, int64_t owner, struct str sha256, int64_t size,
                     struct str name, struct upload *out);
enum err upload_count(struct db *db, int64_t owner, int64_t *count);
enum err upload_count_all(struct db *db, int64_t *count);
enum err upload_set(struct db *db, int64_t id, struct str parts, int64_t expires_ms); /* ERR_NOT_FOUND */

enum err upload_expired(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct file_gone_list *out);
/* Unless it expires after now_ms (INT64_MAX: in any case): ERR_NOT_FOUND. */
enum err upload_delete(struct db *db, int64_t id, int64_t now_ms);

#endif
