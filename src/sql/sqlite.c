/* sqlite.c: the SQLite driver.
 * WAL with synchronous=FULL: commit returns after the WAL is synced. One
 * connection writes and checkpoints, the others only read; sqlite_settings.h
 * says why. Engine failures are logged here, where their text is known. */
#include "sql/sql.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "os/log.h"
#include "sql/sqlite_checkpoint.h"
#include "sql/sqlite_settings.h"
#include "util/mem.h"

/* Statements the driver itself runs for every batch and job. */
enum control {
    CONTROL_BEGIN,
    CONTROL_COMMIT,
    CONTROL_ROLLBACK,
    CONTROL_SAVEPOINT,
    CONTROL_SAVEPOINT_RELEASE,
    CONTROL_SAVEPOINT_ROLLBACK,
    CONTROLS
};

struct sqlite {
    struct sql sql;
    sqlite3 *handle;
    sqlite3_stmt *control[CONTROLS];
    struct sqlite_checkpoint *checkpoint; /* the writer's */
};

struct sql_stmt {
    sqlite3_stmt *stmt;
};

static const char *const control_text[CONTROLS] = {
    [CONTROL_COMMIT] = "COMMIT",
    [CONTROL_ROLLBACK] = "ROLLBACK",
    [CONTROL_SAVEPOINT] = "SAVEPOINT job",
    [CONTROL_SAVEPOINT_RELEASE] = "RELEASE job",
    [CONTROL_SAVEPOINT_ROLLBACK] = "ROLLBACK TO job",
};

static struct sqlite *sqlite_of(struct sql *sql)
{
    return (struct sqlite *)sql; /* sql is the first member */
}

static enum err constraint_error(int extended)
{
    switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ERR_EXISTS;
    default:
        return ERR_STORE;
    }
}

static enum err error_of(int code, int extended)
{
    switch (code) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return OK;
    case SQLITE_CONSTRAINT:
        return constraint_error(extended);
    case SQLITE_FULL:
        return ERR_DISK_FULL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
        return ERR_IO;
    default:
        return ERR_STORE;
    }
}

/* The error of the handle's last call, logged unless it is an ordinary answer. */
static enum err report(sqlite3 *handle, int rc, const char *doing)
{
    enum err err = error_of(rc & 0xff, sqlite3_extended_errcode(handle));
    if (err != OK && err != ERR_EXISTS)
        log_error("store", "sqlite refused", LOG_TEXT("doing", doing), LOG_TEXT("error", sqlite3_errmsg(handle)),
                  LOG_I64("code", sqlite3_extended_errcode(handle)), LOG_I64("errno", sqlite3_system_errno(handle)));
    return err;
}

static enum err control_run(struct sqlite *sqlite, enum control control)
{
    sqlite3_stmt *stmt = sqlite->control[control];
    int rc = sqlite3_step(stmt);
    enum err err = rc == SQLITE_DONE ? OK : report(sqlite->handle, rc, sqlite3_sql(stmt));
    sqlite3_reset(stmt);
    return err;
}

static void sqlite_close(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    sqlite_checkpoint_free(&sqlite->checkpoint);
    for (size_t i = 0; i < CONTROLS; i++)
        sqlite3_finalize(sqlite->control[i]);
    int rc = sqlite3_close(sqlite->handle);
    assert(rc == SQLITE_OK); /* a statement was not finished */
    (void)rc;
    free(sqlite);
}

