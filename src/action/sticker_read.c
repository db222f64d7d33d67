/* sticker_read.c: one's packs, one of them, and those that are to be found. */
#include "action/sticker.h"

#include "action/object.h"
#include "chat/sticker.h"
#include "util/jsonw.h"

#define FIND_DEFAULT 20
#define FIND_MAX 50
#define FIND_STICKERS 8 /* a look at each pack */
#define FIND_TEXT_SIZE_MAX ((size_t)256)

static void file_append(struct action_call *call, const char *key, struct str fid)
{
    object_picture(&call->data, key, arena_format(call->arena, "/file/%.*s", (int)fid.size, fid.ptr));
}

enum err object_pack(struct db *db, struct action_call *call, const struct sticker_pack *pack, size_t limit)
{
    struct sticker_list stickers;
    struct buf *out = &call->data;
    enum err err = sticker_list(db, call->arena, pack->id, limit, &stickers);
    jsonw_open(out, '{');
    jsonw_put_i64(out, "id", pack->id);
    jsonw_put_str(out, "name", pack->name);
    jsonw_put_str(out, "owner", pack->owner == 0 ? STR("") : pack->owner_email);
    file_append(call, "icon", pack->icon_fid);
    jsonw_put_bool(out, "shared", pack->shared);
    jsonw_put_bool(out, "mine", pack->owner == call->actor.id);
    jsonw_put_i64(out, "createAt", pack->created_ms);
    jsonw_put_i64(out, "count", pack->count);
    jsonw_key(out, "stickers");
    jsonw_open(out, '[');
    for (size_t i = 0; err == OK && i < stickers.count; i++) {
        jsonw_open(out, '{');
        jsonw_put_str(out, "name", stickers.rows[i].name);
        file_append(call, "file", stickers.rows[i].fid);
        jsonw_close(out, '}');
    }
    jsonw_close(out, ']');
    jsonw_close(out, '}');
    return err;
}

static enum err packs_append(struct action_call *call, const struct action_env *env,
                             const struct sticker_pack_list *list, size_t count, size_t limit)
{
    enum err err = OK;
    jsonw_key(&call->data, "packs");
    jsonw_open(&call->data, '[');
    for (size_t i = 0; i < count && err == OK; i++)
        err = object_pack(env->db, call, &list->rows[i], limit);
    jsonw_close(&call->data, ']');
    return err;
}

static enum err packs_read(struct action_call *call, const struct action_env *env)
{
    struct sticker_pack_list list;
    enum err err = user_pack_list(env->db, call->arena, call->actor.id, &list);
    if (err != OK)
        return err;
    jsonw_open(&call->data, '{');
    err = packs_append(call, env, &list, list.count, PACK_STICKERS_MAX);
    jsonw_close(&call->data, '}');
    return err;
}
const struct action action_sticker_packs = { .name = "sticker_packs", .read = packs_read };

static enum err pack_read(struct action_call *call, const struct action_env *env)
{
    int64_t id = 0;
    struct sticker_pack pack;
    if (!arg_i64(call, "id", &id) || id < 1)
        return ERR_ARG;
    enum err err = pack_open(env->db, call->arena, call->actor.id, id, &pack);
    return err == OK ? object_pack(env->db, call, &pack, PACK_STICKERS_MAX) : err;
}
const struct action action_sticker_pack = { .name = "sticker_pack", .read = pack_read };

static enum err find_read(struct action_call *call, const struct action_env *env)
{
    int64_t before = INT64_MAX;
    size_t limit;
    struct sticker_pack_list list;
    struct str text = arg_text(call, "q");
    if (!arg_i64(call, "cursor", &before) || before < 1 || !arg_limit(call, FIND_DEFAULT, FIND_MAX, &limit) ||
        text.size > FIND_TEXT_SIZE_MAX)
        return ERR_ARG;
    enum err err = pack_find(env->db, call->arena, text.ptr == NULL ? STR("") : text, before, limit + 1, &list);
    if (err != OK)
        return err;
    bool more = list.count > limit;
    size_t count = more ? limit : list.count;
    jsonw_open(&call->data, '{');
    err = packs_append(call, env, &list, count, FIND_STICKERS);
    if (more)
        jsonw_put_i64(&call->data, "cursor", list.rows[count - 1].id);
    jsonw_close(&call->data, '}');
    return err;
}
const struct action action_sticker_find = { .name = "sticker_find", .read = find_read };
