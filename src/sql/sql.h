/* sql.h: the narrow driver every query goes through.
 * One connection, prepared statements, one transaction at a time with
 * savepoints. A connection belongs to one thread at a time. Dialects differ
 * in data (the text of a statement), never in an `if` of a query. */
#ifndef IM_SQL_SQL_H
#define IM_SQL_SQL_H

#include "util/err.h"
#include "util/str.h"

struct sql;
struct sql_stmt;

enum sql_mode {
    SQL_WRITER, /* the one connection that writes and checkpoints */
    SQL_READER, /* refuses to write, never checkpoints */
};

enum sql_dialect { SQL_DIALECT_SQLITE, SQL_DIALECT_MYSQL, SQL_DIALECTS };

/* What begins the text of an insert of one row that may be kept until the next other statement (sql_driver.gather). */
#define SQL_MAY_WAIT "/* may wait */ "

struct sql_driver {
    const char *name;
    enum sql_dialect dialect;
    bool shared; /* other processes write to the same database: see store/writer.h */
    enum err (*open)(const char *location, enum sql_mode mode, struct sql **out);
    void (*close)(struct sql *sql);
    enum err (*prepare)(struct sql *sql, const char *text, struct sql_stmt **out);
    void (*finish)(struct sql_stmt *stmt);
    void (*bind_i64)(struct sql_stmt *stmt, int index, int64_t value); /* index from 1 */
    /* Text and bytes are borrowed until reset; ptr NULL is SQL NULL. */
    void (*bind_text)(struct sql_stmt *stmt, int index, struct str text);
    void (*bind_blob)(struct sql_stmt *stmt, int index, struct str bytes);
    /* *row: a row is there to read. After the last row, or for a statement
     * without rows: OK and false. ERR_EXISTS: a unique key stood in the way;
     * ERR_DISK_FULL, ERR_BUSY, ERR_IO, ERR_STORE. */
    enum err (*step)(struct sql_stmt *stmt, bool *row);
    void (*reset)(struct sql_stmt *stmt);                    /* also forgets bindings */
    int64_t (*column_i64)(struct sql_stmt *stmt, int index); /* index from 0 */
    /* Valid until the next step or reset; ptr NULL for NULL. */
    struct str (*column_text)(struct sql_stmt *stmt, int index);
    int64_t (*last_id)(struct sql *sql);
    int64_t (*changes)(struct sql *sql);                /* rows changed by the last statement */
    enum err (*run)(struct sql *sql, const char *text); /* one or more statements without results */
    /* A connection that broke is opened anew; ERR_BUSY or ERR_IO while it can't be. */
    enum err (*begin)(struct sql *sql);
    /* Durable when it returns OK. ERR_UNSURE: it may have happened or not; any other error: it did not. */
    enum err (*commit)(struct sql *sql);
    void (*rollback)(struct sql *sql);
    bool (*in_transaction)(struct sql *sql); /* false when the engine gave the transaction up by itself */
    enum err (*savepoint)(struct sql *sql);
    enum err (*savepoint_release)(struct sql *sql);
    void (*savepoint_rollback)(struct sql *sql);
    /* on: keeps other processes that ask for the same out until off, for changes of the schema. ERR_BUSY: in vain. */
    enum err (*exclude)(struct sql *sql, bool on);
    /* May be NULL. From now on inserts that may wait do: their errors come with a later statement or the commit, as
     * ERR_BUSY where a key stood in the way, and undo the transaction; run again, its statements find them themselves. */
    void (*gather)(struct sql *sql);
    /* Housekeeping between transactions, on the writer: SQLite checkpoints when
     * its WAL is past its bound, or all of it when final. */
    enum err (*maintain)(struct sql *sql, bool final);
};

struct sql {
    const struct sql_driver *v;
};

extern const struct sql_driver sql_sqlite;
extern const struct sql_driver sql_mysql;

#endif
