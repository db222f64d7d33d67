/* sticker.h: packs of stickers, and the list of packs that each user has.
 * A pack has an owner, a name, an icon and stickers in order: pictures with
 * names. Whose it is has it in his list, too. Its files live as long as the
 * pack names them (store/file.h); the references are the caller's to keep. */
#ifndef IM_STORE_STICKER_H
#define IM_STORE_STICKER_H

#include "store/db.h"

struct sticker_pack {
    int64_t id;
    int64_t owner; /* 0: the server's own */
    struct str owner_email;
    struct str name;
    int64_t icon; /* a file's id */
    struct str icon_fid;
    bool shared; /* anybody may find it */
    int64_t created_ms;
    int64_t count; /* of its stickers */
};
struct sticker_pack_list {
    struct sticker_pack *rows;
    size_t count;
};

struct sticker {
    struct str name; /* may be empty */
    int64_t file;
    struct str fid;
};
struct sticker_list {
    struct sticker *rows;
    size_t count;
};

/* owner, name, icon, shared and created_ms are the caller's; fills id. */
enum err pack_insert(struct db *db, struct sticker_pack *pack);
/* owner, name, icon and shared are changed. ERR_NOT_FOUND. */
enum err pack_set(struct db *db, const struct sticker_pack *pack);
/* With its stickers, and out of everybody's list. */
enum err pack_delete(struct db *db, int64_t id);
enum err pack_get(struct db *db, struct arena *arena, int64_t id, struct sticker_pack *out); /* ERR_NOT_FOUND */
enum err pack_count(struct db *db, int64_t owner, int64_t *count);
enum err pack_count_all(struct db *db, int64_t *count);
/* The owner's packs, oldest first. */
enum err pack_ids(struct db *db, struct arena *arena, int64_t owner, struct id_list *out);
/* All packs by id, for operators: those with id > after. */
enum err pack_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct sticker_pack_list *out);
/* Shared ones with id < before whose name contains text (ASCII letters alike), the newest first. */
enum err pack_find(struct db *db, struct arena *arena, struct str text, int64_t before, size_t limit,
                   struct sticker_pack_list *out);

/* The pack's stickers become these: name and file count. */
enum err sticker_replace(struct db *db, int64_t pack, const struct sticker_list *list);
enum err sticker_list(struct db *db, struct arena *arena, int64_t pack, size_t limit, struct sticker_list *out);

/* A user's list, the first one first. */
enum err user_pack_list(struct db *db, struct arena *arena, int64_t user, struct sticker_pack_list *out);
enum err user_pack_ids(struct db *db, struct arena *arena, int64_t user, struct id_list *out);
enum err user_pack_count(struct db *db, int64_t user, int64_t *count);
/* In front of the others. ERR_EXISTS: it is there. */
enum err user_pack_insert(struct db *db, int64_t user, int64_t pack);
enum err user_pack_delete(struct db *db, int64_t user, int64_t pack); /* ERR_NOT_FOUND */
/* Out of every list but that user's. */
enum err user_pack_delete_others(struct db *db, int64_t pack, int64_t user);
/* Its place; smaller ones come first. */
enum err user_pack_place(struct db *db, int64_t user, int64_t pack, int64_t place);

#endif
