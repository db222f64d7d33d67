/* journal.c: the counter and the rows behind it. */
#include "store/journal.h"

#include "store/query.h"

#define TRIM_ROWS 500 /* removed at a time; so many of the old ones may stay */

static enum err number_read(struct db *db, enum query query, uint64_t *number)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, query);
    if (call_row(&call)) {
        *number = (uint64_t)call_column_i64(&call, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err journal_lock(struct db *db, uint64_t *number)
{
    return number_read(db, QUERY_JOURNAL_LOCK, number);
}

/* One way to the server for the lock and the counter. */
enum err journal_next(struct db *db, uint64_t *number)
{
    struct sql *sql = db_sql(db);
    struct query_call call = call_start(db, QUERY_JOURNAL_NEXT);
    bool row = call_row(&call);
    if (row)
        *number = (uint64_t)call_column_i64(&call, 0);
    bool found = row || (call.err == OK && sql->v->changes(sql) > 0);
    if (found && !row)
        *number = (uint64_t)sql->v->last_id(sql);
    enum err err = call_end(&call);
    return err == OK && !found ? ERR_NOT_FOUND : err;
}

enum err journal_number(struct db *db, uint64_t *number)
{
    return number_read(db, QUERY_JOURNAL_NUMBER, number);
}

enum err journal_append(struct db *db, const struct journal_row *row)
{
    struct query_call call = call_start(db, QUERY_JOURNAL_INSERT);
    call_i64(&call, (int64_t)row->number);
    call_i64(&call, row->node);
    call_blob(&call, row->mark);
    call_i64(&call, row->flags);
    call_i64(&call, row->created_ms);
    call_blob(&call, row->events.ptr == NULL ? STR("") : row->events);
    return call_finish(&call);
}

enum err journal_read(struct db *db, struct arena *arena, uint64_t after, size_t limit, struct journal_list *out)
{
    size_t capacity = 0;
    *out = (struct journal_list){ 0 };
    struct query_call call = call_start(db, QUERY_JOURNAL_READ);
    call_i64(&call, (int64_t)after);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof(*out->rows));
        out->rows[out->count++] = (struct journal_row){
            .number = (uint64_t)call_column_i64(&call, 0),
            .node = call_column_i64(&call, 1),
            .flags = call_column_i64(&call, 2),
            .created_ms = call_column_i64(&call, 3),
            .mark = call_column_text(&call, arena, 4),
            .events = call_column_text(&call, arena, 5),
        };
    }
    return call_end(&call);
}

enum err journal_marked(struct db *db, uint64_t number, struct str mark, bool *same)
{
    enum err missing = ERR_NOT_FOUND;
    struct arena arena = { 0 };
    struct query_call call = call_start(db, QUERY_JOURNAL_MARK);
    call_i64(&call, (int64_t)number);
    if (call_row(&call)) {
        *same = str_equal(call_column_text(&call, &arena, 0), mark);
        missing = OK;
    }
    enum err err = call_end(&call);
    arena_release(&arena);
    return err != OK ? err : missing;
}

enum err journal_touch(struct db *db, uint64_t number)
{
    struct query_call call = call_start(db, QUERY_JOURNAL_TOUCH);
    call_i64(&call, (int64_t)number);
    return call_finish_found(&call);
}

enum err journal_trim(struct db *db, int64_t created_before_ms, bool *more)
{
    int64_t number = 0;
    *more = false;
    struct query_call call = call_start(db, QUERY_JOURNAL_OLD);
    call_i64(&call, TRIM_ROWS);
    if (call_row(&call) && call_column_i64(&call, 1) < created_before_ms)
        number = call_column_i64(&call, 0);
    enum err err = call_end(&call);
    if (err != OK || number == 0)
        return err;
    *more = true;
    call = call_start(db, QUERY_JOURNAL_TRIM);
    call_i64(&call, number);
    return call_finish(&call);
}
