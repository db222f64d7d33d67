/* file.h: what is known of files, and what refers to them. Their bytes lie
 * elsewhere (media/blob.h).
 * A reference is a message (chat, seq), a user's avatar (chat 0, seq the
 * user's id), a group's icon (the group, seq 0) or a sticker pack (chat its id
 * below zero, seq 1: its icon and all its stickers). A file without one has a
 * time at which it goes; the last one's end sets it. */
#ifndef IM_STORE_FILE_H
#define IM_STORE_FILE_H

#include "store/db.h"

#define FILE_SHA256_SIZE ((size_t)32)

struct file {
    int64_t id;
    struct str fid;
    int64_t owner;
    int64_t size;
    int64_t kind; /* enum media_kind */
    struct str mime;
    struct str name; /* as the uploader called it; may be empty */
    struct str sha256;
    int64_t width; /* 0: not known */
    int64_t height;
    struct str blur; /* a tiny preview, a data: URL; ptr NULL: none */
    int64_t thumbs;  /* which smaller forms there are, bits of picture_widths (media/picture.h) */
    int64_t created_ms;
    int64_t expires_ms; /* 0: referred to */
};

/* Fills id. ERR_EXISTS: the fid is taken. expires_ms: when it goes, unless something refers to it by then. */
enum err file_insert(struct db *db, struct file *file);
/* ERR_NOT_FOUND: unknown, or its time has come. */
enum err file_by_fid(struct db *db, struct arena *arena, struct str fid, int64_t now_ms, struct file *out);
/* Whether a row is there at all, at whatever time. */
enum err file_exists(struct db *db, struct str fid, bool *exists);
/* Files of that content: first the user's own, then others', each the newest first and at most limit. */
struct file_list {
    struct file *rows;
    size_t count;
};
enum err file_with(struct db *db, struct arena *arena, struct str sha256, int64_t user, int64_t now_ms, size_t limit,
                   struct file_list *out);
/* One that nothing refers to goes at expires_ms at the earliest. ERR_NOT_FOUND: its time has come already. */
enum err file_keep(struct db *db, int64_t id, int64_t now_ms, int64_t expires_ms);
/* Bytes of all files of a user, and of those that come in parts (store/upload.h). */
enum err file_usage(struct db *db, int64_t owner, int64_t *bytes);
enum err file_count(struct db *db, int64_t *count);

/* Where a user may meet it: public (an avatar, an icon, a sticker of a pack that is shared or his own), or in chats whose member he is; seq: of the newest message
 * there. At most limit chats. */
struct file_place {
    int64_t chat;
    int64_t seq;
};
struct file_place_list {
    struct file_place *rows;
    size_t count;
    bool is_public;
};
enum err file_places(struct db *db, struct arena *arena, int64_t file, int64_t user, size_t limit,
                     struct file_place_list *out);

enum err file_ref_insert(struct db *db, int64_t chat, int64_t seq, int64_t file); /* a second time is fine */
/* All references from there end. What nothing refers to any more goes at expires_ms, at least 1. */
enum err file_ref_delete(struct db *db, int64_t chat, int64_t seq, int64_t expires_ms);

/* Where messages of a chat show files: from min on and below before, the newest first, or the oldest (ascend); a message
 * that shows several is there as often. seen: it is there, and that user did not delete it for himself. */
struct file_shown {
    int64_t seq;
    int64_t type; /* of the message */
    bool seen;
};
struct file_shown_list {
    struct file_shown *rows;
    size_t count;
};
struct file_shown_range {
    int64_t chat;
    int64_t user;
    int64_t min;
    int64_t before;
    bool ascend;
    size_t limit;
};
enum err file_shown_list(struct db *db, struct arena *arena, const struct file_shown_range *range,
                         struct file_shown_list *out);

/* Files whose time has come, the earliest first. */
struct file_gone {
    int64_t id;
    struct str fid;
};
struct file_gone_list {
    struct file_gone *rows;
    size_t count;
};
enum err file_expired(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct file_gone_list *out);
enum err file_delete(struct db *db, int64_t id); /* unless something refers to it meanwhile: ERR_NOT_FOUND */

#endif