/* Some file systems cannot hold a WAL, and SQLite then keeps the old mode without a word. */
static enum err check_wal(sqlite3 *handle)
{
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(handle, "PRAGMA journal_mode", -1, &stmt, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    bool wal = rc == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    sqlite3_finalize(stmt);
    if (rc != SQLITE_ROW)
        return report(handle, rc, "journal_mode");
    if (!wal)
        log_error("store", "the file system of the data directory does not allow a write-ahead log (WAL)");
    return wal ? OK : ERR_STORE;
}

static enum err set_up(struct sqlite *sqlite, enum sql_mode mode)
{
    sqlite3 *handle = sqlite->handle;
    int rc = SQLITE_OK;
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, SQLITE_BUSY_MS);
    /* A reader that closes last would checkpoint on its way out. */
    if (mode == SQL_READER)
        rc = sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(handle, mode == SQL_WRITER ? SQLITE_SETTINGS_WRITER : SQLITE_SETTINGS_READER, NULL, NULL,
                          NULL);
    for (enum control c = 0; c < CONTROLS && rc == SQLITE_OK; c++) {
        const char *text = control_text[c];
        if (c == CONTROL_BEGIN)
            text = mode == SQL_WRITER ? "BEGIN IMMEDIATE" : "BEGIN";
        rc = sqlite3_prepare_v3(handle, text, -1, SQLITE_PREPARE_PERSISTENT, &sqlite->control[c], NULL);
    }
    if (rc != SQLITE_OK)
        return report(handle, rc, "open");
    if (mode == SQL_READER)
        return OK;
    enum err err = check_wal(handle);
    return err == OK ? sqlite_checkpoint_new(handle, &sqlite->checkpoint) : err;
}

/* SQLite's own count of its memory costs a global lock at every allocation. */
static void sqlite_configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static enum err sqlite_open(const char *location, enum sql_mode mode, struct sql **out)
{
    static pthread_once_t configured = PTHREAD_ONCE_INIT;
    pthread_once(&configured, sqlite_configure);
    struct sqlite *sqlite = mem_zalloc(sizeof *sqlite);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == SQL_WRITER ? SQLITE_OPEN_CREATE : 0);
    sqlite->sql.v = &sql_sqlite;
    int rc = sqlite3_open_v2(location, &sqlite->handle, flags, NULL);
    enum err err = rc == SQLITE_OK ? set_up(sqlite, mode) : report(sqlite->handle, rc, "open");
    if (err != OK) {
        sqlite_close(&sqlite->sql);
        return err;
    }
    *out = &sqlite->sql;
    return OK;
}

static enum err sqlite_prepare(struct sql *sql, const char *text, struct sql_stmt **out)
{
    struct sqlite *sqlite = sqlite_of(sql);
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v3(sqlite->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK)
        return report(sqlite->handle, rc, text);
    *out = mem_alloc(sizeof **out);
    (*out)->stmt = stmt;
    return OK;
}

static void sqlite_finish(struct sql_stmt *stmt)
{
    sqlite3_finalize(stmt->stmt);
    free(stmt);
}

static void check_bind(int rc)
{
    assert(rc == SQLITE_OK); /* a wrong index, or a statement that is running */
    (void)rc;
}

static void sqlite_bind_i64(struct sql_stmt *stmt, int index, int64_t value)
{
    check_bind(sqlite3_bind_int64(stmt->stmt, index, value));
}

static void sqlite_bind_text(struct sql_stmt *stmt, int index, struct str text)
{
    check_bind(sqlite3_bind_text64(stmt->stmt, index, text.ptr, text.size, SQLITE_STATIC, SQLITE_UTF8));
}

static void sqlite_bind_blob(struct sql_stmt *stmt, int index, struct str bytes)
{
    check_bind(sqlite3_bind_blob64(stmt->stmt, index, bytes.ptr, bytes.size, SQLITE_STATIC));
}

static enum err sqlite_step(struct sql_stmt *stmt, bool *row)
{
    int rc = sqlite3_step(stmt->stmt);
    *row = rc == SQLITE_ROW;
    if (rc == SQLITE_ROW || rc == SQLITE_DONE)
        return OK;
    return report(sqlite3_db_handle(stmt->stmt), rc, sqlite3_sql(stmt->stmt));
}

static void sqlite_reset(struct sql_stmt *stmt)
{
    sqlite3_reset(stmt->stmt);
    sqlite3_clear_bindings(stmt->stmt);
}

static int64_t sqlite_column_i64(struct sql_stmt *stmt, int index)
{
    return sqlite3_column_int64(stmt->stmt, index);
}

