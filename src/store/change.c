/* change.c: texts, flags and ends of messages; what people hang on them.
 * A text that is gone must be gone from the disk. SQLite overwrites what it
 * frees (secure_delete), but not the copies it leaves behind when it moves
 * rows to another page because one of them grew. So no row of the log ever
 * grows: flags always take a byte, and an edit that takes more room than the
 * text before it goes to the end of a table of its own (edition), whose rows
 * are emptied, but never deleted, for the same reason. */
#include "store/change.h"

#include "store/file.h"
#include "store/message_row.h"

/* A smaller row is wholly on its page, whatever its size was before. */
#define ROW_IN_PAGE_BYTES_MAX ((size_t)2048)

static enum err content_run(struct db *db, enum query query, int64_t id, struct str content)
{
    struct query_call call = call_start(db, query);
    call_text(&call, content);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err message_set_flags(struct db *db, int64_t id, int64_t flags)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_SET_FLAGS);
    call_i64(&call, flags | MESSAGE_FLAGS_BYTE);
    call_i64(&call, id);
    return call_finish_found(&call);
}

static enum err edition_empty(struct db *db, int64_t id)
{
    struct query_call call = call_start(db, QUERY_EDITION_EMPTY);
    call_i64(&call, id);
    return call_finish(&call);
}

enum err message_set_content(struct db *db, const struct message *message, struct str content)
{
    enum err err;
    int64_t flags = message->flags | MESSAGE_EDITED;
    bool moved = (flags & MESSAGE_MOVED) != 0;
    bool fits =
        content.size <= message->content.size && message->content.size + message->attrs.size <= ROW_IN_PAGE_BYTES_MAX;
    if (fits) {
        err = content_run(db, moved ? QUERY_EDITION_SET : QUERY_MESSAGE_SET_CONTENT, message->id, content);
    } else {
        err = moved ? edition_empty(db, message->id) : content_run(db, QUERY_MESSAGE_SET_CONTENT, message->id, STR(""));
        if (err == OK)
            err = content_run(db, QUERY_EDITION_INSERT, message->id, content);
        flags |= MESSAGE_MOVED;
    }
    return err == OK && flags != message->flags ? message_set_flags(db, message->id, flags) : err;
}

/* A statement whose parameters are a chat and a seq. */
static enum err place_run(struct db *db, enum query query, int64_t chat, int64_t seq)
{
    struct query_call call = call_start(db, query);
    call_i64(&call, chat);
    call_i64(&call, seq);
    return call_finish(&call);
}

/* *all: none is left. */
static enum err reactions_delete(struct db *db, int64_t chat, int64_t seq, bool *all)
{
    struct query_call call = call_start(db, QUERY_REACTION_DELETE_SOME);
    for (unsigned i = 0; i < 2; i++) {
        call_i64(&call, chat);
        call_i64(&call, seq);
    }
    call_i64(&call, (int64_t)REACTIONS_AT_ONCE);
    enum err err = call_finish(&call);
    *all = err == OK && db_sql(db)->v->changes(db_sql(db)) < (int64_t)REACTIONS_AT_ONCE;
    return err;
}

static enum err reactions_end(struct db *db, int64_t chat, int64_t seq)
{
    bool all;
    enum err err = reactions_delete(db, chat, seq, &all);
    return err == OK && !all ? place_run(db, QUERY_REACTION_GONE_INSERT, chat, seq) : err;
}

enum err reactions_sweep(struct db *db, bool *more)
{
    int64_t chat = 0;
    int64_t seq = 0;
    bool all;
    struct query_call call = call_start(db, QUERY_REACTION_GONE_NEXT);
    *more = call_row(&call);
    if (*more) {
        chat = call_column_i64(&call, 0);
        seq = call_column_i64(&call, 1);
    }
    enum err err = call_end(&call);
    if (err != OK || !*more)
        return err;
    err = reactions_delete(db, chat, seq, &all);
    return err == OK && all ? place_run(db, QUERY_REACTION_GONE_DELETE, chat, seq) : err;
}

enum err message_wipe(struct db *db, const struct message *message, enum message_state state)
{
    static const enum query leaves[] = {
        QUERY_REACTION_KIND_DELETE_ALL,
        QUERY_PIN_DELETE,
        QUERY_MENTION_DELETE_ALL,
    };
    struct query_call call = call_start(db, QUERY_MESSAGE_WIPE);
    call_i64(&call, state);
    call_i64(&call, message->id);
    enum err err = call_finish_found(&call);
    if (err == OK && (message->flags & MESSAGE_MOVED) != 0)
        err = edition_empty(db, message->id);
    if (err == OK)
        err = reactions_end(db, message->chat, message->seq);
    for (size_t i = 0; err == OK && i < sizeof(leaves) / sizeof(leaves[0]); i++)
        err = place_run(db, leaves[i], message->chat, message->seq);
    if (err == OK) /* What only this message showed goes with it, at once. */
        err = file_ref_delete(db, message->chat, message->seq, 1);
    return err;
}

static enum err messages_read(struct query_call *call, struct arena *arena, struct message_list *out)
{
    size_t capacity = 0;
    *out = (struct message_list){ 0 };
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        message_read(call, arena, &out->rows[out->count++]);
    }
    return call_end(call);
}

