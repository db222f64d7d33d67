/* member.c: who is in which chat, and how far each device has been given it. */
#include "store/message.h"

#include "store/query.h"

static enum err direct_chat_insert(struct db *db, int64_t chat, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_CHAT_INSERT);
    call_i64(&call, chat);
    call_i64(&call, CHAT_DIRECT);
    call_text(&call, STR_NONE);
    call_text(&call, STR_NONE);
    call_text(&call, STR_NONE);
    call_text(&call, STR_NONE); /* no owner */
    call_i64(&call, now_ms);
    enum err err = call_finish(&call);
    return err == ERR_EXISTS ? OK : err;
}

enum err member_insert(struct db *db, int64_t chat, int64_t user, enum member_role role, int64_t joined_seq,
                       int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_MEMBER_INSERT);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, role);
    call_i64(&call, joined_seq);
    call_i64(&call, now_ms);
    enum err err = call_finish(&call);
    if (err == OK && chat_id_is_direct(chat))
        err = direct_chat_insert(db, chat, now_ms);
    return err;
}

int64_t member_min_seq(const struct member *member, bool whole_history)
{
    int64_t min = whole_history ? 1 : member->joined_seq;
    return member->cleared_seq >= min ? member->cleared_seq + 1 : min;
}

enum err member_get(struct db *db, int64_t chat, int64_t user, struct member *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_MEMBER_GET);
    call_i64(&call, user);
    call_i64(&call, chat);
    if (call_row(&call)) {
        *out = (struct member){
            .role = (enum member_role)call_column_i64(&call, 0),
            .joined_seq = call_column_i64(&call, 1),
            .read_seq = call_column_i64(&call, 2),
            .sent_seq = call_column_i64(&call, 3),
            .cleared_seq = call_column_i64(&call, 4),
            .pver = call_column_i64(&call, 5),
            .top_ms = call_column_i64(&call, 6),
            .muted = call_column_i64(&call, 7) != 0,
            .silenced_ms = call_column_i64(&call, 8),
        };
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err member_chats(struct db *db, struct arena *arena, int64_t user, int64_t device, struct member_chat_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_MEMBER_CHATS);
    *out = (struct member_chat_list){ 0 };
    call_i64(&call, device);
    call_i64(&call, user);
    while (call_row(&call)) {
        /* What was written between leaving and joining again is no news, nor what the user cleared. */
        int64_t past = call_column_i64(&call, 1) - 1;
        int64_t cleared = call_column_i64(&call, 2);
        int64_t cursor = call_column_i64(&call, 3); /* -1: none */
        past = cleared > past ? cleared : past;
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct member_chat){
            .chat = call_column_i64(&call, 0),
            .delivered = cursor > past ? cursor : past,
            .head = call_column_i64(&call, 4),
        };
    }
    return call_end(&call);
}

enum err member_ids(struct db *db, struct arena *arena, int64_t user, struct member_chat_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_MEMBER_IDS);
    *out = (struct member_chat_list){ 0 };
    call_i64(&call, user);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct member_chat){ .chat = call_column_i64(&call, 0) };
    }
    return call_end(&call);
}

enum err cursor_save(struct db *db, const struct cursor *cursor)
{
    struct query_call call = call_start(db, QUERY_CURSOR_SAVE);
    call_i64(&call, cursor->user);
    call_i64(&call, cursor->chat);
    call_i64(&call, cursor->device);
    call_i64(&call, cursor->seq);
    return call_finish(&call);
}

enum err member_shared(struct db *db, int64_t a, int64_t b, bool *shared)
{
    struct query_call call = call_start(db, QUERY_MEMBER_SHARED);
    call_i64(&call, b);
    call_i64(&call, a);
    *shared = call_row(&call);
    return call_end(&call);
}

enum err member_count_upto(struct db *db, int64_t chat, size_t limit, size_t *count)
{
    struct query_call call = call_start(db, QUERY_MEMBER_COUNT_UPTO);
    call_i64(&call, chat);
    call_i64(&call, (int64_t)limit);
    *count = call_row(&call) ? (size_t)call_column_i64(&call, 0) : 0;
    return call_end(&call);
}
