/* device_name.c: named devices and their cursors. */
#include "store/device_name.h"

#include "store/query.h"

enum err device_name_get(struct db *db, int64_t user, struct str name, struct device_name *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_DEVICE_NAME_GET);
    call_i64(&call, user);
    call_text(&call, name);
    if (call_row(&call)) {
        *out = (struct device_name){ call_column_i64(&call, 0), call_column_i64(&call, 1), call_column_i64(&call, 2) };
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err device_name_delete(struct db *db, int64_t user, int64_t id)
{
    static const enum query steps[] = { QUERY_DEVICE_NAME_FOLD, QUERY_DEVICE_NAME_DELETE_CURSORS };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct query_call call = call_start(db, steps[i]);
        call_i64(&call, user);
        call_i64(&call, id);
        enum err err = call_finish(&call);
        if (err != OK)
            return err;
    }
    struct query_call call = call_start(db, QUERY_DEVICE_NAME_DELETE);
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
    err = device_name_delete(db, user, id);
    if (err == OK)
        ended(context, user, id);
    return err;
}

static enum err trim(struct db *db, int64_t user, size_t keep, device_ended ended, void *context)
{
    bool deleted = true;
    enum err err = OK;
    while (err == OK && deleted) {
        struct query_call call = call_start(db, QUERY_DEVICE_NAME_BEYOND);
        call_i64(&call, user);
        call_i64(&call, (int64_t)keep);
        err = delete_named(db, &call, &deleted, ended, context);
    }
    return err;
}

static enum err insert(struct db *db, int64_t user, struct str name, int64_t login, int64_t now_ms, int64_t *id)
{
    struct query_call call = call_start(db, QUERY_DEVICE_NAME_INSERT);
    call_i64(&call, user);
    call_text(&call, name);
    call_i64(&call, login);
    call_i64(&call, now_ms);
    call_i64(&call, now_ms);
    enum err err = call_finish(&call);
    if (err == OK)
        *id = db_sql(db)->v->last_id(db_sql(db));
    return err;
}

enum err device_name_use(struct db *db, int64_t user, struct str name, int64_t login, int64_t now_ms, size_t keep,
                         int64_t *id, device_ended ended, void *context)
{
    struct device_name device;
    enum err err = device_name_get(db, user, name, &device);
    if (err == ERR_NOT_FOUND) {
        err = insert(db, user, name, login, now_ms, id);
        return err == OK ? trim(db, user, keep, ended, context) : err;
    }
    if (err != OK)
        return err;
    *id = device.id;
    struct query_call call = call_start(db, QUERY_DEVICE_NAME_USE);
    call_i64(&call, login);
    call_i64(&call, now_ms);
    call_i64(&call, device.id);
    return call_finish(&call);
}

enum err device_name_expire(struct db *db, int64_t used_before_ms, size_t limit, device_ended ended, void *context)
{
    bool deleted = true;
    enum err err = OK;
    for (size_t i = 0; i < limit && err == OK && deleted; i++) {
        struct query_call call = call_start(db, QUERY_DEVICE_NAME_IDLE);
        call_i64(&call, used_before_ms);
        call_i64(&call, used_before_ms);
        err = delete_named(db, &call, &deleted, ended, context);
    }
    return err;
}

enum err device_cursor_save(struct db *db, int64_t user, int64_t device, int64_t chat, int64_t seq, int64_t mver)
{
    struct query_call call = call_start(db, QUERY_DEVICE_CURSOR_SAVE);
    call_i64(&call, user);
    call_i64(&call, device);
    call_i64(&call, chat);
    call_i64(&call, seq);
    call_i64(&call, mver);
    call_i64(&call, device);
    return call_finish(&call);
}

enum err device_cursor_done(struct db *db, int64_t user, int64_t device, int64_t pver)
{
    enum err err = device_cursor_save(db, user, device, 0, pver, 0);
    if (err != OK)
        return err;
    struct query_call call = call_start(db, QUERY_DEVICE_CURSOR_GONE);
    call_i64(&call, user);
    call_i64(&call, device);
    return call_finish(&call);
}

enum err device_cursors(struct db *db, struct arena *arena, int64_t user, int64_t device,
                        struct device_cursor_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_DEVICE_CURSORS);
    *out = (struct device_cursor_list){ 0 };
    call_i64(&call, user);
    call_i64(&call, device);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] =
            (struct device_cursor){ call_column_i64(&call, 0), call_column_i64(&call, 1), call_column_i64(&call, 2) };
    }
    return call_end(&call);
}
