/* sticker.c: packs, and who has them. */
#include "chat/sticker.h"

#include "chat/cmd.h"
#include "chat/file_use.h"
#include "chat/name.h"
#include "chat/policy.h"
#include "util/jsonw.h"

#define PACK_REF_SEQ 1                                /* store/file.h */
#define SHOWN_MS_AFTER (INT64_C(24) * 60 * 60 * 1000) /* of a pack that went: who looks at it still sees it */

static enum err names_check(const struct pack_draft *draft)
{
    if (draft->name.ptr != NULL && (draft->name.size == 0 || !name_acceptable(draft->name, PACK_NAME_CHARS_MAX)))
        return ERR_ARG;
    if (draft->count > PACK_STICKERS_MAX)
        return ERR_TOO_LARGE;
    for (size_t i = 0; i < draft->count; i++)
        if (!name_acceptable(draft->stickers[i].name, STICKER_NAME_CHARS_MAX))
            return ERR_ARG;
    return OK;
}

/* The drafted stickers, with their files. */
static enum err stickers_find(struct core_tx *tx, int64_t user, const struct pack_draft *draft,
                              struct sticker_list *out)
{
    enum err err = OK;
    out->rows = arena_zalloc(tx->arena, (draft->count + 1) * sizeof(*out->rows));
    out->count = draft->count;
    for (size_t i = 0; i < draft->count && err == OK; i++) {
        out->rows[i].name = draft->stickers[i].name.ptr == NULL ? STR("") : draft->stickers[i].name;
        err = file_use_picture(tx, user, draft->stickers[i].file, tx->policy->sticker_max, &out->rows[i].file);
    }
    return err;
}

/* What the pack refers to is its icon and these, and nothing else any more. */
static enum err references_replace(struct core_tx *tx, const struct sticker_pack *pack,
                                   const struct sticker_list *stickers)
{
    enum err err = file_ref_delete(tx->db, -pack->id, PACK_REF_SEQ, tx->now_ms + SHOWN_MS_AFTER);
    if (err == OK)
        err = file_ref_insert(tx->db, -pack->id, PACK_REF_SEQ, pack->icon);
    for (size_t i = 0; i < stickers->count && err == OK; i++)
        err = file_ref_insert(tx->db, -pack->id, PACK_REF_SEQ, stickers->rows[i].file);
    return err;
}

static enum err room_check(struct core_tx *tx, int64_t user, bool own)
{
    int64_t count = 0;
    enum err err = own ? pack_count(tx->db, user, &count) : OK;
    if (err == OK && count >= (int64_t)PACKS_OWN_MAX)
        return ERR_TOO_LARGE;
    if (err == OK)
        err = user_pack_count(tx->db, user, &count);
    return err == OK && count >= (int64_t)PACKS_LIST_MAX ? ERR_TOO_LARGE : err;
}

/* The user's sessions, on all his devices: his list as it is now; changed: the pack that is new or other than it was,
 * 0: none. Who adopted a shared pack reads it anew when he looks: they may be everybody. */
static enum err list_tell(struct core_tx *tx, int64_t user, int64_t changed)
{
    struct id_list list;
    struct buf body = { 0 };
    if (user == 0) /* the pack is the server's */
        return OK;
    enum err err = user_pack_ids(tx->db, tx->arena, user, &list);
    if (err != OK)
        return err;
    jsonw_open(&body, '{'); /* For jsonw's sake: left out below. */
    if (changed != 0)
        jsonw_put_i64(&body, "id", changed);
    jsonw_key(&body, "ids");
    jsonw_open(&body, '[');
    for (size_t i = 0; i < list.count; i++)
        jsonw_i64(&body, list.ids[i]);
    jsonw_close(&body, ']');
    struct event *event = event_add(tx->events, EVENT_UPDATE);
    event->actor = event->users[0] = user;
    event->cmd = CMD_STICKERS;
    event->scope = EVENT_TO_ACTOR;
    event->body = arena_str(&tx->events->arena, (struct str){ body.ptr + 1, body.size - 1 });
    event->created_ms = tx->now_ms;
    buf_release(&body);
    return OK;
}

