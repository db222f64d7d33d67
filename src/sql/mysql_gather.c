/* mysql_gather.c: inserts that wait for company.
 * Each statement costs a way to the server and back, more than its row does
 * there. Rows of statements that are marked (SQL_MAY_WAIT) are kept, and go
 * together before the next statement that is none of them, before a savepoint
 * and before the commit: in the transaction they stand where they were meant.
 * What one of them violates is found only then, when the jobs have had their
 * answers: the transaction is given up with ERR_BUSY, and in the next one
 * nothing waits, so that the job whose row it was is told. Only for a caller
 * who runs a lost transaction again. */
#include "sql/mysql_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/mem.h"

#define ROWS_MAX ((size_t)64)
#define BYTES_MAX ((size_t)1024 * 1024)
#define PARAMETERS_MAX ((size_t)16)

/* Statements are prepared for so many rows: one way to the server for a small batch, two or three for a large one. */
static const size_t sizes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 32, ROWS_MAX };

#define SIZES (sizeof(sizes) / sizeof(*sizes))

struct value {
    bool is_number;
    int64_t number;
    struct str bytes;
};

struct mysql_gather {
    struct mysql *mysql;
    char *text; /* of the statement whose rows wait */
    struct sql_stmt *stmts[SIZES];
    struct value rows[ROWS_MAX][PARAMETERS_MAX];
    size_t count;
    size_t parameters;
    struct arena arena;
    bool flushing;
    bool paused; /* in this transaction nothing waits */
};

struct mysql_gather *mysql_gather_new(struct mysql *mysql)
{
    struct mysql_gather *gather = mem_zalloc(sizeof *gather);
    gather->mysql = mysql;
    return gather;
}

static void statements_free(struct mysql_gather *gather)
{
    for (size_t i = 0; i < SIZES; i++) {
        if (gather->stmts[i] != NULL)
            mysql_statement_finish(gather->stmts[i]);
        gather->stmts[i] = NULL;
    }
}

void mysql_gather_free(struct mysql_gather **gather)
{
    if (*gather == NULL)
        return;
    statements_free(*gather);
    free((*gather)->text);
    arena_release(&(*gather)->arena);
    free(*gather);
    *gather = NULL;
}

void mysql_gather_drop(struct mysql_gather *gather)
{
    if (gather == NULL)
        return;
    gather->count = 0;
    arena_release(&gather->arena);
}

void mysql_gather_committed(struct mysql_gather *gather)
{
    if (gather != NULL)
        gather->paused = false;
}

/* The statement with sizes[size] times the row of its VALUES. */
static enum err statement_of(struct mysql_gather *gather, size_t size, struct sql_stmt **out)
{
    enum err err = OK;
    if (gather->stmts[size] == NULL) {
        struct buf text = { 0 };
        const char *values = strstr(gather->text, "VALUES ") + 7;
        buf_append_str(&text, str_from(gather->text));
        for (size_t i = 1; i < sizes[size]; i++)
            buf_append_format(&text, ", %s", values);
        buf_append_byte(&text, '\0');
        err = mysql_statement_prepare(&gather->mysql->sql, text.ptr, &gather->stmts[size]);
        buf_release(&text);
    }
    *out = gather->stmts[size];
    return err;
}

static enum err rows_insert(struct mysql_gather *gather, size_t first, size_t size)
{
    struct sql_stmt *stmt;
    int index = 0;
    bool row;
    enum err err = statement_of(gather, size, &stmt);
    if (err != OK)
        return err;
    for (size_t i = first; i < first + sizes[size]; i++)
        for (size_t p = 0; p < gather->parameters; p++) {
            const struct value *value = &gather->rows[i][p];
            if (value->is_number)
                mysql_statement_bind_i64(stmt, ++index, value->number);
            else
                mysql_statement_bind_text(stmt, ++index, value->bytes);
        }
    err = mysql_statement_step(stmt, &row);
    mysql_statement_reset(stmt);
    return err;
}

enum err mysql_gather_flush(struct mysql_gather *gather)
{
    if (gather == NULL || gather->count == 0 || gather->flushing)
        return OK;
    enum err err = OK;
    size_t done = 0;
    gather->flushing = true;
    for (size_t size = SIZES; err == OK && size-- > 0;)
        for (; err == OK && gather->count - done >= sizes[size]; done += sizes[size])
            err = rows_insert(gather, done, size);
    gather->flushing = false;
    mysql_gather_drop(gather);
    if (err == OK)
        return OK;
    /* Jobs that went well already depend on these rows. */
    if (gather->mysql->transaction == MYSQL_OPEN) {
        if (gather->mysql->handle != NULL)
            (void)mysql_say(gather->mysql, "ROLLBACK");
        gather->mysql->transaction = MYSQL_LOST;
    }
    gather->paused = true;
    return err == ERR_EXISTS ? ERR_BUSY : err;
}

bool mysql_gather_takes(const struct mysql_gather *gather, const char *text)
{
    return gather != NULL && !gather->flushing && !gather->paused && gather->mysql->transaction == MYSQL_OPEN &&
           strncmp(text, SQL_MAY_WAIT, sizeof SQL_MAY_WAIT - 1) == 0;
}

enum err mysql_gather_row(struct mysql_gather *gather, const char *text, const MYSQL_BIND *bound,
                          const struct mysql_parameter *parameters, size_t count)
{
    enum err err = OK;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += parameters[i].bytes.size;
    if (count > PARAMETERS_MAX || bytes > gather->mysql->server.packet_max / 2)
        return ERR_TOO_LARGE;
    bool other = gather->text == NULL || strcmp(gather->text, text) != 0;
    if (other || gather->count == ROWS_MAX || gather->arena.used_bytes + bytes > BYTES_MAX)
        err = mysql_gather_flush(gather);
    if (err != OK)
        return err;
    if (other) {
        statements_free(gather);
        free(gather->text);
        gather->text = mem_dup(text, strlen(text) + 1);
        gather->parameters = count;
    }
    struct value *row = gather->rows[gather->count++];
    for (size_t i = 0; i < count; i++) {
        bool is_number = bound[i].buffer_type == MYSQL_TYPE_LONGLONG;
        struct str from = parameters[i].bytes;
        bool has_bytes = bound[i].buffer_type == MYSQL_TYPE_BLOB;
        row[i] =
            (struct value){ is_number, parameters[i].number, has_bytes ? arena_str(&gather->arena, from) : STR_NONE };
    }
    return OK;
}
