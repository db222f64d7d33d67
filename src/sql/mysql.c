/* mysql.c: the driver for MariaDB, MySQL and what speaks like them.
 * Every statement costs a way to the server and back, so none is spent on
 * what need not happen: a reader's transaction begins with its first
 * statement, a savepoint is set when the job first writes, and is never
 * released, since the next one takes its place. Text and bytes are the same
 * to this driver: all columns are binary (schema_mysql.c says why). */
#include "sql/mysql_private.h"

#include <assert.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>

#include "os/log.h"
#include "util/buf.h"
#include "util/mem.h"

#define EXCLUDE_WAIT_S "20" /* below MYSQL_ANSWER_TIMEOUT_S */

static void driver_close(struct sql *sql)
{
    mysql_gather_free(&mysql_of(sql)->gather);
    mysql_disconnect(mysql_of(sql));
    free(sql);
}

static enum err driver_open(const char *location, enum sql_mode mode, struct sql **out)
{
    struct mysql *mysql = mem_zalloc(sizeof *mysql);
    mysql->sql.v = &sql_mysql;
    mysql->mode = mode;
    mysql->generation = 1;
    enum err err = mysql_location_parse(location, &mysql->location);
    if (err != OK)
        log_error("store", "the address of the database is not of the form "
                           "mysql://USER:PASSWORD@HOST:PORT[,HOST:PORT...]/DATABASE");
    else
        err = mysql_ensure(mysql);
    if (err != OK) {
        driver_close(&mysql->sql);
        return err;
    }
    *out = &mysql->sql;
    return OK;
}

/* ---- transactions ---- */

/* A connection that died while nobody used it is noticed only now, when it has lost nothing. */
static enum err begin_now(struct mysql *mysql)
{
    const char *text = mysql->mode == SQL_WRITER ? "START TRANSACTION" : "START TRANSACTION WITH CONSISTENT SNAPSHOT";
    mysql->transaction = MYSQL_NONE;
    mysql->savepoint_due = mysql->savepoint_set = false;
    enum err err = mysql_ensure(mysql);
    if (err == OK && mysql_query(mysql->handle, text) != 0) {
        unsigned code = mysql_errno(mysql->handle);
        if (!mysql_code_is_lost(code))
            return mysql_failed(mysql, code, mysql_error(mysql->handle), text);
        mysql_disconnect(mysql);
        err = mysql_ensure(mysql);
        if (err == OK)
            err = mysql_say(mysql, text);
    }
    if (err == OK)
        mysql->transaction = MYSQL_OPEN;
    return err;
}

static enum err driver_begin(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    assert(mysql->transaction == MYSQL_NONE);
    if (mysql->mode == SQL_WRITER)
        return begin_now(mysql);
    mysql->transaction = MYSQL_DUE;
    return OK;
}

enum err mysql_before_read(struct mysql *mysql)
{
    if (mysql->transaction != MYSQL_DUE)
        return OK;
    enum err err = begin_now(mysql);
    if (err != OK)
        mysql->transaction = MYSQL_LOST;
    return err;
}

enum err mysql_before_write(struct mysql *mysql)
{
    enum err err = mysql_before_read(mysql);
    if (err != OK || !mysql->savepoint_due)
        return err;
    err = mysql_say(mysql, "SAVEPOINT job");
    mysql->savepoint_due = false;
    mysql->savepoint_set = err == OK;
    return err;
}

static bool driver_in_transaction(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    return mysql->transaction == MYSQL_OPEN || mysql->transaction == MYSQL_DUE;
}

static void driver_rollback(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    bool open = mysql->transaction == MYSQL_OPEN || mysql->transaction == MYSQL_LOST;
    mysql_gather_drop(mysql->gather);
    mysql->transaction = MYSQL_NONE;
    mysql->savepoint_due = mysql->savepoint_set = false;
    if (open && mysql->handle != NULL && mysql_say(mysql, "ROLLBACK") != OK)
        mysql_disconnect(mysql); /* which undoes it, too */
}

/* Certification in a cluster may refuse here, and says so; whatever else goes wrong leaves the outcome open. */
static enum err driver_commit(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    enum err flushed = mysql_gather_flush(mysql->gather);
    enum mysql_transaction transaction = mysql->transaction;
    mysql->savepoint_due = mysql->savepoint_set = false;
    assert(transaction != MYSQL_NONE);
    if (transaction == MYSQL_LOST) {
        driver_rollback(sql);
        return flushed != OK ? flushed : ERR_IO;
    }
    mysql->transaction = MYSQL_NONE;
    if (transaction == MYSQL_DUE)
        return OK;
    if (mysql_query(mysql->handle, "COMMIT") == 0) {
        mysql_gather_committed(mysql->gather);
        return OK;
    }
    unsigned code = mysql_errno(mysql->handle);
    enum err err = mysql_failed(mysql, code, mysql_error(mysql->handle), "COMMIT");
    if (code == ER_LOCK_DEADLOCK)
        return err;
    mysql_disconnect(mysql);
    return ERR_UNSURE;
}

