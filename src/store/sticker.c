/* sticker.c: rows of packs, of their stickers, and of users' lists. */
#include "store/sticker.h"

#include "store/query.h"

enum err pack_insert(struct db *db, struct sticker_pack *pack)
{
    struct query_call call = call_start(db, QUERY_PACK_INSERT);
    call_i64(&call, pack->owner);
    call_text(&call, pack->name);
    call_i64(&call, pack->icon);
    call_i64(&call, pack->shared);
    call_i64(&call, pack->created_ms);
    enum err err = call_finish(&call);
    if (err == OK)
        pack->id = db_sql(db)->v->last_id(db_sql(db));
    return err;
}

enum err pack_set(struct db *db, const struct sticker_pack *pack)
{
    struct query_call call = call_start(db, QUERY_PACK_SET);
    call_i64(&call, pack->owner);
    call_text(&call, pack->name);
    call_i64(&call, pack->icon);
    call_i64(&call, pack->shared);
    call_i64(&call, pack->id);
    return call_finish_found(&call);
}

static enum err delete_of(struct db *db, enum query query, int64_t pack)
{
    struct query_call call = call_start(db, query);
    call_i64(&call, pack);
    return call_finish(&call);
}

enum err pack_delete(struct db *db, int64_t id)
{
    enum err err = delete_of(db, QUERY_STICKER_DELETE, id);
    if (err == OK)
        err = user_pack_delete_others(db, id, 0);
    return err == OK ? delete_of(db, QUERY_PACK_DELETE, id) : err;
}

static enum err packs_read(struct query_call *call, struct arena *arena, struct sticker_pack_list *out)
{
    size_t capacity = 0;
    *out = (struct sticker_pack_list){ 0 };
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct sticker_pack){
            .id = call_column_i64(call, 0),
            .owner = call_column_i64(call, 1),
            .owner_email = call_column_text(call, arena, 2),
            .name = call_column_text(call, arena, 3),
            .icon = call_column_i64(call, 4),
            .icon_fid = call_column_text(call, arena, 5),
            .shared = call_column_i64(call, 6) != 0,
            .created_ms = call_column_i64(call, 7),
            .count = call_column_i64(call, 8),
        };
    }
    return call_end(call);
}

enum err pack_get(struct db *db, struct arena *arena, int64_t id, struct sticker_pack *out)
{
    struct sticker_pack_list list;
    struct query_call call = call_start(db, QUERY_PACK_GET);
    call_i64(&call, id);
    enum err err = packs_read(&call, arena, &list);
    if (err == OK && list.count == 0)
        err = ERR_NOT_FOUND;
    if (err == OK)
        *out = list.rows[0];
    return err;
}

static enum err number_read(struct query_call *call, int64_t *number)
{
    *number = call_row(call) ? call_column_i64(call, 0) : 0;
    return call_end(call);
}

enum err pack_count(struct db *db, int64_t owner, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_PACK_COUNT);
    call_i64(&call, owner);
    return number_read(&call, count);
}

enum err pack_count_all(struct db *db, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_PACK_COUNT_ALL);
    return number_read(&call, count);
}

enum err pack_ids(struct db *db, struct arena *arena, int64_t owner, struct id_list *out)
{
    struct query_call call = call_start(db, QUERY_PACK_IDS);
    call_i64(&call, owner);
    return ids_read(&call, arena, out);
}

enum err pack_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct sticker_pack_list *out)
{
    struct query_call call = call_start(db, QUERY_PACK_PAGE);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    return packs_read(&call, arena, out);
}

enum err pack_find(struct db *db, struct arena *arena, struct str text, int64_t before, size_t limit,
                   struct sticker_pack_list *out)
{
    struct query_call call = call_start(db, QUERY_PACK_FIND);
    call_i64(&call, before);
    call_text(&call, text_lowered(arena, text));
    call_i64(&call, (int64_t)limit);
    return packs_read(&call, arena, out);
}

static enum err sticker_insert(struct db *db, int64_t pack, int64_t place, const struct sticker *sticker)
{
    struct query_call call = call_start(db, QUERY_STICKER_INSERT);
    call_i64(&call, pack);
    call_i64(&call, place);
    call_text(&call, sticker->name);
    call_i64(&call, sticker->file);
    return call_finish(&call);
}

enum err sticker_replace(struct db *db, int64_t pack, const struct sticker_list *list)
{
    enum err err = delete_of(db, QUERY_STICKER_DELETE, pack);
    for (size_t i = 0; i < list->count && err == OK; i++)
        err = sticker_insert(db, pack, (int64_t)i, &list->rows[i]);
    return err;
}

enum err sticker_list(struct db *db, struct arena *arena, int64_t pack, size_t limit, struct sticker_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_STICKER_LIST);
    *out = (struct sticker_list){ 0 };
    call_i64(&call, pack);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct sticker){
            .name = call_column_text(&call, arena, 0),
            .file = call_column_i64(&call, 1),
            .fid = call_column_text(&call, arena, 2),
        };
    }
    return call_end(&call);
}

enum err user_pack_list(struct db *db, struct arena *arena, int64_t user, struct sticker_pack_list *out)
{
    struct query_call call = call_start(db, QUERY_PACK_LIST);
    call_i64(&call, user);
    return packs_read(&call, arena, out);
}

enum err user_pack_ids(struct db *db, struct arena *arena, int64_t user, struct id_list *out)
{
    struct query_call call = call_start(db, QUERY_USER_PACK_IDS);
    call_i64(&call, user);
    return ids_read(&call, arena, out);
}

enum err user_pack_count(struct db *db, int64_t user, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_USER_PACK_COUNT);
    call_i64(&call, user);
    return number_read(&call, count);
}

enum err user_pack_insert(struct db *db, int64_t user, int64_t pack)
{
    struct query_call call = call_start(db, QUERY_USER_PACK_INSERT);
    call_i64(&call, user);
    call_i64(&call, pack);
    call_i64(&call, user);
    return call_finish(&call);
}

enum err user_pack_delete(struct db *db, int64_t user, int64_t pack)
{
    struct query_call call = call_start(db, QUERY_USER_PACK_DELETE);
    call_i64(&call, user);
    call_i64(&call, pack);
    return call_finish_found(&call);
}

enum err user_pack_delete_others(struct db *db, int64_t pack, int64_t user)
{
    struct query_call call = call_start(db, QUERY_USER_PACK_DELETE_OTHERS);
    call_i64(&call, pack);
    call_i64(&call, user);
    return call_finish(&call);
}

enum err user_pack_place(struct db *db, int64_t user, int64_t pack, int64_t place)
{
    struct query_call call = call_start(db, QUERY_USER_PACK_PLACE);
    call_i64(&call, place);
    call_i64(&call, user);
    call_i64(&call, pack);
    return call_finish_found(&call);
}
