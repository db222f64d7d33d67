/* contact.c: friendships, a row each way. */
#include "store/contact.h"

#include "store/user_row.h"

enum err contact_exists(struct db *db, int64_t owner, int64_t peer, bool *exists)
{
    struct query_call call = call_start(db, QUERY_CONTACT_EXISTS);
    call_i64(&call, owner);
    call_i64(&call, peer);
    *exists = call_row(&call);
    return call_end(&call);
}

static enum err insert_one(struct db *db, int64_t owner, int64_t peer, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_CONTACT_INSERT);
    call_i64(&call, owner);
    call_i64(&call, peer);
    call_i64(&call, now_ms);
    return call_finish(&call);
}

enum err contact_insert(struct db *db, int64_t owner, int64_t peer, int64_t now_ms)
{
    enum err err = insert_one(db, owner, peer, now_ms);
    if (err != OK)
        return err;
    err = insert_one(db, peer, owner, now_ms);
    return err == ERR_EXISTS ? OK : err; /* the peer had the owner already */
}

enum err contact_list(struct db *db, struct arena *arena, int64_t owner, struct user_list *out)
{
    struct query_call call = call_start(db, QUERY_CONTACT_LIST);
    call_i64(&call, owner);
    return user_read_list(&call, arena, out);
}

enum err contact_ids(struct db *db, struct arena *arena, int64_t owner, struct id_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_CONTACT_IDS);
    *out = (struct id_list){ 0 };
    call_i64(&call, owner);
    while (call_row(&call)) {
        out->ids = rows_grow(arena, out->ids, out->count, &capacity, sizeof *out->ids);
        out->ids[out->count++] = call_column_i64(&call, 0);
    }
    return call_end(&call);
}

enum err contact_remark(struct db *db, struct arena *arena, int64_t owner, int64_t peer, struct str *remark)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_CONTACT_REMARK);
    call_i64(&call, owner);
    call_i64(&call, peer);
    if (call_row(&call)) {
        *remark = call_column_text(&call, arena, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}
