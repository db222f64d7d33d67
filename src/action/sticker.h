/* sticker.h: packs of stickers. */
#ifndef IM_ACTION_STICKER_H
#define IM_ACTION_STICKER_H

#include "action/action.h"
#include "store/sticker.h"

extern const struct action action_sticker_create, action_sticker_edit, action_sticker_delete, action_sticker_add,
    action_sticker_remove, action_sticker_order, action_sticker_packs, action_sticker_pack, action_sticker_find;

/* The pack as JSON, with its first stickers, at most limit. */
enum err object_pack(struct db *db, struct action_call *call, const struct sticker_pack *pack, size_t limit);

#endif
