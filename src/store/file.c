/* file.c: rows of files and of references to them. */
#include "store/file.h"

#include "store/message.h"
#include "store/object.h"
#include "store/query.h"

enum err file_insert(struct db *db, struct file *file)
{
    struct query_call call = call_start(db, QUERY_FILE_INSERT);
    call_text(&call, file->fid);
    call_i64(&call, file->owner);
    call_i64(&call, file->size);
    call_i64(&call, file->kind);
    call_text(&call, file->mime);
    call_text(&call, file->name);
    call_blob(&call, file->sha256);
    call_i64(&call, file->width);
    call_i64(&call, file->height);
    call_text(&call, file->blur);
    call_i64(&call, file->thumbs);
    call_i64(&call, file->created_ms);
    call_i64(&call, file->expires_ms);
    enum err err = call_finish(&call);
    if (err == OK)
        file->id = db_sql(db)->v->last_id(db_sql(db));
    return err;
}

static struct file row_take(struct query_call *call, struct arena *arena)
{
    return (struct file){
        .id = call_column_i64(call, 0),
        .fid = call_column_text(call, arena, 1),
        .owner = call_column_i64(call, 2),
        .size = call_column_i64(call, 3),
        .kind = call_column_i64(call, 4),
        .mime = call_column_text(call, arena, 5),
        .name = call_column_text(call, arena, 6),
        .sha256 = call_column_text(call, arena, 7),
        .width = call_column_i64(call, 8),
        .height = call_column_i64(call, 9),
        .blur = call_column_text(call, arena, 10),
        .thumbs = call_column_i64(call, 11),
        .created_ms = call_column_i64(call, 12),
        .expires_ms = call_column_i64(call, 13),
    };
}

static enum err row_read(struct query_call *call, struct arena *arena, struct file *out)
{
    enum err missing = ERR_NOT_FOUND;
    if (call_row(call)) {
        *out = row_take(call, arena);
        missing = OK;
    }
    enum err err = call_end(call);
    return err != OK ? err : missing;
}

enum err file_by_fid(struct db *db, struct arena *arena, struct str fid, int64_t now_ms, struct file *out)
{
    struct query_call call = call_start(db, QUERY_FILE_BY_FID);
    call_text(&call, fid);
    call_i64(&call, now_ms);
    return row_read(&call, arena, out);
}

enum err file_exists(struct db *db, struct str fid, bool *exists)
{
    struct query_call call = call_start(db, QUERY_FILE_EXISTS);
    call_text(&call, fid);
    *exists = call_row(&call);
    return call_end(&call);
}

static enum err rows_read(struct query_call *call, struct arena *arena, struct file_list *out, size_t *capacity)
{
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, capacity, sizeof *out->rows);
        out->rows[out->count++] = row_take(call, arena);
    }
    return call_end(call);
}

enum err file_with(struct db *db, struct arena *arena, struct str sha256, int64_t user, int64_t now_ms, size_t limit,
                   struct file_list *out)
{
    static const enum query queries[] = { QUERY_FILE_OWN_WITH, QUERY_FILE_ANY_WITH };
    size_t capacity = 0;
    enum err err = OK;
    *out = (struct file_list){ 0 };
    for (size_t i = 0; err == OK && i < sizeof queries / sizeof *queries; i++) {
        struct query_call call = call_start(db, queries[i]);
        call_blob(&call, sha256);
        call_i64(&call, user);
        call_i64(&call, now_ms);
        call_i64(&call, (int64_t)limit);
        err = rows_read(&call, arena, out, &capacity);
    }
    return err;
}

enum err file_keep(struct db *db, int64_t id, int64_t now_ms, int64_t expires_ms)
{
    struct query_call call = call_start(db, QUERY_FILE_KEEP);
    call_i64(&call, expires_ms);
    call_i64(&call, expires_ms);
    call_i64(&call, id);
    call_i64(&call, now_ms);
    return call_finish_found(&call);
}

static enum err number_read(struct query_call *call, int64_t *number)
{
    *number = 0;
    if (call_row(call))
        *number = call_column_i64(call, 0);
    return call_end(call);
}

enum err file_usage(struct db *db, int64_t owner, int64_t *bytes)
{
    struct query_call call = call_start(db, QUERY_FILE_USAGE);
    call_i64(&call, owner);
    call_i64(&call, owner);
    return number_read(&call, bytes);
}

enum err file_count(struct db *db, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_FILE_COUNT);
    return number_read(&call, count);
}

enum err file_places(struct db *db, struct arena *arena, int64_t file, int64_t user, size_t limit,
                     struct file_place_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_FILE_PUBLIC);
    *out = (struct file_place_list){ 0 };
    call_i64(&call, file);
    call_i64(&call, file);
    call_i64(&call, user);
    call_i64(&call, file);
    out->is_public = call_row(&call);
    enum err err = call_end(&call);
    if (err != OK)
        return err;
    call = call_start(db, QUERY_FILE_PLACES);
    call_i64(&call, file);
    call_i64(&call, user);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct file_place){ call_column_i64(&call, 0), call_column_i64(&call, 1) };
    }
    return call_end(&call);
}

enum err file_ref_insert(struct db *db, int64_t chat, int64_t seq, int64_t file)
{
    struct query_call call = call_start(db, QUERY_FILE_REF_INSERT);
    call_i64(&call, chat);
    call_i64(&call, seq);
    call_i64(&call, file);
    enum err err = call_finish(&call);
    if (err != OK)
        return err == ERR_EXISTS ? OK : err;
    call = call_start(db, QUERY_FILE_USED);
    call_i64(&call, file);
    return call_finish_found(&call);
}

enum err file_ref_delete(struct db *db, int64_t chat, int64_t seq, int64_t expires_ms)
{
    struct query_call call = call_start(db, QUERY_FILE_UNUSED);
    call_i64(&call, expires_ms);
    call_i64(&call, chat);
    call_i64(&call, seq);
    enum err err = call_finish(&call);
    if (err != OK)
        return err;
    call = call_start(db, QUERY_FILE_REF_DELETE);
    call_i64(&call, chat);
    call_i64(&call, seq);
    return call_finish(&call);
}

enum err file_shown_list(struct db *db, struct arena *arena, const struct file_shown_range *range,
                         struct file_shown_list *out)
{
    struct query_call call = call_start(db, range->ascend ? QUERY_FILE_SHOWN_UP : QUERY_FILE_SHOWN);
    *out = (struct file_shown_list){ .rows = arena_alloc(arena, range->limit * sizeof(*out->rows)) };
    call_i64(&call, range->user);
    call_i64(&call, range->chat);
    call_i64(&call, range->min);
    call_i64(&call, range->before);
    call_i64(&call, (int64_t)range->limit);
    while (call_row(&call))
        out->rows[out->count++] = (struct file_shown){
            .seq = call_column_i64(&call, 0),
            .type = call_column_i64(&call, 1),
            .seen = call_column_i64(&call, 2) == MESSAGE_THERE && call_column_i64(&call, 3) == 0,
        };
    return call_end(&call);
}

enum err file_expired(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct file_gone_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_FILE_EXPIRED);
    *out = (struct file_gone_list){ 0 };
    call_i64(&call, now_ms);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct file_gone){ call_column_i64(&call, 0), call_column_text(&call, arena, 1) };
    }
    return call_end(&call);
}

enum err file_delete(struct db *db, int64_t id)
{
    enum err err = object_file_gone(db, id);
    if (err != OK)
        return err;
    struct query_call call = call_start(db, QUERY_FILE_DELETE);
    call_i64(&call, id);
    return call_finish_found(&call);
}
