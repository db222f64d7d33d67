/* mysql_statement.c: one prepared statement.
 * It is prepared when it first runs, and again after the connection was
 * opened anew. The rows of a result come over at once, so that statements may
 * run inside each other and be left half read. A column's buffer grows to
 * what was seen in it, within reason. */
#include "sql/mysql_private.h"

#include <assert.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"
#include "util/mem.h"

#define COLUMN_BYTES_FIRST 128
#define COLUMN_BYTES_KEPT ((size_t)16 * 1024) /* larger buffers go with the result */
#define PACKET_OVERHEAD 64                    /* of a parameter, generously */

struct column {
    bool is_number;
    my_bool is_null;
    unsigned long size; /* of the value */
    int64_t number;
    char *bytes;
    size_t capacity;
};

enum state { READY, ROWS, DONE };

struct sql_stmt {
    struct mysql *mysql;
    char *text;
    MYSQL_STMT *stmt; /* NULL: to be prepared */
    unsigned generation;
    enum state state;
    MYSQL_BIND *bound; /* of the parameters */
    struct mysql_parameter *parameters;
    size_t parameter_count;
    MYSQL_BIND *taken; /* of the columns */
    struct column *columns;
    size_t column_count;
};

enum err mysql_statement_prepare(struct sql *sql, const char *text, struct sql_stmt **out)
{
    struct sql_stmt *stmt = mem_zalloc(sizeof *stmt);
    stmt->mysql = mysql_of(sql);
    stmt->text = mem_dup(text, strlen(text) + 1);
    *out = stmt;
    return OK;
}

static void columns_free(struct sql_stmt *stmt)
{
    for (size_t i = 0; i < stmt->column_count; i++)
        free(stmt->columns[i].bytes);
    free(stmt->columns);
    free(stmt->taken);
    stmt->columns = NULL;
    stmt->taken = NULL;
    stmt->column_count = 0;
}

static void unprepare(struct sql_stmt *stmt)
{
    if (stmt->stmt != NULL)
        mysql_stmt_close(stmt->stmt);
    stmt->stmt = NULL;
    columns_free(stmt);
}

void mysql_statement_finish(struct sql_stmt *stmt)
{
    unprepare(stmt);
    free(stmt->parameters);
    free(stmt->bound);
    free(stmt->text);
    free(stmt);
}

/* ---- parameters ---- */

static MYSQL_BIND *parameter_at(struct sql_stmt *stmt, int index, struct mysql_parameter **out)
{
    size_t at = (size_t)index - 1;
    assert(index > 0 && stmt->state == READY);
    if (at >= stmt->parameter_count) {
        size_t count = at + 1;
        stmt->bound = mem_realloc(stmt->bound, count * sizeof *stmt->bound);
        stmt->parameters = mem_realloc(stmt->parameters, count * sizeof *stmt->parameters);
        for (size_t i = stmt->parameter_count; i < count; i++)
            stmt->bound[i] = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_NULL };
        stmt->parameter_count = count;
    }
    *out = &stmt->parameters[at];
    return &stmt->bound[at];
}

void mysql_statement_bind_i64(struct sql_stmt *stmt, int index, int64_t value)
{
    struct mysql_parameter *parameter;
    MYSQL_BIND *bind = parameter_at(stmt, index, &parameter);
    parameter->number = value;
    parameter->bytes = STR_NONE;
    *bind = (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_LONGLONG };
}

void mysql_statement_bind_text(struct sql_stmt *stmt, int index, struct str text)
{
    struct mysql_parameter *parameter;
    MYSQL_BIND *bind = parameter_at(stmt, index, &parameter);
    parameter->bytes = text;
    *bind = (MYSQL_BIND){ .buffer_type = text.ptr == NULL ? MYSQL_TYPE_NULL : MYSQL_TYPE_BLOB };
}

/* The parameters may have moved since they were bound. false: more than the server takes at once. */
static bool parameters_point(struct sql_stmt *stmt)
{
    size_t size = 0;
    for (size_t i = 0; i < stmt->parameter_count; i++) {
        struct mysql_parameter *parameter = &stmt->parameters[i];
        MYSQL_BIND *bind = &stmt->bound[i];
        size += PACKET_OVERHEAD;
        if (bind->buffer_type == MYSQL_TYPE_LONGLONG)
            bind->buffer = &parameter->number;
        if (bind->buffer_type != MYSQL_TYPE_BLOB)
            continue;
        bind->buffer = (void *)(uintptr_t)parameter->bytes.ptr; /* is only read */
        bind->buffer_length = parameter->bytes.size;
        size += parameter->bytes.size;
    }
    return size <= stmt->mysql->server.packet_max;
}

