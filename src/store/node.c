/* node.c: leases of nodes. */
#include "store/node.h"

#include "store/query.h"

/* A node renews its row more often. One that was killed is not waited for any longer. */
#define SERVES_MS 20000

enum err node_insert(struct db *db, struct str name, int64_t *id)
{
    struct query_call call = call_start(db, QUERY_NODE_INSERT);
    call_text(&call, name);
    enum err err = call_finish(&call);
    if (err == OK)
        *id = db_sql(db)->v->last_id(db_sql(db));
    return err;
}

enum err node_renew(struct db *db, int64_t id)
{
    struct query_call call = call_start(db, QUERY_NODE_RENEW);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err node_delete(struct db *db, int64_t id)
{
    struct query_call call = call_start(db, QUERY_NODE_DELETE);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err node_list(struct db *db, struct arena *arena, struct node_list *out)
{
    size_t capacity = 0;
    *out = (struct node_list){ 0 };
    struct query_call call = call_start(db, QUERY_NODE_LIST);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof(*out->rows));
        out->rows[out->count++] = (struct node_row){
            .id = call_column_i64(&call, 0),
            .name = call_column_text(&call, arena, 1),
            .unseen_ms = call_column_i64(&call, 2),
        };
    }
    return call_end(&call);
}

enum err node_none_serves(struct db *db)
{
    struct arena arena = { 0 };
    struct node_list nodes = { 0 };
    enum err err = db_sql(db)->v->shared ? node_list(db, &arena, &nodes) : OK;
    for (size_t i = 0; err == OK && i < nodes.count; i++)
        if (nodes.rows[i].unseen_ms < SERVES_MS)
            err = ERR_BUSY;
    arena_release(&arena);
    return err;
}
