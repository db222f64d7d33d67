/* device.c: tokens, and what each device has been given.
 * A device's cursors outlive it: they are folded into device 0 of its user,
 * and a new device starts from the greatest of all the user's. */
#include "store/device.h"

#include "store/query.h"

enum err device_insert(struct db *db, int64_t user, const unsigned char token_hash[TOKEN_HASH_SIZE], int64_t now_ms,
                       int64_t *id)
{
    struct query_call call = call_start(db, QUERY_DEVICE_INSERT);
    call_i64(&call, user);
    call_blob(&call, (struct str){ (const char *)token_hash, TOKEN_HASH_SIZE });
    call_i64(&call, now_ms);
    call_i64(&call, now_ms);
    enum err err = call_finish(&call);
    if (err != OK)
        return err;
    *id = db_sql(db)->v->last_id(db_sql(db));
    call = call_start(db, QUERY_DEVICE_COPY_CURSORS);
    call_i64(&call, *id);
    call_i64(&call, user);
    call_i64(&call, user);
    return call_finish(&call);
}

static enum err read_one(struct query_call *call, struct device *out)
{
    enum err missing = ERR_NOT_FOUND;
    if (call_row(call)) {
        *out = (struct device){
            .id = call_column_i64(call, 0),
            .user = call_column_i64(call, 1),
            .created_ms = call_column_i64(call, 2),
            .used_ms = call_column_i64(call, 3),
        };
        missing = OK;
    }
    enum err err = call_end(call);
    return err != OK ? err : missing;
}

enum err device_by_token(struct db *db, const unsigned char token_hash[TOKEN_HASH_SIZE], struct device *out)
{
    struct query_call call = call_start(db, QUERY_DEVICE_BY_TOKEN);
    call_blob(&call, (struct str){ (const char *)token_hash, TOKEN_HASH_SIZE });
    return read_one(&call, out);
}

enum err device_get(struct db *db, int64_t id, struct device *out)
{
    struct query_call call = call_start(db, QUERY_DEVICE_GET);
    call_i64(&call, id);
    return read_one(&call, out);
}

enum err device_touch(struct db *db, int64_t id, int64_t used_ms)
{
    struct query_call call = call_start(db, QUERY_DEVICE_TOUCH);
    call_i64(&call, used_ms);
    call_i64(&call, id);
    call_i64(&call, used_ms);
    return call_finish(&call);
}

enum err device_delete(struct db *db, int64_t id)
{
    struct query_call call = call_start(db, QUERY_DEVICE_FOLD_CURSORS);
    call_i64(&call, id);
    enum err err = call_finish(&call);
    if (err != OK)
        return err;
    call = call_start(db, QUERY_DEVICE_DELETE_CURSORS);
    call_i64(&call, id);
    call_i64(&call, id);
    err = call_finish(&call);
    if (err != OK)
        return err;
    call = call_start(db, QUERY_DEVICE_DELETE);
    call_i64(&call, id);
    return call_finish(&call);
}

/* Deletes the device that the query names (id, user), if it names one. */
static enum err delete_named(struct db *db, struct query_call *call, bool *deleted, device_ended ended, void *context)
{
    *deleted = call_row(call);
    int64_t id = *deleted ? call_column_i64(call, 0) : 0;
    int64_t user = *deleted ? call_column_i64(call, 1) : 0;
    enum err err = call_end(call);
    if (err != OK || !*deleted)
        return err;
    err = device_delete(db, id);
    if (err == OK && ended != NULL)
        ended(context, user, id);
    return err;
}

enum err device_trim(struct db *db, int64_t user, size_t keep, device_ended ended, void *context)
{
    bool deleted = true;
    enum err err = OK;
    while (err == OK && deleted) {
        struct query_call call = call_start(db, QUERY_DEVICE_BEYOND);
        call_i64(&call, user);
        call_i64(&call, (int64_t)keep);
        err = delete_named(db, &call, &deleted, ended, context);
    }
    return err;
}

enum err device_expire(struct db *db, int64_t used_before_ms, size_t limit, device_ended ended, void *context)
{
    bool deleted = true;
    enum err err = OK;
    for (size_t i = 0; i < limit && err == OK && deleted; i++) {
        struct query_call call = call_start(db, QUERY_DEVICE_IDLE);
        call_i64(&call, used_before_ms);
        err = delete_named(db, &call, &deleted, ended, context);
    }
    return err;
}

enum err device_delete_others(struct db *db, int64_t user, int64_t keep, device_ended ended, void *context)
{
    bool deleted = true;
    enum err err = OK;
    while (err == OK && deleted) {
        struct query_call call = call_start(db, QUERY_DEVICE_OTHER);
        call_i64(&call, user);
        call_i64(&call, keep);
        err = delete_named(db, &call, &deleted, ended, context);
    }
    return err;
}

enum err device_list(struct db *db, struct arena *arena, int64_t user, struct device_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_DEVICE_LIST);
    *out = (struct device_list){ 0 };
    call_i64(&call, user);
    call_i64(&call, user);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct device_row){
            .named = call_column_i64(&call, 0),
            .name = call_column_text(&call, arena, 1),
            .login = call_column_i64(&call, 2),
            .created_ms = call_column_i64(&call, 3),
            .used_ms = call_column_i64(&call, 4),
        };
    }
    return call_end(&call);
}
