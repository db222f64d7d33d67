/* sticker.h: packs of stickers.
 * Everybody may make packs of pictures that he may see himself; a shared pack
 * is anybody's to find and to add to his list. Naming a picture in a pack
 * keeps it, and opens it: to everybody logged in once the pack is shared. What
 * was sent from a pack stays when the pack goes: a message has a reference of
 * its own. Errors: ERR_NOT_FOUND there is no such pack for this user, or no
 * such file; ERR_DENIED another's, or sharing is the operators';
 * ERR_TOO_LARGE one of the bounds below, or a picture over media.sticker_max. */
#ifndef IM_CHAT_STICKER_H
#define IM_CHAT_STICKER_H

#include "chat/core.h"
#include "store/sticker.h"

#define PACKS_OWN_MAX ((size_t)50)
#define PACKS_LIST_MAX ((size_t)100) /* own ones and others' */
#define PACK_STICKERS_MAX ((size_t)120)
#define PACK_NAME_CHARS_MAX ((size_t)64)
#define STICKER_NAME_CHARS_MAX ((size_t)64)

struct sticker_draft {
    struct str name;
    struct str file; /* /file/<fid> */
};

/* What a pack is to be. ptr NULL and -1: as it was. */
struct pack_draft {
    struct str name;
    struct str icon; /* of a new pack: the first sticker, where none is named */
    const struct sticker_draft *stickers;
    size_t count;
    int shared;
};

enum err pack_create(struct core_tx *tx, int64_t user, const struct pack_draft *draft, struct sticker_pack *out);
enum err pack_edit(struct core_tx *tx, int64_t user, int64_t id, const struct pack_draft *draft,
                   struct sticker_pack *out);
enum err pack_end(struct core_tx *tx, int64_t user, int64_t id);
/* Of a pack that the user may see. ERR_NOT_FOUND. */
enum err pack_open(struct db *db, struct arena *arena, int64_t user, int64_t id, struct sticker_pack *out);
/* Of one that the user may change. ERR_NOT_FOUND, ERR_DENIED. */
enum err pack_open_own(struct core_tx *tx, int64_t user, int64_t id, struct sticker_pack *out);

/* Into the user's list; there already is fine. */
enum err pack_add(struct core_tx *tx, int64_t user, int64_t id);
/* Out of it; one's own stays (ERR_ARG). ERR_NOT_FOUND: it is not there. */
enum err pack_remove(struct core_tx *tx, int64_t user, int64_t id);
/* These first, in this order; the others behind them, as they were. ERR_NOT_FOUND: one is not in the list. */
enum err pack_order(struct core_tx *tx, int64_t user, const int64_t *ids, size_t count);

/* The account ends: its packs do, too. */
enum err packs_end(struct core_tx *tx, int64_t user);

/* Operators. ERR_NOT_FOUND. An adopted pack is the server's own from then on, and shared. */
enum err pack_share(struct core_tx *tx, int64_t id, bool shared);
enum err pack_adopt(struct core_tx *tx, int64_t id);
enum err pack_discard(struct core_tx *tx, int64_t id);

#endif
