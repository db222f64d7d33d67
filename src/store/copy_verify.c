/* copy_verify.c: both stores read, table by table.
 * A row's checksum is over all its columns; a table's is their sum, a chat's
 * that of its messages: seqs are in the rows, so order counts. MySQL is read
 * in stretches of the key, since a result comes over as a whole. */
#include "store/copy_private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/map.h"

#define STRETCH "5000"
#define CHECKSUM_SIZE 17

struct sum {
    int64_t count;
    uint64_t sum;
};

struct chat_sum {
    struct sum from, to;
};

struct verify {
    struct db *from;
    struct db *to;
    FILE *out;
    struct map chats; /* by id: struct chat_sum */
    struct arena arena;
    uint64_t checksum; /* of the tables of the source that were read so far, in their order */
    size_t mismatches;
};

static uint64_t row_sum(const struct cell *cells, size_t numbers, size_t columns, struct buf *scratch)
{
    buf_clear(scratch);
    for (size_t i = 0; i < columns; i++) {
        buf_append_byte(scratch, cells[i].is_null ? 'n' : 'v');
        if (i < numbers) {
            buf_append(scratch, &cells[i].number, sizeof cells[i].number);
        } else {
            buf_append(scratch, &cells[i].bytes.size, sizeof cells[i].bytes.size);
            buf_append_str(scratch, cells[i].bytes);
        }
    }
    return hash_bytes(scratch->ptr, scratch->size);
}

static void sum_add(struct sum *sum, uint64_t row)
{
    sum->count++;
    sum->sum += row;
}

static struct chat_sum *chat_of(struct verify *verify, int64_t chat)
{
    struct chat_sum *sum = map_get(&verify->chats, (uint64_t)chat);
    if (sum == NULL) {
        sum = arena_zalloc(&verify->arena, sizeof *sum);
        map_put(&verify->chats, (uint64_t)chat, sum);
    }
    return sum;
}

static bool is_message(const struct copy_table *table)
{
    return strcmp(table->name, "message") == 0; /* its second number is the chat */
}

/* All rows that the statement, bound already, has. */
static enum err rows_add(struct verify *verify, const struct copy_table *table, struct db *db, struct sql_stmt *stmt,
                         struct sum *sum)
{
    const struct sql_driver *v = db_sql(db)->v;
    struct buf scratch = { 0 };
    struct cell cells[COPY_COLUMNS_MAX];
    bool row = true;
    enum err err = OK;
    while (err == OK && row) {
        err = v->step(stmt, &row);
        if (err != OK || !row)
            break;
        copy_row(table, v, stmt, NULL, cells);
        uint64_t one = row_sum(cells, copy_number_count(table), copy_column_count(table), &scratch);
        sum_add(sum, one);
        if (is_message(table)) {
            struct chat_sum *chat = chat_of(verify, cells[1].number);
            sum_add(db == verify->from ? &chat->from : &chat->to, one);
        }
    }
    v->reset(stmt);
    buf_release(&scratch);
    return err;
}

static void select_begin(const struct copy_table *table, struct db *db, struct buf *text)
{
    buf_append_str(text, STR("SELECT "));
    copy_columns(table, db_sql(db)->v->dialect, text);
    buf_append_format(text, " FROM %s WHERE %s", table->name, table->where == NULL ? "1 = 1" : table->where);
}

static enum err source_sum(struct verify *verify, const struct copy_table *table, struct sum *sum)
{
    struct sql *sql = db_sql(verify->from);
    struct buf text = { 0 };
    struct sql_stmt *stmt = NULL;
    select_begin(table, verify->from, &text);
    buf_append_byte(&text, '\0');
    enum err err = sql->v->prepare(sql, text.ptr, &stmt);
    if (err == OK) {
        err = rows_add(verify, table, verify->from, stmt, sum);
        sql->v->finish(stmt);
    }
    buf_release(&text);
    return err;
}

