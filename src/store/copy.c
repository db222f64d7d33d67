/* copy.c: rows out of one store, several at a time into the other. */
#include "store/copy_private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "os/log.h"

#define AT_ONCE ((size_t)50)                /* rows of one statement */
#define AT_ONCE_BYTES ((size_t)1024 * 1024) /* unless they are that large */
#define BATCH ((int64_t)5000)               /* rows of one transaction */
#define BATCH_BYTES ((size_t)8 * 1024 * 1024)
#define FINGERPRINT_MAX 160

struct copy {
    struct db *from;
    struct db *to;
    struct copy_report *report;
    char fingerprint[FINGERPRINT_MAX];
    /* How far it is. */
    int64_t table;
    int64_t rows;
    /* Of the open transaction. */
    int64_t batch_rows;
    size_t batch_bytes;
};

/* Rows that wait to be inserted together. */
struct chunk {
    struct arena arena;
    struct cell cells[AT_ONCE][COPY_COLUMNS_MAX];
    size_t count;
};

/* ---- how far it is ---- */

/* A store that went on since has other greatest ids. */
static enum err fingerprint_make(struct copy *copy)
{
    static const char *const texts[] = { "SELECT COALESCE(MAX(id), 0) FROM message",
                                         "SELECT COALESCE(MAX(id), 0) FROM mutation",
                                         "SELECT COALESCE(MAX(id), 0) FROM user",
                                         "SELECT COALESCE(MAX(id), 0) FROM device",
                                         "SELECT COALESCE(SUM(pver), 0) FROM user" };
    struct arena arena = { 0 };
    struct str epoch = STR_NONE;
    enum err err = meta_get(copy->from, &arena, "epoch", &epoch);
    int size = snprintf(copy->fingerprint, sizeof copy->fingerprint, "%.*s", (int)epoch.size, epoch.ptr);
    for (size_t i = 0; err == OK && i < sizeof texts / sizeof *texts; i++) {
        int64_t number = 0;
        err = copy_number(copy->from, texts[i], &number);
        size += snprintf(copy->fingerprint + size, sizeof copy->fingerprint - (size_t)size, ".%" PRId64, number);
    }
    arena_release(&arena);
    return err;
}

static enum err progress_put(struct copy *copy)
{
    char text[FINGERPRINT_MAX + 48];
    int size = snprintf(text, sizeof text, "%" PRId64 ":%" PRId64 ":%s", copy->table, copy->rows, copy->fingerprint);
    return meta_put(copy->to, COPY_META, (struct str){ text, (size_t)size });
}

static enum err target_is_empty(struct copy *copy)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < copy_table_count; i++) {
        char text[64];
        int64_t found = 0;
        if (copy_tables[i].replaces)
            continue;
        snprintf(text, sizeof text, "SELECT 1 FROM %s LIMIT 1", copy_tables[i].name);
        err = copy_number(copy->to, text, &found);
        if (err == OK && found != 0)
            err = ERR_EXISTS;
    }
    return err;
}

/* From the beginning, or where a run before was. */
static enum err progress_get(struct copy *copy)
{
    struct arena arena = { 0 };
    struct str text;
    char *end = NULL;
    enum err err = meta_get(copy->to, &arena, COPY_META, &text);
    if (err == ERR_NOT_FOUND) {
        err = target_is_empty(copy);
    } else if (err == OK) {
        copy->table = strtoll(text.ptr, &end, 10);
        copy->rows = *end == ':' ? strtoll(end + 1, &end, 10) : 0;
        if (*end != ':' || strcmp(end + 1, copy->fingerprint) != 0)
            err = ERR_DENIED;
    }
    arena_release(&arena);
    return err;
}

/* ---- rows ---- */

static void insert_text(const struct copy_table *table, size_t rows, struct buf *out)
{
    size_t columns = copy_column_count(table);
    buf_clear(out);
    buf_append_format(out, "%s INTO %s (", table->replaces ? "REPLACE" : "INSERT", table->name);
    copy_columns(table, SQL_DIALECT_MYSQL, out);
    buf_append_str(out, STR(") VALUES "));
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < columns; i++)
            buf_append_str(out, i > 0 ? STR(", ?") : row > 0 ? STR("), (?") : STR("(?"));
    buf_append_str(out, STR(")"));
    buf_append_byte(out, '\0');
}

static enum err insert_rows(const struct copy_table *table, const struct sql_driver *v, struct sql_stmt *stmt,
                            const struct cell (*rows)[COPY_COLUMNS_MAX], size_t count)
{
    size_t numbers = copy_number_count(table), columns = copy_column_count(table);
    int index = 0;
    bool row = false;
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < columns; i++) {
            const struct cell *cell = &rows[r][i];
            if (i < numbers && !cell->is_null)
                v->bind_i64(stmt, ++index, cell->number);
            else
                v->bind_blob(stmt, ++index, cell->bytes);
        }
    enum err err = v->step(stmt, &row);
    v->reset(stmt);
    return err;
}

struct inserts {
    struct sql_stmt *many;
    struct sql_stmt *one;
};

static enum err inserts_make(struct copy *copy, const struct copy_table *table, struct inserts *out)
{
    struct sql *sql = db_sql(copy->to);
    struct buf text = { 0 };
    insert_text(table, AT_ONCE, &text);
    enum err err = sql->v->prepare(sql, text.ptr, &out->many);
    insert_text(table, 1, &text);
    if (err == OK)
        err = sql->v->prepare(sql, text.ptr, &out->one);
    buf_release(&text);
    return err;
}

