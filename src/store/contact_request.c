/* contact_request.c: requests to be friends. */
#include "store/contact_request.h"

#include "store/user_row.h"

enum err request_insert(struct db *db, int64_t sender, int64_t receiver, struct str content, int64_t now_ms,
                        int64_t *id)
{
    struct query_call call = call_start(db, QUERY_REQUEST_INSERT);
    call_i64(&call, sender);
    call_i64(&call, receiver);
    call_text(&call, content);
    call_i64(&call, now_ms);
    call_i64(&call, now_ms);
    enum err err = call_finish(&call);
    if (err == OK)
        *id = db_sql(db)->v->last_id(db_sql(db));
    return err;
}

static void request_read(struct query_call *call, struct arena *arena, struct contact_request *out)
{
    *out = (struct contact_request){
        .id = call_column_i64(call, 0),
        .sender = call_column_i64(call, 1),
        .receiver = call_column_i64(call, 2),
        .content = call_column_text(call, arena, 3),
        .state = (enum contact_request_state)call_column_i64(call, 4),
        .told = call_column_i64(call, 5),
        .created_ms = call_column_i64(call, 6),
    };
}

static enum err read_one(struct query_call *call, struct arena *arena, struct contact_request *out)
{
    enum err missing = ERR_NOT_FOUND;
    if (call_row(call)) {
        request_read(call, arena, out);
        missing = OK;
    }
    enum err err = call_end(call);
    return err != OK ? err : missing;
}

enum err request_by_id(struct db *db, struct arena *arena, int64_t id, struct contact_request *out)
{
    struct query_call call = call_start(db, QUERY_REQUEST_BY_ID);
    call_i64(&call, id);
    return read_one(&call, arena, out);
}

enum err request_between(struct db *db, struct arena *arena, int64_t sender, int64_t receiver,
                         struct contact_request *out)
{
    struct query_call call = call_start(db, QUERY_REQUEST_BETWEEN);
    call_i64(&call, sender);
    call_i64(&call, receiver);
    return read_one(&call, arena, out);
}

enum err request_repeat(struct db *db, int64_t id, struct str content, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_REQUEST_REPEAT);
    call_text(&call, content);
    call_i64(&call, now_ms);
    call_i64(&call, id);
    return call_finish(&call);
}

enum err request_set_state(struct db *db, int64_t id, enum contact_request_state state, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_REQUEST_SET_STATE);
    call_i64(&call, state);
    call_i64(&call, now_ms);
    call_i64(&call, id);
    return call_finish(&call);
}

enum err request_delete(struct db *db, int64_t id)
{
    struct query_call call = call_start(db, QUERY_REQUEST_DELETE);
    call_i64(&call, id);
    return call_finish(&call);
}

enum err request_count_pending(struct db *db, int64_t sender, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_REQUEST_WAITING);
    call_i64(&call, sender);
    *count = call_row(&call) ? call_column_i64(&call, 0) : 0;
    return call_end(&call);
}

enum err request_page(struct db *db, struct arena *arena, int64_t user, int64_t before, size_t limit,
                      struct request_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_REQUEST_PAGE);
    *out = (struct request_list){ 0 };
    for (int i = 0; i < 2; i++) {
        call_i64(&call, user);
        call_i64(&call, before);
        call_i64(&call, (int64_t)limit);
    }
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        struct request_row *row = &out->rows[out->count++];
        request_read(&call, arena, &row->request);
        user_read(&call, arena, 7, &row->other);
    }
    return call_end(&call);
}