/* The first column of the key, after which the next stretch begins. */
static enum err stretch_end(struct sql *sql, struct sql_stmt *stmt, struct arena *arena, struct str *after, bool *more)
{
    bool row = false;
    sql->v->bind_blob(stmt, 1, *after);
    enum err err = sql->v->step(stmt, &row);
    *more = err == OK && row;
    if (*more)
        *after = arena_str(arena, sql->v->column_text(stmt, 0));
    sql->v->reset(stmt);
    return err;
}

/* Numbers are compared as numbers, text as bytes: which of both a key is, its bounds say. */
static enum err target_sum(struct verify *verify, const struct copy_table *table, struct sum *sum)
{
    struct sql *sql = db_sql(verify->to);
    struct buf text = { 0 };
    struct sql_stmt *stretch = NULL, *rows = NULL;
    int size = (int)strcspn(table->key, ",");
    bool number = table->numbers != NULL && strncmp(table->numbers, table->key, (size_t)size) == 0;
    const char *bound = number ? "CAST(? AS SIGNED)" : "?";
    buf_append_format(&text, "SELECT %.*s FROM %s WHERE %.*s > %s ORDER BY %.*s LIMIT 1 OFFSET " STRETCH, size,
                      table->key, table->name, size, table->key, bound, size, table->key);
    buf_append_byte(&text, '\0');
    enum err err = sql->v->prepare(sql, text.ptr, &stretch);
    buf_clear(&text);
    select_begin(table, verify->to, &text);
    buf_append_format(&text, " AND %.*s > %s AND (%.*s <= %s OR ? = 1)", size, table->key, bound, size, table->key,
                      bound);
    buf_append_byte(&text, '\0');
    if (err == OK)
        err = sql->v->prepare(sql, text.ptr, &rows);
    struct str after = number ? STR("-9223372036854775808") : STR("");
    for (bool more = true; err == OK && more;) {
        struct str end = after;
        err = stretch_end(sql, stretch, &verify->arena, &end, &more);
        if (err != OK)
            break;
        sql->v->bind_blob(rows, 1, after);
        sql->v->bind_blob(rows, 2, end);
        sql->v->bind_i64(rows, 3, more ? 0 : 1);
        err = rows_add(verify, table, verify->to, rows, sum);
        after = end;
    }
    if (stretch != NULL)
        sql->v->finish(stretch);
    if (rows != NULL)
        sql->v->finish(rows);
    buf_release(&text);
    return err;
}

static void differs(struct verify *verify, const char *what, int64_t id, const struct sum *from, const struct sum *to)
{
    verify->mismatches++;
    fprintf(verify->out, "im_service: %s", what);
    if (id != 0)
        fprintf(verify->out, " %" PRId64, id);
    fprintf(verify->out, " differs: %" PRId64 " rows there, %" PRId64 " here%s\n", from->count, to->count,
            from->count == to->count ? ", of other contents" : "");
}

static void chats_compare(struct verify *verify)
{
    size_t at = 0;
    uint64_t key;
    void *value;
    while (map_next(&verify->chats, &at, &key, &value)) {
        const struct chat_sum *chat = value;
        if (chat->from.count != chat->to.count || chat->from.sum != chat->to.sum)
            differs(verify, "chat", (int64_t)key, &chat->from, &chat->to);
    }
}