enum err message_expired(struct db *db, struct arena *arena, int64_t now_ms, size_t limit, struct message_list *out)
{
    struct query_call call = call_start(db, QUERY_MESSAGE_EXPIRED);
    call_i64(&call, now_ms);
    call_i64(&call, (int64_t)limit);
    return messages_read(&call, arena, out);
}

enum err hidden_insert(struct db *db, int64_t user, int64_t chat, int64_t seq, int64_t pver)
{
    struct query_call call = call_start(db, QUERY_HIDDEN_INSERT);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, seq);
    call_i64(&call, pver);
    return call_finish(&call);
}

static struct query_call reaction_start(struct db *db, enum query query, int64_t chat, int64_t seq, struct str emoji)
{
    struct query_call call = call_start(db, query);
    call_i64(&call, chat);
    call_i64(&call, seq);
    call_text(&call, emoji);
    return call;
}

enum err reaction_exists(struct db *db, int64_t chat, int64_t seq, struct str emoji, int64_t user, bool *exists)
{
    struct query_call call = reaction_start(db, QUERY_REACTION_EXISTS, chat, seq, emoji);
    call_i64(&call, user);
    *exists = call_row(&call);
    return call_end(&call);
}

static enum err kind_count(struct db *db, int64_t chat, int64_t seq, struct str emoji, int64_t by)
{
    struct query_call call = call_start(db, QUERY_REACTION_KIND_COUNT);
    call_i64(&call, by);
    call_i64(&call, chat);
    call_i64(&call, seq);
    call_text(&call, emoji);
    return call_finish_found(&call);
}

enum err reaction_insert(struct db *db, int64_t chat, int64_t seq, struct str emoji, int64_t user, int64_t mver)
{
    struct query_call call = reaction_start(db, QUERY_REACTION_INSERT, chat, seq, emoji);
    call_i64(&call, user);
    call_i64(&call, mver);
    enum err err = call_finish(&call);
    if (err == OK)
        err = kind_count(db, chat, seq, emoji, 1);
    if (err != ERR_NOT_FOUND)
        return err;
    call = reaction_start(db, QUERY_REACTION_KIND_INSERT, chat, seq, emoji);
    call_i64(&call, mver);
    return call_finish(&call);
}

enum err reaction_delete(struct db *db, int64_t chat, int64_t seq, struct str emoji, int64_t user)
{
    struct query_call call = reaction_start(db, QUERY_REACTION_DELETE, chat, seq, emoji);
    call_i64(&call, user);
    enum err err = call_finish_found(&call);
    if (err == OK)
        err = kind_count(db, chat, seq, emoji, -1);
    if (err != OK)
        return err;
    call = reaction_start(db, QUERY_REACTION_KIND_DELETE, chat, seq, emoji);
    return call_finish(&call);
}

enum err reaction_kinds(struct db *db, struct arena *arena, int64_t chat, int64_t seq, struct reaction_kind_list *out)
{
    size_t capacity = 0;
    struct query_call call = call_start(db, QUERY_REACTION_KINDS);
    *out = (struct reaction_kind_list){ 0 };
    call_i64(&call, chat);
    call_i64(&call, seq);
    while (call_row(&call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct reaction_kind){
            .emoji = call_column_text(&call, arena, 0),
            .count = call_column_i64(&call, 1),
        };
    }
    return call_end(&call);
}

static enum err number_read(struct query_call *call, int64_t *number)
{
    if (call_row(call))
        *number = call_column_i64(call, 0);
    return call_end(call);
}

enum err reaction_count_user(struct db *db, int64_t chat, int64_t seq, int64_t user, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_REACTION_COUNT_USER);
    call_i64(&call, user);
    call_i64(&call, chat);
    call_i64(&call, seq);
    return number_read(&call, count);
}

enum err reaction_users(struct db *db, struct arena *arena, int64_t chat, int64_t seq, struct str emoji, size_t limit,
                        struct str *emails, size_t *count)
{
    struct query_call call = reaction_start(db, QUERY_REACTION_USERS, chat, seq, emoji);
    call_i64(&call, (int64_t)limit);
    *count = 0;
    while (*count < limit && call_row(&call))
        emails[(*count)++] = call_column_text(&call, arena, 0);
    return call_end(&call);
}

enum err pin_insert(struct db *db, int64_t chat, int64_t seq, int64_t actor, int64_t now_ms)
{
    struct query_call call = call_start(db, QUERY_PIN_INSERT);
    call_i64(&call, chat);
    call_i64(&call, seq);
    call_i64(&call, actor);
    call_i64(&call, now_ms);
    return call_finish(&call);
}

enum err pin_delete(struct db *db, int64_t chat, int64_t seq)
{
    struct query_call call = call_start(db, QUERY_PIN_DELETE);
    call_i64(&call, chat);
    call_i64(&call, seq);
    return call_finish_found(&call);
}

enum err pin_count(struct db *db, int64_t chat, int64_t *count)
{
    struct query_call call = call_start(db, QUERY_PIN_COUNT);
    call_i64(&call, chat);
    return number_read(&call, count);
}

enum err pin_list(struct db *db, struct arena *arena, int64_t chat, size_t limit, struct message_list *out)
{
    struct query_call call = call_start(db, QUERY_PIN_LIST);
    call_i64(&call, chat);
    call_i64(&call, (int64_t)limit);
    return messages_read(&call, arena, out);
}