static struct str sqlite_column_text(struct sql_stmt *stmt, int index)
{
    if (sqlite3_column_type(stmt->stmt, index) == SQLITE_NULL)
        return STR_NONE;
    const unsigned char *text = sqlite3_column_text(stmt->stmt, index);
    return (struct str){ (const char *)text, (size_t)sqlite3_column_bytes(stmt->stmt, index) };
}

static int64_t sqlite_last_id(struct sql *sql)
{
    return sqlite3_last_insert_rowid(sqlite_of(sql)->handle);
}

static int64_t sqlite_changes(struct sql *sql)
{
    return sqlite3_changes64(sqlite_of(sql)->handle);
}

static enum err sqlite_run(struct sql *sql, const char *text)
{
    struct sqlite *sqlite = sqlite_of(sql);
    return report(sqlite->handle, sqlite3_exec(sqlite->handle, text, NULL, NULL, NULL), text);
}

static enum err sqlite_begin(struct sql *sql)
{
    return control_run(sqlite_of(sql), CONTROL_BEGIN);
}

static bool sqlite_in_transaction(struct sql *sql)
{
    return sqlite3_get_autocommit(sqlite_of(sql)->handle) == 0;
}

static enum err sqlite_commit(struct sql *sql)
{
    return control_run(sqlite_of(sql), CONTROL_COMMIT);
}

static void sqlite_rollback(struct sql *sql)
{
    if (sqlite_in_transaction(sql)) /* a failure may have ended it already */
        (void)control_run(sqlite_of(sql), CONTROL_ROLLBACK);
}

static enum err sqlite_savepoint(struct sql *sql)
{
    return control_run(sqlite_of(sql), CONTROL_SAVEPOINT);
}

static enum err sqlite_savepoint_release(struct sql *sql)
{
    return control_run(sqlite_of(sql), CONTROL_SAVEPOINT_RELEASE);
}

static void sqlite_savepoint_rollback(struct sql *sql)
{
    struct sqlite *sqlite = sqlite_of(sql);
    if (!sqlite_in_transaction(sql)) /* the savepoint went with it */
        return;
    /* ROLLBACK TO keeps the savepoint on the stack. */
    if (control_run(sqlite, CONTROL_SAVEPOINT_ROLLBACK) == OK)
        (void)control_run(sqlite, CONTROL_SAVEPOINT_RELEASE);
    else
        sqlite_rollback(sql); /* what cannot be undone alone must not be committed */
}

/* The directory's lock does that. */
static enum err sqlite_exclude(struct sql *sql, bool on)
{
    (void)sql;
    (void)on;
    return OK;
}

static enum err sqlite_maintain(struct sql *sql, bool final)
{
    struct sqlite *sqlite = sqlite_of(sql);
    assert(!sqlite_in_transaction(sql));
    return final ? sqlite_checkpoint_final(sqlite->checkpoint) : sqlite_checkpoint_run(sqlite->checkpoint);
}

void sqlite_set_checkpoint_pages(struct sql *sql, int pages)
{
    sqlite_checkpoint_set_pages(sqlite_of(sql)->checkpoint, pages);
}

const struct sql_driver sql_sqlite = {
    .name = "sqlite",
    .dialect = SQL_DIALECT_SQLITE,
    .open = sqlite_open,
    .close = sqlite_close,
    .prepare = sqlite_prepare,
    .finish = sqlite_finish,
    .bind_i64 = sqlite_bind_i64,
    .bind_text = sqlite_bind_text,
    .bind_blob = sqlite_bind_blob,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .column_i64 = sqlite_column_i64,
    .column_text = sqlite_column_text,
    .last_id = sqlite_last_id,
    .changes = sqlite_changes,
    .run = sqlite_run,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .in_transaction = sqlite_in_transaction,
    .savepoint = sqlite_savepoint,
    .savepoint_release = sqlite_savepoint_release,
    .savepoint_rollback = sqlite_savepoint_rollback,
    .exclude = sqlite_exclude,
    .maintain = sqlite_maintain,
};