/* Rows beside which the target has others of its own: meta's and counters'. */
static enum err few_compare(struct verify *verify, const struct copy_table *table)
{
    struct sql *from = db_sql(verify->from);
    struct sql *to = db_sql(verify->to);
    struct sql_stmt *source = NULL, *target = NULL;
    struct buf text = { 0 };
    bool row = false;
    buf_append_format(&text, "SELECT name, value FROM %s WHERE %s", table->name,
                      table->where == NULL ? "1 = 1" : table->where);
    buf_append_byte(&text, '\0');
    enum err err = from->v->prepare(from, text.ptr, &source);
    buf_clear(&text);
    buf_append_format(&text, "SELECT value FROM %s WHERE name = ?", table->name);
    buf_append_byte(&text, '\0');
    if (err == OK)
        err = to->v->prepare(to, text.ptr, &target);
    while (err == OK && (err = from->v->step(source, &row)) == OK && row) {
        bool there = false;
        struct sum sums[2] = { { .count = 1 }, { 0 } };
        to->v->bind_blob(target, 1, from->v->column_text(source, 0));
        err = to->v->step(target, &there);
        sums[1].count = there;
        if (err == OK && (!there || !str_equal(from->v->column_text(source, 1), to->v->column_text(target, 0))))
            differs(verify, table->name, 0, &sums[0], &sums[1]);
        to->v->reset(target);
    }
    if (source != NULL)
        from->v->finish(source);
    if (target != NULL)
        to->v->finish(target);
    buf_release(&text);
    return err;
}

/* The table in the source, and its part in the checksum of all. */
static enum err source_take(struct verify *verify, const struct copy_table *table, struct sum *sum)
{
    enum err err = source_sum(verify, table, sum);
    uint64_t both[] = { verify->checksum, (uint64_t)sum->count, sum->sum };
    verify->checksum = hash_bytes((const char *)both, sizeof both);
    return err;
}

static enum err table_compare(struct verify *verify, const struct copy_table *table, struct copy_report *report)
{
    struct sum from = { 0 }, to = { 0 };
    enum err err = source_take(verify, table, &from);
    if (err == OK && table->replaces)
        return few_compare(verify, table);
    if (err == OK)
        err = target_sum(verify, table, &to);
    if (err == OK && (from.count != to.count || from.sum != to.sum))
        differs(verify, table->name, 0, &from, &to);
    if (is_message(table))
        report->messages = from.count;
    return err;
}

static struct str checksum_text(const struct verify *verify, char text[CHECKSUM_SIZE])
{
    int size = snprintf(text, CHECKSUM_SIZE, "%016" PRIx64, verify->checksum);
    return (struct str){ text, (size_t)size };
}

/* Servers may open the target, and who asks again is told that it is done. */
static enum err finished_put(struct verify *verify)
{
    struct sql *sql = db_sql(verify->to);
    char text[CHECKSUM_SIZE];
    enum err err = sql->v->begin(sql);
    if (err != OK)
        return err;
    err = meta_put(verify->to, COPIED_META, checksum_text(verify, text));
    if (err == OK)
        err = sql->v->run(sql, "DELETE FROM meta WHERE name = '" COPY_META "'");
    if (err == OK)
        return sql->v->commit(sql);
    sql->v->rollback(sql);
    return err;
}

enum err copy_verify(struct db *from, struct db *to, FILE *out, struct copy_report *report, size_t *mismatches)
{
    struct verify verify = { .from = from, .to = to, .out = out };
    enum err err = OK;
    for (size_t i = 0; err == OK && i < copy_table_count; i++)
        err = table_compare(&verify, &copy_tables[i], report);
    if (err == OK)
        chats_compare(&verify);
    report->chats = (int64_t)verify.chats.count;
    *mismatches = verify.mismatches;
    if (err == OK && verify.mismatches == 0)
        err = finished_put(&verify);
    map_release(&verify.chats);
    arena_release(&verify.arena);
    return err;
}

enum err copy_finished(struct db *from, struct db *to)
{
    struct verify verify = { .from = from, .to = to };
    struct str put = STR_NONE;
    char text[CHECKSUM_SIZE];
    enum err err = meta_get(to, &verify.arena, COPIED_META, &put);
    for (size_t i = 0; err == OK && i < copy_table_count; i++) {
        struct sum sum = { 0 };
        err = source_take(&verify, &copy_tables[i], &sum);
    }
    if (err == OK && !str_equal(put, checksum_text(&verify, text)))
        err = ERR_DENIED;
    map_release(&verify.chats);
    arena_release(&verify.arena);
    return err;
}
