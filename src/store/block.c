/* block.c: blocks, a row each. */
#include "store/block.h"

#include "store/query.h"

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