enum err pack_create(struct core_tx *tx, int64_t user, const struct pack_draft *draft, struct sticker_pack *out)
{
    struct sticker_pack pack = { .owner = user, .shared = draft->shared == 1, .created_ms = tx->now_ms };
    struct sticker_list stickers;
    enum err err = pack.shared ? policy_share_packs(tx) : OK;
    if (err == OK)
        err = draft->name.ptr == NULL || draft->count == 0 ? ERR_ARG : names_check(draft);
    if (err == OK)
        err = room_check(tx, user, true);
    if (err == OK)
        err = stickers_find(tx, user, draft, &stickers);
    if (err == OK)
        err = file_use_picture(tx, user, draft->icon.ptr != NULL ? draft->icon : draft->stickers[0].file,
                               tx->policy->sticker_max, &pack.icon);
    if (err != OK)
        return err;
    pack.name = draft->name;
    err = pack_insert(tx->db, &pack);
    if (err == OK)
        err = sticker_replace(tx->db, pack.id, &stickers);
    if (err == OK)
        err = references_replace(tx, &pack, &stickers);
    if (err == OK)
        err = user_pack_insert(tx->db, user, pack.id);
    if (err == OK)
        err = list_tell(tx, user, pack.id);
    return err == OK ? pack_get(tx->db, tx->arena, pack.id, out) : err;
}

enum err pack_open(struct db *db, struct arena *arena, int64_t user, int64_t id, struct sticker_pack *out)
{
    enum err err = pack_get(db, arena, id, out);
    return err == OK && !policy_see_pack(user, out) ? ERR_NOT_FOUND : err;
}

enum err pack_open_own(struct core_tx *tx, int64_t user, int64_t id, struct sticker_pack *out)
{
    enum err err = pack_open(tx->db, tx->arena, user, id, out);
    return err == OK && !policy_change_pack(user, out) ? ERR_DENIED : err;
}

/* What is not drafted is as it was. */
static enum err draft_fill(struct core_tx *tx, int64_t user, const struct pack_draft *draft, struct sticker_pack *pack,
                           struct sticker_list *stickers)
{
    enum err err;
    if (draft->name.ptr != NULL)
        pack->name = draft->name;
    if (draft->stickers != NULL)
        err = stickers_find(tx, user, draft, stickers);
    else
        err = sticker_list(tx->db, tx->arena, pack->id, PACK_STICKERS_MAX, stickers);
    if (err == OK && draft->icon.ptr != NULL)
        err = file_use_picture(tx, user, draft->icon, tx->policy->sticker_max, &pack->icon);
    return err;
}

/* What is shared no more leaves the others' lists. */
static enum err shared_set(struct core_tx *tx, struct sticker_pack *pack, bool shared)
{
    if (pack->shared == shared)
        return OK;
    pack->shared = shared;
    enum err err = pack_set(tx->db, pack);
    return err == OK && !shared ? user_pack_delete_others(tx->db, pack->id, pack->owner) : err;
}

enum err pack_edit(struct core_tx *tx, int64_t user, int64_t id, const struct pack_draft *draft,
                   struct sticker_pack *out)
{
    struct sticker_pack pack;
    struct sticker_list stickers;
    enum err err = pack_open_own(tx, user, id, &pack);
    if (err == OK && draft->shared == 1 && !pack.shared)
        err = policy_share_packs(tx);
    if (err == OK)
        err = draft->stickers != NULL && draft->count == 0 ? ERR_ARG : names_check(draft);
    if (err == OK)
        err = draft_fill(tx, user, draft, &pack, &stickers);
    if (err == OK && draft->stickers != NULL)
        err = sticker_replace(tx->db, id, &stickers);
    if (err == OK && (draft->stickers != NULL || draft->icon.ptr != NULL))
        err = references_replace(tx, &pack, &stickers);
    if (err == OK)
        err = pack_set(tx->db, &pack);
    if (err == OK && draft->shared >= 0)
        err = shared_set(tx, &pack, draft->shared == 1);
    if (err == OK)
        err = list_tell(tx, user, id);
    return err == OK ? pack_get(tx->db, tx->arena, id, out) : err;
}

