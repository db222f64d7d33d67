/* user.c: accounts.
 * email_key is the address in lower case, what uniqueness and look-ups go by;
 * email is the address as first written, what everybody sees. */
#include "store/user.h"

#include "store/user_row.h"

void user_read(struct query_call *call, struct arena *arena, int first, struct user *out)
{
    *out = (struct user){
        .id = call_column_i64(call, first),
        .email = call_column_text(call, arena, first + 1),
        .uname = call_column_text(call, arena, first + 2),
        .avatar = call_column_text(call, arena, first + 3),
        .created_ms = call_column_i64(call, first + 4),
        .deleted_ms = call_column_i64(call, first + 5),
    };
}

static enum err read_one(struct query_call *call, struct arena *arena, struct user *out)
{
    enum err missing = ERR_NOT_FOUND;
    if (call_row(call)) {
        user_read(call, arena, 0, out);
        missing = OK;
    }
    enum err err = call_end(call);
    return err != OK ? err : missing;
}

enum err user_read_list(struct query_call *call, struct arena *arena, struct user_list *out)
{
    size_t capacity = 0;
    *out = (struct user_list){ 0 };
    while (call_row(call)) {
        out->rows = rows_grow(arena, out->rows, out->count, &capacity, sizeof *out->rows);
        user_read(call, arena, 0, &out->rows[out->count++]);
    }
    return call_end(call);
}

enum err user_by_id(struct db *db, struct arena *arena, int64_t id, struct user *out)
{
    struct query_call call = call_start(db, QUERY_USER_BY_ID);
    call_i64(&call, id);
    return read_one(&call, arena, out);
}

enum err user_by_email(struct db *db, struct arena *arena, struct str email, struct user *out)
{
    struct query_call call = call_start(db, QUERY_USER_BY_EMAIL);
    call_text(&call, text_lowered(arena, email));
    return read_one(&call, arena, out);
}

enum err user_id_by_email(struct db *db, struct arena *arena, struct str email, int64_t *id)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_USER_ID_BY_EMAIL);
    call_text(&call, text_lowered(arena, email));
    if (call_row(&call)) {
        *id = call_column_i64(&call, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err user_password(struct db *db, struct arena *arena, int64_t id, struct str *hash)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_USER_PASSWORD);
    call_i64(&call, id);
    if (call_row(&call)) {
        *hash = call_column_text(&call, arena, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err user_insert(struct db *db, struct str email, struct str uname, struct str avatar, struct str password_hash,
                     int64_t now_ms, int64_t *id)
{
    struct arena arena = { 0 };
    struct query_call call = call_start(db, QUERY_USER_INSERT);
    call_text(&call, email);
    call_text(&call, text_lowered(&arena, email));
    call_text(&call, uname);
    call_text(&call, avatar);
    call_text(&call, password_hash);
    call_i64(&call, now_ms);
    enum err err = call_finish(&call);
    if (err == OK)
        *id = db_sql(db)->v->last_id(db_sql(db));
    arena_release(&arena);
    return err;
}

enum err user_set_profile(struct db *db, int64_t id, struct str uname, struct str avatar)
{
    struct query_call call = call_start(db, QUERY_USER_SET_PROFILE);
    call_text(&call, uname);
    call_text(&call, avatar);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err user_set_password(struct db *db, int64_t id, struct str hash)
{
    struct query_call call = call_start(db, QUERY_USER_SET_PASSWORD);
    call_text(&call, hash);
    call_i64(&call, id);
    return call_finish_found(&call);
}

enum err user_search(struct db *db, struct arena *arena, struct str text, size_t limit, struct user_list *out)
{
    struct str needle = text_lowered(arena, text);
    struct query_call call = call_start(db, QUERY_USER_SEARCH);
    call_text(&call, needle);
    call_text(&call, needle);
    call_i64(&call, (int64_t)limit);
    return user_read_list(&call, arena, out);
}

enum err user_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct user_list *out)
{
    struct query_call call = call_start(db, QUERY_USER_PAGE);
    call_i64(&call, after);
    call_i64(&call, (int64_t)limit);
    return user_read_list(&call, arena, out);
}

struct str user_neutral_email(struct arena *arena, int64_t id)
{
    return arena_format(arena, "deleted-%lld@deleted.invalid", (long long)id);
}

enum err user_by_neutral_email(struct db *db, struct arena *arena, struct str name, struct user *out)
{
    static const struct str prefix = { "deleted-", 8 };
    const char *at = memchr(name.ptr, '@', name.size);
    int64_t id;
    if (at == NULL || name.size < prefix.size || memcmp(name.ptr, prefix.ptr, prefix.size) != 0 ||
        !str_to_i64((struct str){ name.ptr + prefix.size, (size_t)(at - name.ptr) - prefix.size }, &id) ||
        !str_equal(name, user_neutral_email(arena, id)))
        return ERR_NOT_FOUND;
    enum err err = user_by_id(db, arena, id, out);
    return err == OK && out->deleted_ms == 0 ? ERR_NOT_FOUND : err;
}

static enum err mark_deleted(struct db *db, int64_t id, int64_t now_ms)
{
    struct arena arena = { 0 };
    struct query_call call = call_start(db, QUERY_USER_DELETE);
    call_text(&call, user_neutral_email(&arena, id));
    call_i64(&call, now_ms);
    call_i64(&call, id);
    enum err err = call_finish_found(&call);
    arena_release(&arena);
    return err;
}

enum err user_delete(struct db *db, int64_t id, int64_t now_ms)
{
    static const enum query belongings[] = {
        QUERY_USER_DELETE_DEVICES,        QUERY_USER_DELETE_CONTACTS,    QUERY_USER_DELETE_CONTACTS_TO,
        QUERY_USER_DELETE_MEMBERSHIPS,    QUERY_USER_DELETE_CURSORS,     QUERY_USER_DELETE_DEVICE_NAMES,
        QUERY_USER_DELETE_DEVICE_CURSORS, QUERY_USER_DELETE_MENTIONS,    QUERY_USER_DELETE_HIDDEN,
        QUERY_USER_DELETE_APPLICATIONS,   QUERY_USER_DELETE_BLOCKS,      QUERY_USER_DELETE_BLOCKS_OF,
        QUERY_USER_DELETE_REQUESTS,       QUERY_USER_DELETE_REQUESTS_TO, QUERY_USER_DELETE_PACKS,
    };
    enum err err = mark_deleted(db, id, now_ms);
    for (size_t i = 0; i < sizeof belongings / sizeof *belongings && err == OK; i++) {
        struct query_call call = call_start(db, belongings[i]);
        call_i64(&call, id);
        err = call_finish(&call);
    }
    return err;
}

enum err user_seen(struct db *db, int64_t id, int64_t *seen_ms)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_USER_SEEN);
    call_i64(&call, id);
    if (call_row(&call)) {
        *seen_ms = call_column_i64(&call, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err user_set_seen(struct db *db, int64_t id, int64_t seen_ms)
{
    struct query_call call = call_start(db, QUERY_USER_SET_SEEN);
    call_i64(&call, seen_ms);
    call_i64(&call, id);
    call_i64(&call, seen_ms);
    return call_finish(&call);
}
