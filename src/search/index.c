/* index.c: the file itself: its shape, its connections, its statements.
 * SQLite by hand: it has one user. */
#include "search/index_private.h"

#include "os/log.h"
#include "util/mem.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Stored as its bytes, so that a file of another byte order is of another format as well. */
#define INDEX_FORMAT UINT32_C(3)
#define BUSY_MS 1000

static const char settings_common[] = "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
                                      "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-4096;";
static const char settings_writer[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
                                      "PRAGMA journal_size_limit=33554432;";
static const char settings_reader[] = "PRAGMA query_only=ON;";

static const char schema[] = "CREATE TABLE meta (name TEXT NOT NULL PRIMARY KEY, value) WITHOUT ROWID;"
                             "CREATE TABLE position (id INTEGER PRIMARY KEY, mutation INTEGER NOT NULL);"
                             "INSERT INTO position (id, mutation) VALUES (1, 0);"
                             "CREATE TABLE segment ("
                             " first INTEGER PRIMARY KEY,"
                             " last INTEGER NOT NULL,"
                             " begin_ms INTEGER NOT NULL,"
                             " end_ms INTEGER NOT NULL,"
                             " indexed INTEGER NOT NULL,"
                             " chats BLOB NOT NULL,"
                             " senders BLOB NOT NULL);"
                             "CREATE TABLE leaf ("
                             " segment INTEGER NOT NULL,"
                             " token BLOB NOT NULL," /* the first in it */
                             " entries BLOB NOT NULL,"
                             " PRIMARY KEY (segment, token)) WITHOUT ROWID;";

static const char *const texts[STATEMENTS] = {
    [BEGIN_READ] = "BEGIN",
    [BEGIN_WRITE] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
    [META_GET] = "SELECT value FROM meta WHERE name = ?",
    [META_PUT] = "INSERT INTO meta (name, value) VALUES (?, ?)",
    [POSITION_GET] = "SELECT COALESCE(MAX(last), 0), COUNT(*), COALESCE(SUM(indexed), 0) FROM segment",
    [MUTATION_GET] = "SELECT mutation FROM position WHERE id = 1",
    [MUTATION_SET] = "UPDATE position SET mutation = ? WHERE id = 1",
    [SEGMENT_PUT] = "INSERT INTO segment (first, last, begin_ms, end_ms, indexed, chats, senders)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
    [SEGMENT_BELOW] = "SELECT first, last, begin_ms, end_ms FROM segment WHERE first < ? ORDER BY first DESC LIMIT 1",
    [SEGMENT_CHATS] = "SELECT chats FROM segment WHERE first = ?",
    [SEGMENT_SENDERS] = "SELECT senders FROM segment WHERE first = ?",
    [SEGMENT_SET_CHATS] = "UPDATE segment SET chats = ?, indexed = indexed - ? WHERE first = ?",
    [LEAF_PUT] = "INSERT INTO leaf (segment, token, entries) VALUES (?, ?, ?)",
    [LEAF_DELETE] = "DELETE FROM leaf WHERE segment = ? AND token = ?",
    [LEAF_ALL] = "SELECT token, entries FROM leaf WHERE segment = ?",
    [LEAF_RANGE] = "SELECT token, entries FROM leaf WHERE segment = ?1 AND token >="
                   " COALESCE((SELECT MAX(token) FROM leaf WHERE segment = ?1 AND token <= ?2), ?2) AND token <= ?3",
};

enum err index_error(struct index *index, int rc, const char *doing)
{
    enum err err;
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return OK;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_FULL:
        err = ERR_DISK_FULL;
        break;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        err = ERR_IO;
        break;
    default: /* a damaged file, and one that lacks what it must have */
        err = ERR_PARSE;
        break;
    }
    log_error("search", "sqlite refused", LOG_TEXT("doing", doing), LOG_TEXT("error", sqlite3_errmsg(index->handle)),
              LOG_I64("code", sqlite3_extended_errcode(index->handle)));
    return err;
}

/* ---- statements: started, bound, stepped, reset ---- */

enum err index_start(struct index *index, enum statement statement, sqlite3_stmt **out)
{
    *out = NULL;
    if (index->stmts[statement] == NULL) {
        int rc = sqlite3_prepare_v3(index->handle, texts[statement], -1, SQLITE_PREPARE_PERSISTENT,
                                    &index->stmts[statement], NULL);
        if (rc != SQLITE_OK)
            return index_error(index, rc, texts[statement]);
    }
    *out = index->stmts[statement];
    return OK;
}

void index_bind(sqlite3_stmt *stmt, int at, struct str bytes)
{
    sqlite3_bind_blob64(stmt, at, bytes.size > 0 ? bytes.ptr : "", bytes.size, SQLITE_STATIC);
}

struct str index_column(sqlite3_stmt *stmt, int at)
{
    const char *bytes = sqlite3_column_blob(stmt, at);
    return (struct str){ bytes, (size_t)sqlite3_column_bytes(stmt, at) };
}

/* A row is there. The statement is to be ended in any case. */
bool index_row(struct index *index, sqlite3_stmt *stmt, enum err *err)
{
    int rc = sqlite3_step(stmt);
    if (rc != SQLITE_ROW)
        *err = index_error(index, rc, sqlite3_sql(stmt));
    return rc == SQLITE_ROW;
}

void index_reset(sqlite3_stmt *stmt)
{
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
}

/* For statements without rows. */
enum err index_finish(struct index *index, sqlite3_stmt *stmt)
{
    enum err err = OK;
    index_row(index, stmt, &err);
    index_reset(stmt);
    return err;
}