static enum err driver_savepoint(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    enum err err = mysql_gather_flush(mysql->gather); /* rows of jobs before this one */
    if (err != OK)
        return err;
    mysql->savepoint_due = true;
    mysql->savepoint_set = false;
    return mysql->transaction == MYSQL_OPEN ? OK : ERR_IO;
}

static enum err driver_savepoint_release(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    enum err err = mysql_gather_flush(mysql->gather); /* which the job still answers for */
    if (err != OK)
        return err;
    mysql->savepoint_due = mysql->savepoint_set = false;
    return mysql->transaction == MYSQL_OPEN ? OK : ERR_IO;
}

static void driver_savepoint_rollback(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    bool set = mysql->savepoint_set;
    mysql_gather_drop(mysql->gather); /* the job's own: what came before was sent when the savepoint was asked for */
    mysql->savepoint_due = mysql->savepoint_set = false;
    if (!set || mysql->transaction != MYSQL_OPEN)
        return;
    if (mysql_say(mysql, "ROLLBACK TO SAVEPOINT job") != OK && mysql->transaction == MYSQL_OPEN)
        mysql->transaction = MYSQL_LOST; /* what cannot be undone alone must not be committed */
}

/* ---- the rest ---- */

static int64_t driver_last_id(struct sql *sql)
{
    return mysql_of(sql)->last_id;
}

static int64_t driver_changes(struct sql *sql)
{
    return mysql_of(sql)->changes;
}

/* Statement by statement: no text of ours holds a semicolon but between two. */
static enum err driver_run(struct sql *sql, const char *text)
{
    struct mysql *mysql = mysql_of(sql);
    struct buf one = { 0 };
    enum err err = mysql->transaction == MYSQL_LOST ? ERR_IO : mysql_gather_flush(mysql->gather);
    if (err == OK)
        err = mysql_ensure(mysql);
    if (err == OK)
        err = mysql_before_write(mysql);
    while (err == OK && *text != '\0') {
        size_t size = strcspn(text, ";");
        buf_clear(&one);
        buf_append(&one, text, size);
        buf_append_byte(&one, '\0');
        if (size > 0)
            err = mysql_say(mysql, one.ptr);
        if (err == OK && mysql_field_count(mysql->handle) > 0)
            mysql_free_result(mysql_store_result(mysql->handle));
        text += size + (text[size] == ';');
    }
    buf_release(&one);
    return err;
}

/* By a name of the server's, which goes with the connection. */
static enum err driver_exclude(struct sql *sql, bool on)
{
    struct mysql *mysql = mysql_of(sql);
    enum err err = mysql_ensure(mysql);
    if (err == OK)
        err = mysql_say(mysql, on ? "SELECT GET_LOCK(CONCAT('im_service ', MD5(DATABASE())), " EXCLUDE_WAIT_S ")"
                                  : "SELECT RELEASE_LOCK(CONCAT('im_service ', MD5(DATABASE())))");
    if (err != OK)
        return err;
    MYSQL_RES *rows = mysql_store_result(mysql->handle);
    MYSQL_ROW row = rows == NULL ? NULL : mysql_fetch_row(rows);
    bool done = row != NULL && row[0] != NULL && row[0][0] == '1';
    mysql_free_result(rows);
    return done || !on ? OK : ERR_BUSY;
}

static void driver_gather(struct sql *sql)
{
    struct mysql *mysql = mysql_of(sql);
    if (mysql->gather == NULL)
        mysql->gather = mysql_gather_new(mysql);
}

static enum err driver_maintain(struct sql *sql, bool final)
{
    (void)sql;
    (void) final;
    return OK; /* the server's own */
}

const struct sql_driver sql_mysql = {
    .name = "mysql",
    .dialect = SQL_DIALECT_MYSQL,
    .shared = true,
    .open = driver_open,
    .close = driver_close,
    .prepare = mysql_statement_prepare,
    .finish = mysql_statement_finish,
    .bind_i64 = mysql_statement_bind_i64,
    .bind_text = mysql_statement_bind_text,
    .bind_blob = mysql_statement_bind_text,
    .step = mysql_statement_step,
    .reset = mysql_statement_reset,
    .column_i64 = mysql_statement_column_i64,
    .column_text = mysql_statement_column_text,
    .last_id = driver_last_id,
    .changes = driver_changes,
    .run = driver_run,
    .begin = driver_begin,
    .commit = driver_commit,
    .rollback = driver_rollback,
    .in_transaction = driver_in_transaction,
    .savepoint = driver_savepoint,
    .savepoint_release = driver_savepoint_release,
    .savepoint_rollback = driver_savepoint_rollback,
    .exclude = driver_exclude,
    .gather = driver_gather,
    .maintain = driver_maintain,
};
