/* personal.c: one user's side of a chat. */
#include "store/personal.h"

#include "store/block.h"
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

/* How far somebody has read is news to the other one of a one-to-one chat, too. */
static enum err peer_changed(struct db *db, int64_t chat, int64_t user)
{
    int64_t low, high, pver;
    bool blocked;
    chat_id_users(chat, &low, &high);
    int64_t peer = user == low ? high : low;
    enum err err = peer == user ? ERR_NOT_FOUND : block_between(db, user, peer, &blocked);
    if (err == OK && !blocked)
        err = personal_changed(db, chat, peer, &pver);
    return err == ERR_NOT_FOUND ? OK : err;
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
    err = call_finish(&call);
    return err == OK && chat_id_is_direct(chat) ? peer_changed(db, chat, user) : err;
}

static enum err mark_sent(struct db *db, int64_t chat, int64_t user, int64_t seq)
{
    struct query_call call = call_start(db, QUERY_MEMBER_MARK_SENT);
    call_i64(&call, seq);
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

enum err hidden_any(struct db *db, int64_t user, bool *exists)
{
    struct query_call call = call_start(db, QUERY_HIDDEN_ANY);
    call_i64(&call, user);
    *exists = call_row(&call);
    return call_end(&call);
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

enum err hidden_after(struct db *db, struct arena *arena, int64_t user, int64_t chat, int64_t pver, size_t limit,
                      struct hidden_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_HIDDEN_AFTER);
    *out = (struct hidden_list){ 0 };
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, pver);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct hidden){ call_column_i64(&call, 0), call_column_i64(&call, 1) };
    }
    return call_end(&call);
}

/* The columns of QUERY_MEMBER_STATES, and active_ms where there is one more. */
static enum err states_read(struct query_call *call, struct arena *arena, bool active, struct member_state_list *out)
{
    size_t capacity = 0;
    *out = (struct member_state_list){ 0 };
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct member_state){
            .chat = call_column_i64(call, 0),
            .member = {
                .role = (enum member_role)call_column_i64(call, 1),
                .joined_seq = call_column_i64(call, 2),
                .read_seq = call_column_i64(call, 3),
                .sent_seq = call_column_i64(call, 4),
                .cleared_seq = call_column_i64(call, 5),
                .pver = call_column_i64(call, 6),
                .top_ms = call_column_i64(call, 7),
                .muted = call_column_i64(call, 8) != 0,
                .silenced_ms = call_column_i64(call, 9),
            },
            .active_ms = active ? call_column_i64(call, 10) : 0,
        };
    }
    return call_end(call);
}

enum err member_states(struct db *db, struct arena *arena, int64_t user, int64_t after, struct member_state_list *out)
{
    struct query_call call = call_start(db, QUERY_MEMBER_STATES);
    call_i64(&call, user);
    call_i64(&call, after);
    return states_read(&call, arena, false, out);
}

enum err member_activity(struct db *db, struct arena *arena, int64_t user, struct member_state_list *out)
{
    struct query_call call = call_start(db, QUERY_MEMBER_ACTIVITY);
    call_i64(&call, user);
    return states_read(&call, arena, true, out);
}

enum err member_draft(struct db *db, struct arena *arena, int64_t chat, int64_t user, struct str *draft)
{
    struct query_call call = call_start(db, QUERY_MEMBER_DRAFT);
    *draft = STR("");
    call_i64(&call, user);
    call_i64(&call, chat);
    if (call_row(&call))
        *draft = call_column_text(&call, arena, 0);
    return call_end(&call);
}

enum err member_set(struct db *db, int64_t chat, int64_t user, const struct member *member)
{
    struct query_call call = call_start(db, QUERY_MEMBER_SET);
    call_i64(&call, member->top_ms);
    call_i64(&call, member->muted);
    call_i64(&call, member->cleared_seq);
    call_i64(&call, member->pver);
    call_i64(&call, user);
    call_i64(&call, chat);
    return call_finish_found(&call);
}

enum err member_set_draft(struct db *db, int64_t chat, int64_t user, struct str draft)
{
    struct query_call call = call_start(db, QUERY_MEMBER_SET_DRAFT);
    call_text(&call, draft.size == 0 ? STR_NONE : draft);
    call_i64(&call, user);
    call_i64(&call, chat);
    return call_finish(&call);
}

enum err member_readers(struct db *db, struct arena *arena, int64_t chat, int64_t seq, int64_t but, int64_t after,
                        size_t limit, struct user_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_MEMBER_READERS);
    *out = (struct user_list){ 0 };
    call_i64(&call, chat);
    call_i64(&call, after);
    call_i64(&call, seq);
    call_i64(&call, but);
    call_i64(&call, (int64_t)limit);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct user){
            .id = call_column_i64(&call, 0),
            .email = call_column_text(&call, arena, 1),
            .uname = call_column_text(&call, arena, 2),
            .avatar = call_column_text(&call, arena, 3),
        };
    }
    return call_end(&call);
}

enum err member_readers_count(struct db *db, int64_t chat, int64_t seq, int64_t but, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_MEMBER_READERS_COUNT);
    call_i64(&call, chat);
    call_i64(&call, seq);
    call_i64(&call, but);
    if (call_row(&call))
        *count = call_column_i64(&call, 0);
    return call_end(&call);
}
