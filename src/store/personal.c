/* personal.c: one user's side of a chat. */
#include "store/personal.h"

#include "store/query.h"

enum err personal_get(struct db *db, int64_t user, int64_t *pver)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_PERSONAL_GET);
    call_i64(&call, user);
    if (call_row(&call)) {
        *pver = call_column_i64(&call, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err personal_next(struct db *db, int64_t user, int64_t *pver)
{
    struct query_call call = call_start(db, QUERY_PERSONAL_NEXT);
    call_i64(&call, user);
    enum err err = call_finish_found(&call);
    return err == OK ? personal_get(db, user, pver) : err;
}

enum err personal_changed(struct db *db, int64_t chat, int64_t user, int64_t *pver)
{
    enum err err = personal_next(db, user, pver);
    if (err != OK)
        return err;
    struct query_call call = call_start(db, QUERY_MEMBER_CHANGED);
    call_i64(&call, *pver);
    call_i64(&call, user);
    call_i64(&call, chat);
    return call_finish(&call);
}

static enum err mark_read(struct db *db, int64_t chat, int64_t user, int64_t seq)
{
    int64_t pver;
    enum err err = personal_next(db, user, &pver);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    struct query_call call = call_start(db, QUERY_MEMBER_MARK_READ);
    call_i64(&call, seq);
    call_i64(&call, pver);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, seq);
    return call_finish(&call);
}

static enum err mark_sent(struct db *db, int64_t chat, int64_t user, int64_t seq)
{
    struct query_call call = call_start(db, QUERY_MEMBER_MARK_SENT);
    call_i64(&call, seq);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, seq);
    return call_finish(&call);
}

enum err member_mark(struct db *db, int64_t chat, int64_t user, int64_t read_seq, int64_t sent_seq)
{
    enum err err = OK;
    if (read_seq > 0)
        err = mark_read(db, chat, user, read_seq);
    if (err == OK && sent_seq > 0)
        err = mark_sent(db, chat, user, sent_seq);
    return err;
}

enum err hidden_exists(struct db *db, int64_t user, int64_t chat, int64_t seq, bool *exists)
{
    struct query_call call = call_start(db, QUERY_HIDDEN_EXISTS);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, seq);
    *exists = call_row(&call);
    return call_end(&call);
}