static enum err pack_drop(struct core_tx *tx, int64_t id)
{
    enum err err = file_ref_delete(tx->db, -id, PACK_REF_SEQ, tx->now_ms + SHOWN_MS_AFTER);
    return err == OK ? pack_delete(tx->db, id) : err;
}

enum err pack_discard(struct core_tx *tx, int64_t id)
{
    struct sticker_pack pack;
    enum err err = pack_get(tx->db, tx->arena, id, &pack);
    if (err == OK)
        err = pack_drop(tx, id);
    return err == OK ? list_tell(tx, pack.owner, 0) : err;
}

enum err pack_end(struct core_tx *tx, int64_t user, int64_t id)
{
    struct sticker_pack pack;
    enum err err = pack_open_own(tx, user, id, &pack);
    if (err == OK)
        err = pack_drop(tx, id);
    return err == OK ? list_tell(tx, user, 0) : err;
}

enum err packs_end(struct core_tx *tx, int64_t user)
{
    struct id_list packs;
    enum err err = pack_ids(tx->db, tx->arena, user, &packs);
    for (size_t i = 0; i < packs.count && err == OK; i++)
        err = pack_drop(tx, packs.ids[i]);
    return err;
}

enum err pack_add(struct core_tx *tx, int64_t user, int64_t id)
{
    struct sticker_pack pack;
    struct id_list list;
    enum err err = pack_open(tx->db, tx->arena, user, id, &pack);
    if (err == OK)
        err = user_pack_ids(tx->db, tx->arena, user, &list);
    for (size_t i = 0; err == OK && i < list.count; i++)
        if (list.ids[i] == id)
            return OK;
    if (err == OK)
        err = room_check(tx, user, false);
    if (err == OK)
        err = user_pack_insert(tx->db, user, id);
    return err == OK ? list_tell(tx, user, id) : err;
}

enum err pack_remove(struct core_tx *tx, int64_t user, int64_t id)
{
    struct sticker_pack pack;
    enum err err = pack_open(tx->db, tx->arena, user, id, &pack);
    if (err == OK && pack.owner == user)
        err = ERR_ARG;
    if (err == OK)
        err = user_pack_delete(tx->db, user, id);
    return err == OK ? list_tell(tx, user, 0) : err;
}

enum err pack_order(struct core_tx *tx, int64_t user, const int64_t *ids, size_t count)
{
    struct id_list list;
    int64_t place = 0;
    enum err err = user_pack_ids(tx->db, tx->arena, user, &list);
    for (size_t i = 0; i < count && err == OK; i++)
        err = user_pack_place(tx->db, user, ids[i], place++);
    for (size_t i = 0; i < list.count && err == OK; i++) {
        bool named = false;
        for (size_t j = 0; j < count; j++)
            named |= ids[j] == list.ids[i];
        if (!named)
            err = user_pack_place(tx->db, user, list.ids[i], place++);
    }
    return err == OK ? list_tell(tx, user, 0) : err;
}

enum err pack_share(struct core_tx *tx, int64_t id, bool shared)
{
    struct sticker_pack pack;
    enum err err = pack_get(tx->db, tx->arena, id, &pack);
    if (err != OK || pack.shared == shared)
        return err;
    err = shared_set(tx, &pack, shared);
    return err == OK ? list_tell(tx, pack.owner, id) : err;
}

enum err pack_adopt(struct core_tx *tx, int64_t id)
{
    struct sticker_pack pack;
    enum err err = pack_get(tx->db, tx->arena, id, &pack);
    if (err != OK)
        return err;
    int64_t owner = pack.owner;
    pack.owner = 0;
    pack.shared = true;
    err = pack_set(tx->db, &pack);
    return err == OK ? list_tell(tx, owner, id) : err;
}
