/* group.c: groups. An id comes from a counter and is never used twice. */
#include "store/group.h"

#include "store/personal.h"
#include "store/query.h"

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
        err = group_add(db, group.id, owner, ROLE_OWNER, 1, now_ms);
    if (err == OK)
        *id = group.id;
    return err;
}

enum err group_import(struct db *db, const struct group *group)
{
    struct query_call call = call_start(db, QUERY_COUNTER_RAISE);
    call_i64(&call, group->id);
    call_text(&call, STR("group"));
    call_i64(&call, group->id);
    enum err err = call_finish(&call);
    if (err == OK)
        err = chat_insert(db, group, CHAT_GROUP);
    if (err == OK && group->owner != 0)
        err = group_add(db, group->id, group->owner, ROLE_OWNER, 1, group->created_ms);
    return err;
}

static enum err read_groups(struct query_call *call, struct arena *arena, bool own, struct group_list *out)
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
            .join = (enum group_join)call_column_i64(call, 7),
            .size = call_column_i64(call, 8),
            .notice = call_column_text(call, arena, 9),
            .silenced_ms = call_column_i64(call, 10),
            .whole_history = call_column_i64(call, 11),
            .member = own,
            .role = own ? (enum member_role)call_column_i64(call, 12) : ROLE_MEMBER,
        };
    }
    return call_end(call);
}

enum err group_by_id(struct db *db, struct arena *arena, int64_t id, struct group *out)
{
    struct group_list list;
    struct query_call call = call_start(db, QUERY_GROUP_BY_ID);
    call_i64(&call, id);
    enum err err = read_groups(&call, arena, false, &list);
    if (err == OK && list.count == 0)
        err = ERR_NOT_FOUND;
    if (err == OK)
        *out = list.rows[0];
    return err;
}

enum err group_search(struct db *db, struct arena *arena, struct str text, size_t limit, struct group_list *out)
{
    struct str needle = text_lowered(arena, text);
    struct query_call call = call_start(db, QUERY_GROUP_SEARCH);
    call_text(&call, needle);
    call_text(&call, needle);
    call_i64(&call, (int64_t)limit);
    return read_groups(&call, arena, false, out);
}

enum err group_list(struct db *db, struct arena *arena, int64_t user, struct group_list *out)
{
    struct query_call call = call_start(db, QUERY_GROUP_LIST);
    call_i64(&call, user);
    return read_groups(&call, arena, true, out);
}

enum err group_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct group_list *out)
{
    struct query_call call = call_start(db, QUERY_GROUP_PAGE);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    return read_groups(&call, arena, false, out);
}

enum err group_set(struct db *db, const struct group *group)
{
    struct query_call call = call_start(db, QUERY_GROUP_SET);
    call_text(&call, group->name);
    call_text(&call, group->icon);
    call_text(&call, group->memo);
    call_i64(&call, group->join);
    call_i64(&call, group->whole_history);
    call_i64(&call, group->id);
    return call_finish_found(&call);
}

enum err group_set_notice(struct db *db, int64_t id, struct str notice)
{
    struct query_call call = call_start(db, QUERY_GROUP_SET_NOTICE);
    call_text(&call, notice);
    call_i64(&call, id);
    return call_finish_found(&call);
}

