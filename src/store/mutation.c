/* mutation.c: the log of changes. */
#include "store/mutation.h"

#include "store/query.h"

enum err mutation_head(struct db *db, int64_t chat, int64_t *mver)
{
    struct query_call call = call_start(db, QUERY_MUTATION_HEAD);
    call_i64(&call, chat);
    if (call_row(&call))
        *mver = call_column_i64(&call, 0);
    return call_end(&call);
}

enum err mutation_insert(struct db *db, const struct mutation *mutation)
{
    struct query_call call = call_start(db, QUERY_MUTATION_INSERT);
    call_i64(&call, mutation->chat);
    call_i64(&call, mutation->mver);
    call_i64(&call, mutation->cmd);
    call_i64(&call, mutation->seq);
    call_i64(&call, mutation->actor);
    call_i64(&call, mutation->created_ms);
    call_i64(&call, mutation->on);
    call_text(&call, mutation->detail);
    call_text(&call, mutation->seqs);
    return call_finish(&call);
}

static enum err list_read(struct query_call *call, struct arena *arena, struct mutation_list *out)
{
    size_t capacity = 0;
    *out = (struct mutation_list){ 0 };
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct mutation){
            .id = call_column_i64(call, 0),
            .chat = call_column_i64(call, 1),
            .mver = call_column_i64(call, 2),
            .cmd = call_column_i64(call, 3),
            .seq = call_column_i64(call, 4),
            .actor = call_column_i64(call, 5),
            .created_ms = call_column_i64(call, 6),
            .on = call_column_i64(call, 7) != 0,
            .detail = call_column_text(call, arena, 8),
            .seqs = call_column_text(call, arena, 9),
            .actor_email = call_column_text(call, arena, 10),
        };
    }
    return call_end(call);
}

enum err mutation_page(struct db *db, struct arena *arena, int64_t chat, int64_t after, size_t limit,
                       struct mutation_list *out)
{
    struct query_call call = call_start(db, QUERY_MUTATION_PAGE);
    call_i64(&call, chat);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    return list_read(&call, arena, out);
}

enum err mutation_after(struct db *db, struct arena *arena, int64_t after, size_t limit, struct mutation_list *out)
{
    struct query_call call = call_start(db, QUERY_MUTATION_AFTER);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    return list_read(&call, arena, out);
}