static void inserts_free(struct copy *copy, struct inserts *inserts)
{
    const struct sql_driver *v = db_sql(copy->to)->v;
    if (inserts->many != NULL)
        v->finish(inserts->many);
    if (inserts->one != NULL)
        v->finish(inserts->one);
}

static enum err chunk_flush(struct copy *copy, const struct copy_table *table, struct inserts *inserts,
                            struct chunk *chunk)
{
    const struct sql_driver *v = db_sql(copy->to)->v;
    const struct cell(*rows)[COPY_COLUMNS_MAX] = (const struct cell(*)[COPY_COLUMNS_MAX])chunk->cells;
    enum err err = OK;
    if (chunk->count == AT_ONCE && chunk->arena.used_bytes <= AT_ONCE_BYTES)
        err = insert_rows(table, v, inserts->many, rows, AT_ONCE);
    else
        for (size_t i = 0; err == OK && i < chunk->count; i++)
            err = insert_rows(table, v, inserts->one, &rows[i], 1);
    copy->rows += (int64_t)chunk->count;
    copy->batch_rows += (int64_t)chunk->count;
    copy->batch_bytes += chunk->arena.used_bytes;
    chunk->count = 0;
    arena_release(&chunk->arena);
    return err;
}

static enum err batch_end(struct copy *copy)
{
    struct sql *sql = db_sql(copy->to);
    enum err err = progress_put(copy);
    if (err == OK)
        err = sql->v->commit(sql);
    copy->report->rows += copy->batch_rows;
    copy->batch_rows = 0;
    copy->batch_bytes = 0;
    return err;
}

static enum err batch_step(struct copy *copy)
{
    struct sql *sql = db_sql(copy->to);
    if (copy->batch_rows < BATCH && copy->batch_bytes < BATCH_BYTES)
        return OK;
    enum err err = batch_end(copy);
    return err == OK ? sql->v->begin(sql) : err;
}

static enum err rows_copy(struct copy *copy, const struct copy_table *table, struct sql_stmt *source,
                          struct inserts *inserts)
{
    const struct sql_driver *v = db_sql(copy->from)->v;
    struct chunk *chunk = calloc(1, sizeof *chunk);
    bool row = true;
    enum err err = chunk == NULL ? ERR_SYSTEM : OK;
    while (err == OK && row) {
        err = v->step(source, &row);
        if (err == OK && row)
            copy_row(table, v, source, &chunk->arena, chunk->cells[chunk->count++]);
        bool full = chunk->count == AT_ONCE || chunk->arena.used_bytes > AT_ONCE_BYTES || !row;
        if (err == OK && full)
            err = chunk_flush(copy, table, inserts, chunk);
        if (err == OK && full)
            err = batch_step(copy);
    }
    if (chunk != NULL)
        arena_release(&chunk->arena);
    free(chunk);
    return err;
}

static enum err table_copy(struct copy *copy, const struct copy_table *table)
{
    struct sql *from = db_sql(copy->from);
    struct buf text = { 0 };
    struct sql_stmt *source = NULL;
    struct inserts inserts = { 0 };
    buf_append_str(&text, STR("SELECT "));
    copy_columns(table, from->v->dialect, &text);
    buf_append_format(&text, " FROM %s WHERE %s ORDER BY %s LIMIT -1 OFFSET %" PRId64, table->name,
                      table->where == NULL ? "1" : table->where, table->key, copy->rows);
    buf_append_byte(&text, '\0');
    enum err err = from->v->prepare(from, text.ptr, &source);
    if (err == OK)
        err = inserts_make(copy, table, &inserts);
    if (err == OK)
        err = rows_copy(copy, table, source, &inserts);
    inserts_free(copy, &inserts);
    if (source != NULL)
        from->v->finish(source);
    buf_release(&text);
    return err;
}

/* Ids that were given and are gone are not given again. */
static enum err ids_go_on(struct copy *copy)
{
    struct sql *from = db_sql(copy->from);
    struct sql *to = db_sql(copy->to);
    struct sql_stmt *stmt = NULL;
    bool row = false;
    enum err err = from->v->prepare(from, "SELECT name, seq + 1 FROM sqlite_sequence", &stmt);
    if (err != OK)
        return err;
    for (err = from->v->step(stmt, &row); err == OK && row; err = from->v->step(stmt, &row)) {
        struct str name = from->v->column_text(stmt, 0);
        char text[128];
        snprintf(text, sizeof text, "ALTER TABLE %.*s AUTO_INCREMENT = %" PRId64, (int)name.size, name.ptr,
                 from->v->column_i64(stmt, 1));
        err = to->v->run(to, text);
        if (err != OK)
            break;
    }
    from->v->finish(stmt);
    return err;
}

enum err copy_run(struct db *from, struct db *to, struct copy_report *report)
{
    struct copy copy = { .from = from, .to = to, .report = report };
    struct sql *sql = db_sql(to);
    *report = (struct copy_report){ 0 };
    enum err err = fingerprint_make(&copy);
    if (err == OK)
        err = progress_get(&copy);
    if (err == OK && copy.table == 0 && copy.rows == 0)
        err = progress_put(&copy); /* From here on no server opens it. */
    for (; err == OK && copy.table < (int64_t)copy_table_count; copy.table++, copy.rows = 0) {
        err = sql->v->begin(sql);
        if (err != OK)
            break;
        err = table_copy(&copy, &copy_tables[copy.table]);
        if (err == OK)
            err = batch_end(&copy);
        else
            sql->v->rollback(sql);
    }
    if (err == OK)
        err = progress_put(&copy);
    return err == OK ? ids_go_on(&copy) : err;
}