static enum err set_i64(struct db *db, enum query query, int64_t value, int64_t id)
{
    struct query_call call = call_start(db, query);
    call_i64(&call, value);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err group_set_silenced(struct db *db, int64_t id, int64_t until_ms)
{
    return set_i64(db, QUERY_GROUP_SET_SILENCED, until_ms, id);
}

enum err group_set_owner(struct db *db, int64_t id, int64_t user)
{
    return set_i64(db, QUERY_GROUP_SET_OWNER, user, id);
}

enum err group_dismiss(struct db *db, int64_t id, int64_t now_ms)
{
    /* The members go last: the others are found by them. */
    static const enum query belongings[] = { QUERY_GROUP_DELETE_CURSORS, QUERY_GROUP_DELETE_MENTIONS,
                                             QUERY_GROUP_DELETE_APPLICANTS, QUERY_GROUP_DELETE_MEMBERS };
    enum err err = set_i64(db, QUERY_GROUP_DISMISS, now_ms, id);
    for (size_t i = 0; i < sizeof belongings / sizeof *belongings && err == OK; i++) {
        struct query_call call = call_start(db, belongings[i]);
        call_i64(&call, id);
        if (belongings[i] == QUERY_GROUP_DELETE_CURSORS)
            call_i64(&call, id);
        err = call_finish(&call);
    }
    return err;
}

static enum err run_pair(struct db *db, enum query query, int64_t user, int64_t id)
{
    struct query_call call = call_start(db, query);
    call_i64(&call, user);
    call_i64(&call, id);
    return call_finish(&call);
}

enum err group_add(struct db *db, int64_t id, int64_t user, enum member_role role, int64_t joined_seq, int64_t now_ms)
{
    int64_t pver;
    enum err err = member_insert(db, id, user, role, joined_seq, now_ms);
    if (err == OK) /* Who was here before finds his settings gone: his devices have to hear of it. */
        err = personal_changed(db, id, user, &pver);
    if (err == OK)
        err = set_i64(db, QUERY_GROUP_RESIZE, 1, id);
    if (err == OK)
        err = run_pair(db, QUERY_APPLICANT_DELETE, user, id);
    return err;
}

enum err group_remove(struct db *db, int64_t id, int64_t user)
{
    struct query_call call = call_start(db, QUERY_MEMBER_DELETE);
    call_i64(&call, user);
    call_i64(&call, id);
    enum err err = call_finish_found(&call);
    if (err == OK)
        err = set_i64(db, QUERY_GROUP_RESIZE, -1, id);
    if (err == OK)
        err = run_pair(db, QUERY_MEMBER_DELETE_CURSORS, user, id);
    if (err == OK)
        err = run_pair(db, QUERY_MEMBER_DELETE_MENTIONS, user, id);
    return err;
}

static enum err member_set_i64(struct db *db, enum query query, int64_t value, int64_t user, int64_t id)
{
    struct query_call call = call_start(db, query);
    call_i64(&call, value);
    call_i64(&call, user);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err group_set_role(struct db *db, int64_t id, int64_t user, enum member_role role)
{
    return member_set_i64(db, QUERY_MEMBER_SET_ROLE, role, user, id);
}

enum err group_set_muted(struct db *db, int64_t id, int64_t user, int64_t until_ms)
{
    return member_set_i64(db, QUERY_MEMBER_SET_SILENCED, until_ms, user, id);
}

enum err group_size(struct db *db, int64_t id, int64_t *size)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_GROUP_SIZE);
    call_i64(&call, id);
    if (call_row(&call)) {
        *size = call_column_i64(&call, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

static enum err read_members(struct query_call *call, struct arena *arena, struct group_member_list *out)
{
    size_t capacity = 0;
    *out = (struct group_member_list){ 0 };
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        out->rows[out->count++] = (struct group_member){
            .user = call_column_i64(call, 0),
            .email = call_column_text(call, arena, 1),
            .uname = call_column_text(call, arena, 2),
            .avatar = call_column_text(call, arena, 3),
            .role = (enum member_role)call_column_i64(call, 4),
            .silenced_ms = call_column_i64(call, 5),
            .joined_ms = call_column_i64(call, 6),
        };
    }
    return call_end(call);
}

enum err group_members(struct db *db, struct arena *arena, int64_t id, int64_t after, size_t limit,
                       struct group_member_list *out)
{
    struct query_call call = call_start(db, QUERY_GROUP_MEMBERS);
    call_i64(&call, id);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    return read_members(&call, arena, out);
}

enum err group_staff(struct db *db, struct arena *arena, int64_t id, struct id_list *out)
{
    struct query_call call = call_start(db, QUERY_GROUP_STAFF);
    call_i64(&call, id);
    return ids_read(&call, arena, out);
}

enum err group_successor(struct db *db, struct arena *arena, int64_t id, int64_t user, struct group_member *out)
{
    static const enum query in_turn[] = { QUERY_GROUP_SUCCESSOR_ADMIN, QUERY_GROUP_SUCCESSOR };
    struct group_member_list list = { 0 };
    enum err err = OK;
    for (size_t i = 0; i < 2 && err == OK && list.count == 0; i++) {
        struct query_call call = call_start(db, in_turn[i]);
        call_i64(&call, id);
        if (in_turn[i] == QUERY_GROUP_SUCCESSOR)
            call_i64(&call, id);
        call_i64(&call, user);
        err = read_members(&call, arena, &list);
    }
    if (err == OK && list.count == 0)
        err = ERR_NOT_FOUND;
    if (err == OK)
        *out = list.rows[0];
    return err;
}
