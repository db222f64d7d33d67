/* upload.c: rows of files that come in parts. */
#include "store/upload.h"

#include "store/query.h"

enum err upload_insert(struct db *db, struct upload *upload)
{
    struct query_call call = call_start(db, QUERY_UPLOAD_INSERT);
    call_text(&call, upload->fid);
    call_i64(&call, upload->owner);
    call_blob(&call, upload->sha256);
    call_i64(&call, upload->size);
    call_text(&call, upload->name);
    call_i64(&call, upload->part_size);
    call_blob(&call, upload->parts);
    call_i64(&call, upload->expires_ms);
    enum err err = call_finish(&call);
    if (err == OK)
        upload->id = db_sql(db)->v->last_id(db_sql(db));
    return err;
}

static enum err row_read(struct query_call *call, struct arena *arena, struct upload *out)
{
    enum err missing = ERR_NOT_FOUND;
    if (call_row(call)) {
        *out = (struct upload){
            .id = call_column_i64(call, 0),
            .fid = call_column_text(call, arena, 1),
            .owner = call_column_i64(call, 2),
            .sha256 = call_column_text(call, arena, 3),
            .size = call_column_i64(call, 4),
            .name = call_column_text(call, arena, 5),
            .part_size = call_column_i64(call, 6),
            .parts = call_column_text(call, arena, 7),
            .expires_ms = call_column_i64(call, 8),
        };
        missing = OK;
    }
    enum err err = call_end(call);
    return err != OK ? err : missing;
}

enum err upload_by_fid(struct db *db, struct arena *arena, struct str fid, struct upload *out)
{
    struct query_call call = call_start(db, QUERY_UPLOAD_BY_FID);
    call_text(&call, fid);
    return row_read(&call, arena, out);
}

enum err upload_with(struct db *db, struct arena *arena, int64_t owner, struct str sha256, int64_t size,
                     struct str name, struct upload *out)
{
    struct query_call call = call_start(db, QUERY_UPLOAD_WITH);
    call_i64(&call, owner);
    call_blob(&call, sha256);
    call_i64(&call, size);
    call_text(&call, name);
    return row_read(&call, arena, out);
}

static enum err number_read(struct query_call *call, int64_t *number)
{
    *number = 0;
    if (call_row(call))
        *number = call_column_i64(call, 0);
    return call_end(call);
}

enum err upload_count(struct db *db, int64_t owner, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_UPLOAD_COUNT);
    call_i64(&call, owner);
    return number_read(&call, count);
}

enum err upload_count_all(struct db *db, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_UPLOAD_COUNT_ALL);
    return number_read(&call, count);
}

enum err upload_set(struct db *db, int64_t id, struct str parts, int64_t expires_ms)
{
    struct query_call call = call_start(db, QUERY_UPLOAD_SET);
    call_blob(&call, parts);
    call_i64(&call, expires_ms);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err upload_expired(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct file_gone_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_UPLOAD_EXPIRED);
    *out = (struct file_gone_list){ 0 };
    call_i64(&call, now_ms);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct file_gone){ call_column_i64(&call, 0), call_column_text(&call, arena, 1) };
    }
    return call_end(&call);
}

enum err upload_delete(struct db *db, int64_t id, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_UPLOAD_DELETE);
    call_i64(&call, id);
    call_i64(&call, now_ms);
    return call_finish_found(&call);
}
