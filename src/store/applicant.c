/* applicant.c: applications, a row each. */
#include "store/applicant.h"

#include "store/query.h"

static enum err applicant_reason(struct db *db, int64_t group, int64_t user, struct str reason)
{
    struct query_call call = call_start(db, QUERY_APPLICANT_REASON);
    call_text(&call, reason);
    call_i64(&call, user);
    call_i64(&call, group);
    return call_finish_found(&call);
}

enum err applicant_put(struct db *db, int64_t group, int64_t user, struct str reason, int64_t now_ms, bool *fresh)
{
    enum err err = applicant_reason(db, group, user, reason);
    *fresh = err == ERR_NOT_FOUND;
    if (err != ERR_NOT_FOUND)
        return err;
    struct query_call call = call_start(db, QUERY_APPLICANT_INSERT);
    call_i64(&call, group);
    call_i64(&call, user);
    call_text(&call, reason);
    call_i64(&call, now_ms);
    return call_finish(&call);
}

enum err applicant_delete(struct db *db, int64_t group, int64_t user)
{
    struct query_call call = call_start(db, QUERY_APPLICANT_DELETE);
    call_i64(&call, user);
    call_i64(&call, group);
    return call_finish_found(&call);
}

enum err applicant_exists(struct db *db, int64_t group, int64_t user, bool *exists)
{
    struct query_call call = call_start(db, QUERY_APPLICANT_EXISTS);
    call_i64(&call, user);
    call_i64(&call, group);
    *exists = call_row(&call);
    return call_end(&call);
}

enum err applicant_count(struct db *db, int64_t group, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_APPLICANT_COUNT);
    call_i64(&call, group);
    if (call_row(&call))
        *count = call_column_i64(&call, 0);
    return call_end(&call);
}

enum err applicant_list(struct db *db, struct arena *arena, int64_t group, int64_t after, size_t limit,
                        struct applicant_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_APPLICANT_LIST);
    *out = (struct applicant_list){ 0 };
    call_i64(&call, group);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct applicant){
            .user = call_column_i64(&call, 0),
            .email = call_column_text(&call, arena, 1),
            .uname = call_column_text(&call, arena, 2),
            .avatar = call_column_text(&call, arena, 3),
            .reason = call_column_text(&call, arena, 4),
            .created_ms = call_column_i64(&call, 5),
        };
    }
    return call_end(&call);
}
