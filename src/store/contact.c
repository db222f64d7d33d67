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

static enum err delete_one(struct db *db, int64_t owner, int64_t peer)
{
    struct query_call call = call_start(db, QUERY_CONTACT_DELETE);
    call_i64(&call, owner);
    call_i64(&call, peer);
    return call_finish_found(&call);
}

enum err contact_delete(struct db *db, int64_t owner, int64_t peer)
{
    enum err err = delete_one(db, owner, peer);
    if (err != OK)
        return err;
    err = delete_one(db, peer, owner);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err contact_list(struct db *db, struct arena *arena, int64_t owner, struct contact_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_CONTACT_LIST);
    *out = (struct contact_list){ 0 };
    call_i64(&call, owner);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        struct contact *contact = &out->rows[out->count++];
        user_read(&call, arena, 0, &contact->user);
        contact->remark = call_column_text(&call, arena, 6);
        contact->tags = call_column_text(&call, arena, 7);
        contact->blocked = call_column_i64(&call, 8) != 0;
        contact->blocks = call_column_i64(&call, 9) != 0;
    }
    return call_end(&call);
}

enum err contact_unblocked(struct db *db, struct arena *arena, int64_t owner, struct id_list *out)
{
    struct query_call call = call_start(db, QUERY_CONTACT_UNBLOCKED);
    call_i64(&call, owner);
    return ids_read(&call, arena, out);
}

enum err contact_note(struct db *db, struct arena *arena, int64_t owner, int64_t peer, struct str *remark,
                      struct str *tags)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_CONTACT_NOTE);
    call_i64(&call, owner);
    call_i64(&call, peer);
    if (call_row(&call)) {
        *remark = call_column_text(&call, arena, 0);
        *tags = call_column_text(&call, arena, 1);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err contact_set_note(struct db *db, int64_t owner, int64_t peer, struct str remark, struct str tags)
{
    struct query_call call = call_start(db, QUERY_CONTACT_SET_NOTE);
    call_text(&call, remark);
    call_text(&call, tags);
    call_i64(&call, owner);
    call_i64(&call, peer);
    return call_finish_found(&call);
}