/* ---- preparing ---- */

static enum err failed(struct sql_stmt *stmt)
{
    unsigned code = mysql_stmt_errno(stmt->stmt);
    char text[512];
    snprintf(text, sizeof text, "%s", mysql_stmt_error(stmt->stmt)); /* which a closed connection takes with it */
    return mysql_failed(stmt->mysql, code, text, stmt->text);
}

static bool type_is_number(enum enum_field_types type)
{
    switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: /* of SUM */
        return true;
    default:
        return false;
    }
}

static void column_bind(struct sql_stmt *stmt, size_t at)
{
    struct column *column = &stmt->columns[at];
    stmt->taken[at] = (MYSQL_BIND){
        .buffer_type = column->is_number ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_BLOB,
        .buffer = column->is_number ? (void *)&column->number : column->bytes,
        .buffer_length = column->is_number ? sizeof column->number : column->capacity,
        .length = &column->size,
        .is_null = &column->is_null,
    };
}

static void column_resize(struct sql_stmt *stmt, size_t at, size_t capacity)
{
    struct column *column = &stmt->columns[at];
    free(column->bytes);
    column->bytes = mem_alloc(capacity);
    column->capacity = capacity;
    column_bind(stmt, at);
}

static enum err columns_make(struct sql_stmt *stmt)
{
    size_t count = mysql_stmt_field_count(stmt->stmt);
    if (count == 0)
        return OK;
    MYSQL_RES *meta = mysql_stmt_result_metadata(stmt->stmt);
    if (meta == NULL)
        return failed(stmt);
    const MYSQL_FIELD *fields = mysql_fetch_fields(meta);
    stmt->columns = mem_zalloc(count * sizeof *stmt->columns);
    stmt->taken = mem_zalloc(count * sizeof *stmt->taken);
    stmt->column_count = count;
    for (size_t i = 0; i < count; i++) {
        stmt->columns[i].is_number = type_is_number(fields[i].type);
        column_resize(stmt, i, COLUMN_BYTES_FIRST); /* a number's may be asked for as text */
    }
    mysql_free_result(meta);
    return OK;
}

static enum err prepared(struct sql_stmt *stmt)
{
    struct mysql *mysql = stmt->mysql;
    if (stmt->stmt != NULL && stmt->generation == mysql->generation)
        return OK;
    unprepare(stmt);
    stmt->stmt = mysql_stmt_init(mysql->handle);
    stmt->generation = mysql->generation;
    enum err err = stmt->stmt == NULL ? ERR_SYSTEM : OK;
    if (err == OK && mysql_stmt_prepare(stmt->stmt, stmt->text, strlen(stmt->text)) != 0)
        err = failed(stmt);
    if (err == OK)
        err = columns_make(stmt);
    if (err != OK)
        unprepare(stmt);
    return err;
}

/* ---- running ---- */

static bool needs_preparing_again(unsigned code)
{
    return code == ER_UNKNOWN_STMT_HANDLER || code == ER_NEED_REPREPARE;
}

static enum err execute(struct sql_stmt *stmt)
{
    struct mysql *mysql = stmt->mysql;
    enum err err = prepared(stmt);
    if (err == OK)
        err = stmt->column_count > 0 ? mysql_before_read(mysql) : mysql_before_write(mysql);
    if (err == OK && stmt->generation != mysql->generation) /* the connection was opened anew meanwhile */
        err = prepared(stmt);
    if (err != OK)
        return err;
    assert(mysql_stmt_param_count(stmt->stmt) == stmt->parameter_count); /* one was not bound */
    if (!parameters_point(stmt))
        return ERR_TOO_LARGE;
    if (stmt->parameter_count > 0)
        mysql_stmt_bind_param(stmt->stmt, stmt->bound);
    bool again = false;
    if (mysql_stmt_execute(stmt->stmt) != 0) {
        again = needs_preparing_again(mysql_stmt_errno(stmt->stmt));
        if (!again)
            return failed(stmt);
        unprepare(stmt);
        err = prepared(stmt);
        if (err != OK)
            return err;
        if (stmt->parameter_count > 0)
            mysql_stmt_bind_param(stmt->stmt, stmt->bound);
        if (mysql_stmt_execute(stmt->stmt) != 0)
            return failed(stmt);
    }
    if (stmt->column_count == 0) {
        mysql->changes = (int64_t)mysql_stmt_affected_rows(stmt->stmt);
        int64_t id = (int64_t)mysql_stmt_insert_id(stmt->stmt);
        if (id != 0)
            mysql->last_id = id;
        return OK;
    }
    return mysql_stmt_store_result(stmt->stmt) == 0 ? OK : failed(stmt);
}

