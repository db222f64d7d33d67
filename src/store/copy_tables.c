/* copy_tables.c: what there is to copy. A new column or table of schema.c is one here, too;
 * test/unit/store/test_copy.c compares. */
#include "store/copy_private.h"

const struct copy_table copy_tables[] = {
    { .name = "meta",
      .key = "name",
      .bytes = "name, value",
      .where = "name NOT IN ('schema', '" COPY_META "')",
      .replaces = true },
    { .name = "counter", .key = "name", .numbers = "value", .bytes = "name", .replaces = true },
    { .name = "user",
      .key = "id",
      .numbers = "id, created, deleted, pver, seen",
      .bytes = "email, email_key, uname, avatar, password" },
    { .name = "device", .key = "id", .numbers = "id, user, created, used", .bytes = "token_hash" },
    { .name = "contact", .key = "owner, peer", .numbers = "owner, peer, created", .bytes = "remark, tags" },
    { .name = "chat",
      .key = "id",
      .numbers = "id, kind, owner, created, join_mode, silenced, whole_history, dismissed, size",
      .bytes = "name, icon, memo, notice" },
    { .name = "member",
      .key = "user, chat",
      .numbers = "user, chat, role, joined_seq, created, read_seq, sent_seq, cleared_seq, pver, top, muted, silenced",
      .bytes = "draft" },
    { .name = "delivered", .key = "user, chat, device", .numbers = "user, chat, device, seq" },
    { .name = "message",
      .key = "id",
      .numbers = "id, chat, seq, sender, type, created, state, flags, digest, expires",
      .bytes = "content, cid, attrs",
      .extra = "gone_chat, gone_seq",
      .extra_source = "CASE WHEN state <> 0 THEN chat END, CASE WHEN state <> 0 THEN seq END" },
    { .name = "invite", .key = "code", .numbers = "uses_left, expires", .bytes = "code" },
    { .name = "edition", .key = "id", .numbers = "id, message", .bytes = "content" },
    { .name = "mutation",
      .key = "id",
      .numbers = "id, chat, mver, cmd, seq, actor, created, turned_on",
      .bytes = "detail, seqs" },
    { .name = "reaction", .key = "chat, seq, emoji, user", .numbers = "chat, seq, user, mver", .bytes = "emoji" },
    { .name = "reaction_kind", .key = "chat, seq, emoji", .numbers = "chat, seq, mver, users", .bytes = "emoji" },
    { .name = "reaction_gone", .key = "chat, seq", .numbers = "chat, seq" },
    { .name = "pin", .key = "chat, seq", .numbers = "chat, seq, actor, created" },
    { .name = "mention", .key = "user, chat, seq", .numbers = "user, chat, seq" },
    { .name = "hidden", .key = "user, chat, seq", .numbers = "user, chat, seq, pver" },
    { .name = "applicant", .key = "chat, user", .numbers = "chat, user, created", .bytes = "reason" },
    { .name = "block", .key = "owner, peer", .numbers = "owner, peer, created" },
    { .name = "contact_request",
      .key = "id",
      .numbers = "id, sender, receiver, state, told, created, changed",
      .bytes = "content" },
    { .name = "device_name", .key = "id", .numbers = "id, user, login, created, used", .bytes = "name" },
    { .name = "device_cursor", .key = "user, device, chat", .numbers = "user, device, chat, seq, mver" },
    { .name = "file",
      .key = "id",
      .numbers = "id, owner, size, kind, width, height, created, refs, expires, thumbs",
      .bytes = "fid, mime, name, sha256, blur" },
    { .name = "file_ref", .key = "chat, seq, file", .numbers = "chat, seq, file" },
    { .name = "upload",
      .key = "id",
      .numbers = "id, owner, size, part_size, expires",
      .bytes = "fid, sha256, name, parts" },
    { .name = "object", .key = "fid", .numbers = "state, forms, size, due", .bytes = "fid, name" },
    { .name = "sticker_pack", .key = "id", .numbers = "id, owner, icon, shared, created", .bytes = "name" },
    { .name = "sticker", .key = "pack, place", .numbers = "pack, place, file", .bytes = "name" },
    { .name = "user_pack", .key = "user, pack", .numbers = "user, pack, place" },
};
const size_t copy_table_count = sizeof copy_tables / sizeof *copy_tables;

static size_t names_in(const char *list)
{
    size_t count = list == NULL ? 0 : 1;
    for (const char *at = list; at != NULL && *at != '\0'; at++)
        count += *at == ',';
    return count;
}

size_t copy_number_count(const struct copy_table *table)
{
    return names_in(table->numbers) + names_in(table->extra);
}

size_t copy_column_count(const struct copy_table *table)
{
    return copy_number_count(table) + names_in(table->bytes);
}

void copy_columns(const struct copy_table *table, enum sql_dialect dialect, struct buf *out)
{
    const char *const parts[] = { table->numbers, dialect == SQL_DIALECT_MYSQL ? table->extra : table->extra_source,
                                  table->bytes };
    bool first = true;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i] == NULL)
            continue;
        buf_append_format(out, "%s%s", first ? "" : ", ", parts[i]);
        first = false;
    }
}

void copy_row(const struct copy_table *table, const struct sql_driver *v, struct sql_stmt *stmt, struct arena *arena,
              struct cell *cells)
{
    size_t numbers = copy_number_count(table), count = copy_column_count(table);
    for (size_t i = 0; i < count; i++) {
        struct str text = v->column_text(stmt, (int)i); /* tells NULL from 0, too */
        cells[i] = (struct cell){ .is_null = text.ptr == NULL };
        if (i < numbers)
            cells[i].number = v->column_i64(stmt, (int)i);
        else if (!cells[i].is_null)
            cells[i].bytes = arena == NULL ? text : arena_str(arena, text);
    }
}

enum err copy_number(struct db *db, const char *text, int64_t *number)
{
    const struct sql_driver *v = db_sql(db)->v;
    struct sql_stmt *stmt = NULL;
    bool row = false;
    enum err err = v->prepare(db_sql(db), text, &stmt);
    if (err != OK)
        return err;
    err = v->step(stmt, &row);
    *number = err == OK && row ? v->column_i64(stmt, 0) : 0;
    v->finish(stmt);
    return err;
}