enum err index_run(struct index *index, enum statement statement)
{
    sqlite3_stmt *stmt;
    enum err err = index_start(index, statement, &stmt);
    return err == OK ? index_finish(index, stmt) : err;
}

static void rollback(struct index *index)
{
    if (sqlite3_get_autocommit(index->handle) == 0)
        (void)index_run(index, ROLLBACK);
}

enum err index_commit(struct index *index, enum err err)
{
    if (err == OK)
        err = index_run(index, COMMIT);
    if (err != OK)
        rollback(index);
    return err;
}

/* ---- the file ---- */

static enum err connection_open(const char *path, bool reader, struct index **out)
{
    struct index *index = mem_zalloc(sizeof(*index));
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (reader ? 0 : SQLITE_OPEN_CREATE);
    int rc = sqlite3_open_v2(path, &index->handle, flags, NULL);
    if (rc == SQLITE_OK) {
        sqlite3_extended_result_codes(index->handle, 1);
        sqlite3_busy_timeout(index->handle, BUSY_MS);
        /* A reader that closes last would checkpoint on its way out. */
        rc = sqlite3_db_config(index->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, reader ? 1 : 0, (int *)NULL);
    }
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(index->handle, reader ? settings_reader : settings_writer, NULL, NULL, NULL);
    if (rc == SQLITE_OK)
        rc = sqlite3_exec(index->handle, settings_common, NULL, NULL, NULL);
    enum err err = index_error(index, rc, "open");
    if (err != OK)
        index_close(&index);
    *out = index;
    return err;
}

void index_close(struct index **index)
{
    if (*index == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize((*index)->stmts[i]);
    sqlite3_close((*index)->handle);
    free(*index);
    *index = NULL;
}

void index_remove(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    char name[PATH_MAX];
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

static enum err meta_is(struct index *index, const char *name, struct str value, bool *is)
{
    sqlite3_stmt *stmt;
    enum err err = index_start(index, META_GET, &stmt);
    *is = false;
    if (err != OK)
        return err;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    if (index_row(index, stmt, &err))
        *is = str_equal(index_column(stmt, 0), value);
    index_reset(stmt);
    return err;
}

static enum err meta_insert(struct index *index, const char *name, struct str value)
{
    sqlite3_stmt *stmt;
    enum err err = index_start(index, META_PUT, &stmt);
    if (err != OK)
        return err;
    sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
    index_bind(stmt, 2, value);
    return index_finish(index, stmt);
}

static struct str format_bytes(void)
{
    static const uint32_t format = INDEX_FORMAT;
    return (struct str){ (const char *)&format, sizeof(format) };
}

static bool usable(struct index *index, struct str generation)
{
    struct index_position position;
    bool known = false;
    bool same = false;
    /* A new file is none, and not worth a word in the log. */
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(index->handle, texts[META_GET], -1, &stmt, NULL) != SQLITE_OK)
        return false;
    sqlite3_finalize(stmt);
    return meta_is(index, "format", format_bytes(), &known) == OK && known &&
           meta_is(index, "generation", generation, &same) == OK && same && index_position(index, &position) == OK;
}

static enum err create(struct index *index, struct str generation)
{
    enum err err = index_run(index, BEGIN_WRITE);
    if (err == OK)
        err = index_error(index, sqlite3_exec(index->handle, schema, NULL, NULL, NULL), "schema");
    if (err == OK)
        err = meta_insert(index, "format", format_bytes());
    if (err == OK)
        err = meta_insert(index, "generation", generation);
    return index_commit(index, err);
}

enum err index_open(const char *path, struct str generation, struct index **out)
{
    bool there = access(path, F_OK) == 0;
    enum err err = connection_open(path, false, out);
    if (err == OK && usable(*out, generation))
        return OK;
    if (err != OK && err != ERR_PARSE)
        return err;
    if (there)
        log_info("search", "the index is built anew");
    index_close(out);
    index_remove(path);
    err = connection_open(path, false, out);
    if (err == OK)
        err = create(*out, generation);
    if (err != OK)
        index_close(out);
    return err;
}

enum err index_open_reader(const char *path, struct index **out)
{
    return connection_open(path, true, out);
}

enum err index_position(struct index *index, struct index_position *out)
{
    sqlite3_stmt *stmt;
    *out = (struct index_position){ 0 };
    enum err err = index_start(index, POSITION_GET, &stmt);
    if (err != OK)
        return err;
    if (index_row(index, stmt, &err)) {
        out->last = sqlite3_column_int64(stmt, 0);
        out->segments = sqlite3_column_int64(stmt, 1);
        out->indexed = sqlite3_column_int64(stmt, 2);
    }
    index_reset(stmt);
    if (err == OK)
        err = index_start(index, MUTATION_GET, &stmt);
    if (err != OK)
        return err;
    if (index_row(index, stmt, &err))
        out->mutation = sqlite3_column_int64(stmt, 0);
    else if (err == OK)
        err = ERR_PARSE;
    index_reset(stmt);
    return err;
}

enum err index_checkpoint(struct index *index, bool all)
{
    int rc;
    int pages = 0;
    if (all) {
        sqlite3_busy_timeout(index->handle, 0);
        rc = sqlite3_wal_checkpoint_v2(index->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, &pages, NULL);
        sqlite3_busy_timeout(index->handle, BUSY_MS);
    } else {
        rc = sqlite3_wal_checkpoint_v2(index->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, NULL);
    }
    return index_error(index, rc, "checkpoint");
}
