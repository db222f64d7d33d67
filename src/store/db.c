/* db.c: a connection and its prepared statements.
 * Each statement is prepared at its first use and kept until the connection
 * closes; what a query function needs to run one is struct query_call. */
#include "store/query.h"

#include "sql/mysql_location.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/mem.h"

struct db {
    struct sql *sql;
    struct sql_stmt *stmts[QUERIES];
    bool running[QUERIES];
    bool writes[QUERIES]; /* of those prepared */
    bool wrote;
    uint64_t statements;
};

enum err db_open(const struct sql_driver *driver, const char *location, enum sql_mode mode, struct db **out)
{
    struct sql *sql = NULL;
    enum err err = driver->open(location, mode, &sql);
    if (err != OK)
        return err;
    *out = mem_zalloc(sizeof **out);
    (*out)->sql = sql;
    return OK;
}

struct db_place db_place_of(const char *url, const char *path)
{
    bool is_file = url == NULL || url[0] == '\0';
    const char *location = is_file ? path : url;
    return (struct db_place){ is_file ? &sql_sqlite : &sql_mysql, mem_dup(location, strlen(location) + 1) };
}

void db_place_release(struct db_place *place)
{
    free(place->location);
    place->location = NULL;
}

enum err db_place_open(const struct db_place *place, enum sql_mode mode, struct db **out)
{
    return db_open(place->driver, place->location, mode, out);
}

void db_place_show(const struct db_place *place, struct buf *out)
{
    if (place->driver == &sql_mysql)
        mysql_location_show(place->location, out);
    else
        buf_append_str(out, str_from(place->location));
}

void db_close(struct db **db)
{
    if (*db == NULL)
        return;
    struct sql *sql = (*db)->sql;
    for (size_t i = 0; i < QUERIES; i++)
        if ((*db)->stmts[i] != NULL)
            sql->v->finish((*db)->stmts[i]);
    sql->v->close(sql);
    free(*db);
    *db = NULL;
}

struct sql *db_sql(struct db *db)
{
    return db->sql;
}

bool db_wrote(const struct db *db)
{
    return db->wrote;
}

uint64_t db_statements(const struct db *db)
{
    return db->statements;
}

void db_wrote_reset(struct db *db)
{
    db->wrote = false;
}

enum err db_read_begin(struct db *db)
{
    return db->sql->v->begin(db->sql);
}

void db_read_end(struct db *db)
{
    db->sql->v->rollback(db->sql); /* nothing was written */
}

enum err meta_get(struct db *db, struct arena *arena, const char *key, struct str *value)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_META_GET);
    call_text(&call, str_from(key));
    if (call_row(&call)) {
        *value = call_column_text(&call, arena, 0);
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}

enum err meta_put(struct db *db, const char *key, struct str value)
{
    struct query_call call = call_start(db, QUERY_META_DELETE);
    call_text(&call, str_from(key));
    enum err err = call_finish(&call);
    return err == OK ? meta_put_new(db, key, value) : err;
}

enum err meta_put_new(struct db *db, const char *key, struct str value)
{
    struct query_call call = call_start(db, QUERY_META_INSERT);
    call_text(&call, str_from(key));
    call_text(&call, value);
    return call_finish(&call);
}

enum err meta_get_i64(struct db *db, const char *key, int64_t *value)
{
    struct arena arena = { 0 };
    struct str text;
    enum err err = meta_get(db, &arena, key, &text);
    if (err == OK && !str_to_i64(text, value))
        err = ERR_STORE;
    arena_release(&arena);
    return err;
}

enum err meta_put_i64(struct db *db, const char *key, int64_t value)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%lld", (long long)value);
    return meta_put(db, key, (struct str){ text, (size_t)size });
}

struct query_call call_start(struct db *db, enum query query)
{
    struct query_call call = { .db = db, .v = db->sql->v, .query = query };
    db->statements++;
    assert(!db->running[query]);
    if (db->stmts[query] == NULL) {
        const char *text = query_text[query][call.v->dialect];
        if (text == NULL)
            text = query_text[query][0];
        call.err = call.v->prepare(db->sql, text, &db->stmts[query]);
        db->writes[query] = strncmp(text, "SELECT", 6) != 0 && text[0] != '(';
    }
    call.stmt = db->stmts[query];
    db->running[query] = true;
    return call;
}

void call_i64(struct query_call *call, int64_t value)
{
    if (call->stmt != NULL)
        call->v->bind_i64(call->stmt, ++call->bound, value);
}

void call_text(struct query_call *call, struct str text)
{
    if (call->stmt != NULL)
        call->v->bind_text(call->stmt, ++call->bound, text);
}

void call_blob(struct query_call *call, struct str bytes)
{
    if (call->stmt != NULL)
        call->v->bind_blob(call->stmt, ++call->bound, bytes);
}

bool call_row(struct query_call *call)
{
    bool row = false;
    if (call->err == OK)
        call->err = call->v->step(call->stmt, &row);
    if (call->v->shared && call->db->writes[call->query] && call->err == OK &&
        (row || call->v->changes(call->db->sql) > 0))
        call->db->wrote = true;
    return row;
}

int64_t call_column_i64(struct query_call *call, int index)
{
    return call->v->column_i64(call->stmt, index);
}

struct str call_column_text(struct query_call *call, struct arena *arena, int index)
{
    struct str text = call->v->column_text(call->stmt, index);
    return text.ptr == NULL ? STR_NONE : arena_str(arena, text);
}

enum err call_end(struct query_call *call)
{
    if (call->stmt != NULL)
        call->v->reset(call->stmt);
    call->db->running[call->query] = false;
    return call->err;
}

enum err call_finish(struct query_call *call)
{
    (void)call_row(call);
    return call_end(call);
}

enum err call_finish_found(struct query_call *call)
{
    (void)call_row(call);
    int64_t changes = call->err == OK ? call->v->changes(call->db->sql) : 0;
    enum err err = call_end(call);
    return err == OK && changes == 0 ? ERR_NOT_FOUND : err;
}

struct str text_lowered(struct arena *arena, struct str text)
{
    char *copy = arena_alloc(arena, text.size + 1);
    for (size_t i = 0; i < text.size; i++) {
        char c = text.ptr[i];
        copy[i] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
    }
    return (struct str){ copy, text.size };
}

void *rows_grow(struct arena *arena, void *rows, size_t count, size_t *capacity, size_t row_size)
{
    if (count < *capacity)
        return rows;
    *capacity = *capacity == 0 ? 16 : *capacity * 2;
    void *grown = arena_alloc(arena, *capacity * row_size);
    if (count > 0)
        memcpy(grown, rows, count * row_size);
    return grown;
}

enum err ids_read(struct query_call *call, struct arena *arena, struct id_list *out)
{
    size_t capacity = 0;
    *out = (struct id_list){ 0 };
    while (call_row(call)) {
        out->ids = rows_grow(arena, out->ids, out->count, &capacity, sizeof *out->ids);
        out->ids[out->count++] = call_column_i64(call, 0);
    }
    return call_end(call);
}
