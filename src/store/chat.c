/* chat.c: conversations. A direct chat's id holds its two users, so that it
 * is known without asking: bit 62, then 31 bits of the lower user id, then 31
 * of the higher. A group's id comes from a counter and is never used twice. */
#include "store/chat.h"

#include <assert.h>

#include "store/query.h"

#define DIRECT_BIT ((int64_t)1 << 62)
#define USER_BITS 31

int64_t chat_id_direct(int64_t a, int64_t b)
{
    assert(a >= 0 && a <= USER_ID_MAX && b >= 0 && b <= USER_ID_MAX);
    int64_t low = a < b ? a : b;
    int64_t high = a < b ? b : a;
    return DIRECT_BIT | low << USER_BITS | high;
}

bool chat_id_is_direct(int64_t chat)
{
    return chat > 0 && (chat & DIRECT_BIT) != 0;
}

void chat_id_users(int64_t chat, int64_t *low, int64_t *high)
{
    assert(chat_id_is_direct(chat));
    *low = chat >> USER_BITS & USER_ID_MAX;
    *high = chat & USER_ID_MAX;
}

static enum err next_group_id(struct db *db, int64_t *id)
{
    struct query_call call = call_start(db, QUERY_COUNTER_TAKE);
    call_text(&call, STR("group"));
    enum err err = call_finish_found(&call);
    if (err != OK)
        return err;
    call = call_start(db, QUERY_COUNTER_GET);
    call_text(&call, STR("group"));
    if (call_row(&call))
        *id = call_column_i64(&call, 0);
    return call_end(&call);
}

static enum err chat_insert(struct db *db, const struct group *chat, enum chat_kind kind)
{
    struct query_call call = call_start(db, QUERY_CHAT_INSERT);
    call_i64(&call, chat->id);
    call_i64(&call, kind);
    call_text(&call, chat->name);
    call_text(&call, chat->icon);
    call_text(&call, chat->memo);
    call_i64(&call, chat->owner);
    call_i64(&call, chat->created_ms);
    return call_finish(&call);
}

enum err group_insert(struct db *db, struct str name, struct str icon, struct str memo, int64_t owner, int64_t now_ms,
                      int64_t *id)
{
    struct group group = { .name = name, .icon = icon, .memo = memo, .owner = owner, .created_ms = now_ms };
    enum err err = next_group_id(db, &group.id);
    if (err == OK)
        err = chat_insert(db, &group, CHAT_GROUP);
    if (err == OK)
        err = member_insert(db, group.id, owner, ROLE_OWNER, 1, now_ms);
    if (err == OK)
        *id = group.id;
    return err;
}

static enum err read_groups(struct query_call *call, struct arena *arena, struct group_list *out)
{
    size_t capacity = 0;
    *out = (struct group_list){ 0 };
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct group){
            .id = call_column_i64(call, 0),
            .name = call_column_text(call, arena, 1),
            .icon = call_column_text(call, arena, 2),
            .memo = call_column_text(call, arena, 3),
            .owner = call_column_i64(call, 4),
            .owner_email = call_column_text(call, arena, 5),
            .created_ms = call_column_i64(call, 6),
        };
    }
    return call_end(call);
}

enum err group_by_id(struct db *db, struct arena *arena, int64_t id, struct group *out)
{
    struct group_list list;
    struct query_call call = call_start(db, QUERY_GROUP_BY_ID);
    call_i64(&call, id);
    enum err err = read_groups(&call, arena, &list);
    if (err == OK && list.count == 0)
        err = ERR_NOT_FOUND;
    if (err == OK)
        *out = list.rows[0];
    return err;
}

bool group_whole_history(const struct group_state *state, bool configured)
{
    return state->whole_history < 0 ? configured : state->whole_history != 0;
}

enum err group_state(struct db *db, int64_t id, struct group_state *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_GROUP_STATE);
    call_i64(&call, id);
    if (call_row(&call)) {
        *out = (struct group_state){ call_column_i64(&call, 0), call_column_i64(&call, 1) != 0,
                                     call_column_i64(&call, 2) };
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err group_search(struct db *db, struct arena *arena, struct str text, size_t limit, struct group_list *out)
{
    struct str needle = text_lowered(arena, text);
    struct query_call call = call_start(db, QUERY_GROUP_SEARCH);
    call_text(&call, needle);
    call_text(&call, needle);
    call_i64(&call, (int64_t)limit);
    return read_groups(&call, arena, out);
}

enum err group_list(struct db *db, struct arena *arena, int64_t user, struct group_list *out)
{
    struct query_call call = call_start(db, QUERY_GROUP_LIST);
    call_i64(&call, user);
    return read_groups(&call, arena, out);
}

enum err group_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct group_list *out)
{
    struct query_call call = call_start(db, QUERY_GROUP_PAGE);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    return read_groups(&call, arena, out);
}
