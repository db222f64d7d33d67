/* block.c: blocks, a row each. */
#include "store/block.h"

#include "store/user_row.h"

enum err block_exists(struct db *db, int64_t owner, int64_t peer, bool *exists)
{
    struct query_call call = call_start(db, QUERY_BLOCK_EXISTS);
    call_i64(&call, owner);
    call_i64(&call, peer);
    *exists = call_row(&call);
    return call_end(&call);
}

enum err block_between(struct db *db, int64_t a, int64_t b, bool *exists)
{
    enum err err = block_exists(db, a, b, exists);
    return err != OK || *exists ? err : block_exists(db, b, a, exists);
}

enum err block_insert(struct db *db, int64_t owner, int64_t peer, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_BLOCK_INSERT);
    call_i64(&call, owner);
    call_i64(&call, peer);
    call_i64(&call, now_ms);
    return call_finish(&call);
}

enum err block_delete(struct db *db, int64_t owner, int64_t peer)
{
    struct query_call call = call_start(db, QUERY_BLOCK_DELETE);
    call_i64(&call, owner);
    call_i64(&call, peer);
    return call_finish_found(&call);
}

enum err block_count(struct db *db, int64_t owner, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_BLOCK_COUNT);
    call_i64(&call, owner);
    *count = call_row(&call) ? call_column_i64(&call, 0) : 0;
    return call_end(&call);
}

enum err block_list(struct db *db, struct arena *arena, int64_t owner, struct user_list *out)
{
    struct query_call call = call_start(db, QUERY_BLOCK_LIST);
    call_i64(&call, owner);
    return user_read_list(&call, arena, out);
}

enum err block_owners(struct db *db, struct arena *arena, int64_t peer, struct id_list *out)
{
    struct query_call call = call_start(db, QUERY_BLOCK_OWNERS);
    call_i64(&call, peer);
    return ids_read(&call, arena, out);
}
