/* invite.c: codes that let somebody register. A used-up code keeps its row,
 * so that it cannot be given out again by mistake. */
#include "store/invite.h"

#include "os/clock.h"
#include "store/query.h"

enum err invite_insert(struct db *db, struct str code, int64_t uses, int64_t expires_ms)
{
    struct query_call call = call_start(db, QUERY_INVITE_INSERT);
    call_text(&call, code);
    call_i64(&call, uses);
    call_i64(&call, expires_ms);
    return call_finish(&call);
}

enum err invite_take(struct db *db, struct str code, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_INVITE_TAKE);
    call_text(&call, code);
    call_i64(&call, now_ms);
    return call_finish_found(&call);
}

enum err invite_list(struct db *db, struct arena *arena, struct invite_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_INVITE_LIST);
    *out = (struct invite_list){ 0 };
    call_i64(&call, clock_wall_ms());
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct invite){
            .code = call_column_text(&call, arena, 0),
            .uses_left = call_column_i64(&call, 1),
            .expires_ms = call_column_i64(&call, 2),
        };
    }
    return call_end(&call);
}
