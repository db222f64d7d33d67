/* sticker.c: making and keeping packs of stickers. */
#include "action/sticker.h"

#include "chat/sticker.h"

/* {name, file}: a name may be left out. */
static bool sticker_take(const struct json *given, struct sticker_draft *sticker)
{
    const struct json *name = json_get(given, "name");
    if (given->type != JSON_OBJECT || (name != NULL && !json_text(name, &sticker->name)))
        return false;
    return json_text(json_get(given, "file"), &sticker->file);
}

static enum err stickers_take(const struct action_call *call, struct pack_draft *draft)
{
    const struct json *given = json_get(call->args, "stickers");
    size_t count = 0;
    if (given == NULL)
        return OK;
    if (given->type != JSON_ARRAY)
        return ERR_ARG;
    if (given->count > PACK_STICKERS_MAX)
        return ERR_TOO_LARGE;
    struct sticker_draft *stickers = arena_zalloc(call->arena, (given->count + 1) * sizeof(*stickers));
    for (const struct json *item = given->first; item != NULL; item = item->next)
        if (!sticker_take(item, &stickers[count++]))
            return ERR_ARG;
    draft->stickers = stickers;
    draft->count = count;
    return OK;
}

static enum err draft_take(const struct action_call *call, struct pack_draft *draft)
{
    bool shared = false;
    const struct json *name = json_get(call->args, "name");
    const struct json *icon = json_get(call->args, "icon");
    *draft = (struct pack_draft){ .shared = -1 };
    if ((name != NULL && !json_text(name, &draft->name)) || (icon != NULL && !json_text(icon, &draft->icon)) ||
        !arg_bool(call, "shared", &shared))
        return ERR_ARG;
    if (json_get(call->args, "shared") != NULL)
        draft->shared = shared;
    return stickers_take(call, draft);
}

static bool id_take(const struct action_call *call, int64_t *id)
{
    *id = 0;
    return arg_i64(call, "id", id) && *id > 0;
}

static enum err create_write(struct action_call *call, struct core_tx *tx)
{
    struct pack_draft draft;
    struct sticker_pack pack;
    enum err err = draft_take(call, &draft);
    if (err == OK)
        err = pack_create(tx, call->actor.id, &draft, &pack);
    return err == OK ? object_pack(tx->db, call, &pack, PACK_STICKERS_MAX) : err;
}

/* Who may not change it is not told what is wrong with the rest. */
static enum err edit_write(struct action_call *call, struct core_tx *tx)
{
    int64_t id;
    struct pack_draft draft;
    struct sticker_pack pack;
    if (!id_take(call, &id))
        return ERR_ARG;
    enum err allowed = pack_open_own(tx, call->actor.id, id, &pack);
    enum err err = allowed != OK ? allowed : draft_take(call, &draft);
    if (err == OK)
        err = pack_edit(tx, call->actor.id, id, &draft, &pack);
    return err == OK ? object_pack(tx->db, call, &pack, PACK_STICKERS_MAX) : err;
}

static enum err delete_write(struct action_call *call, struct core_tx *tx)
{
    int64_t id;
    return id_take(call, &id) ? pack_end(tx, call->actor.id, id) : ERR_ARG;
}

static enum err add_write(struct action_call *call, struct core_tx *tx)
{
    int64_t id;
    return id_take(call, &id) ? pack_add(tx, call->actor.id, id) : ERR_ARG;
}

static enum err remove_write(struct action_call *call, struct core_tx *tx)
{
    int64_t id;
    return id_take(call, &id) ? pack_remove(tx, call->actor.id, id) : ERR_ARG;
}

static enum err order_write(struct action_call *call, struct core_tx *tx)
{
    int64_t *ids;
    size_t count;
    if (!arg_i64s(call, "ids", PACKS_LIST_MAX, &ids, &count) || count == 0)
        return ERR_ARG;
    return pack_order(tx, call->actor.id, ids, count);
}

#define WRITES(what, function)                                                                                         \
    const struct action action_sticker_##what = { .name = "sticker_" #what,                                            \
                                                  .flags = ACTION_LIMITED,                                             \
                                                  .write = (function) }
WRITES(create, create_write);
WRITES(edit, edit_write);
WRITES(delete, delete_write);
WRITES(add, add_write);
WRITES(remove, remove_write);
WRITES(order, order_write);