/* Outside of a transaction nobody knows that the connection was lost long ago; what only reads may be repeated. */
static enum err execute_or_repeat(struct sql_stmt *stmt)
{
    struct mysql *mysql = stmt->mysql;
    bool may_repeat = mysql->transaction == MYSQL_NONE && mysql->handle != NULL;
    if (mysql->transaction == MYSQL_LOST)
        return ERR_IO;
    if (mysql_gather_takes(mysql->gather, stmt->text)) {
        mysql->changes = 1;
        return mysql_gather_row(mysql->gather, stmt->text, stmt->bound, stmt->parameters, stmt->parameter_count);
    }
    enum err err = mysql_gather_flush(mysql->gather);
    if (err == OK)
        err = mysql_ensure(mysql);
    if (err == OK)
        err = execute(stmt);
    if (err == ERR_IO && may_repeat && mysql->handle == NULL && strncmp(stmt->text, "SELECT", 6) == 0) {
        err = mysql_ensure(mysql);
        if (err == OK)
            err = execute(stmt);
    }
    return err;
}

/* The text columns of this row that did not fit. */
static enum err columns_complete(struct sql_stmt *stmt)
{
    for (size_t i = 0; i < stmt->column_count; i++) {
        struct column *column = &stmt->columns[i];
        if (column->is_number || column->is_null || column->size <= column->capacity)
            continue;
        column_resize(stmt, i, column->size + column->size / 2);
        if (mysql_stmt_fetch_column(stmt->stmt, &stmt->taken[i], (unsigned)i, 0) != 0)
            return failed(stmt);
    }
    return OK;
}

static enum err fetch(struct sql_stmt *stmt, bool *row)
{
    mysql_stmt_bind_result(stmt->stmt, stmt->taken);
    switch (mysql_stmt_fetch(stmt->stmt)) {
    case 0:
        *row = true;
        return OK;
    case MYSQL_DATA_TRUNCATED:
        *row = true;
        return columns_complete(stmt);
    case MYSQL_NO_DATA:
        stmt->state = DONE;
        return OK;
    default:
        return failed(stmt);
    }
}

enum err mysql_statement_step(struct sql_stmt *stmt, bool *row)
{
    *row = false;
    if (stmt->state == READY) {
        enum err err = execute_or_repeat(stmt);
        if (err != OK)
            return err;
        stmt->state = stmt->column_count > 0 ? ROWS : DONE;
    }
    /* A result that is here stays, whatever became of the connection. */
    return stmt->state == ROWS ? fetch(stmt, row) : OK;
}

void mysql_statement_reset(struct sql_stmt *stmt)
{
    if (stmt->state != READY && stmt->column_count > 0)
        mysql_stmt_free_result(stmt->stmt);
    stmt->state = READY;
    stmt->parameter_count = 0;
    for (size_t i = 0; i < stmt->column_count; i++)
        if (stmt->columns[i].capacity > COLUMN_BYTES_KEPT)
            column_resize(stmt, i, COLUMN_BYTES_FIRST);
}

/* ---- columns ---- */

int64_t mysql_statement_column_i64(struct sql_stmt *stmt, int index)
{
    const struct column *column = &stmt->columns[index];
    int64_t number = 0;
    if (column->is_null)
        return 0;
    if (column->is_number)
        return column->number;
    return str_to_i64((struct str){ column->bytes, column->size }, &number) ? number : 0;
}

struct str mysql_statement_column_text(struct sql_stmt *stmt, int index)
{
    struct column *column = &stmt->columns[index];
    if (column->is_null)
        return STR_NONE;
    if (column->is_number)
        column->size = (unsigned long)snprintf(column->bytes, column->capacity, "%lld", (long long)column->number);
    return (struct str){ column->bytes, column->size };
}
