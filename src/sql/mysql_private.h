/* mysql_private.h: what the parts of the MySQL driver share. Inside sql/ only.
 *
 *     mysql.c             the driver: transactions and savepoints
 *     mysql_statement.c   one prepared statement: parameters, rows
 *     mysql_gather.c      inserts that wait for company
 *     mysql_connect.c     one connection, its settings, and opening it anew
 *     mysql_demand.c      what a server must be like to be used
 *     mysql_error.c       its errors in ours
 */
#ifndef IM_SQL_MYSQL_PRIVATE_H
#define IM_SQL_MYSQL_PRIVATE_H

#include <mysql.h>

#include "sql/mysql_location.h"
#include "sql/sql.h"

/* Of one connection attempt, to one host. */
#define MYSQL_CONNECT_TIMEOUT_S 3
/* Statements that run longer than this are given up with their connection: above the longest wait for a lock. */
#define MYSQL_ANSWER_TIMEOUT_S 30
/* A peer that acknowledges nothing for this long is gone: a network that was cut is noticed by this. */
#define MYSQL_SILENT_TIMEOUT_MS 4000
/* After a failed attempt nobody waits for another one on that connection for this long. */
#define MYSQL_RETRY_MS 200

enum mysql_transaction {
    MYSQL_NONE,
    MYSQL_DUE, /* a reader's: begun by the first statement, as SQLite's are */
    MYSQL_OPEN,
    MYSQL_LOST, /* the server gave it up; statements are refused until it is rolled back */
};

/* What the server said of itself when the connection was made. */
struct mysql_server {
    bool maria;
    bool galera;
    size_t packet_max; /* bytes of one statement with its parameters */
};

struct mysql {
    struct sql sql;
    struct mysql_location location;
    enum sql_mode mode;
    MYSQL *handle;       /* NULL: not connected */
    unsigned generation; /* of the connection: statements of another one are prepared anew */
    size_t host;         /* the last one that served */
    struct mysql_server server;
    enum mysql_transaction transaction;
    bool savepoint_due; /* set by the job, not yet by the server: a job that only reads needs none */
    bool savepoint_set;
    int64_t retry_at_ms; /* of the monotonic clock */
    bool told;           /* that it can't connect; once until it can */
    int64_t last_id;
    int64_t changes;
    struct mysql_gather *gather; /* NULL: nothing waits */
};

struct mysql_parameter {
    struct str bytes; /* borrowed */
    int64_t number;
};

static inline struct mysql *mysql_of(struct sql *sql)
{
    return (struct mysql *)sql; /* sql is the first member */
}

/* ---- mysql_error.c ---- */

/* An error of the server or the library. Logged unless it is an ordinary answer; the transaction is marked as lost
 * where it is, and a connection that is of no use any more is closed. */
enum err mysql_failed(struct mysql *mysql, unsigned code, const char *text, const char *doing);
/* What was running when this came can't be told: the connection, not the server's answer, ended it. */
bool mysql_code_is_lost(unsigned code);

/* ---- mysql_connect.c ---- */

/* Connects unless it is connected. ERR_IO, ERR_BUSY; ERR_DENIED: the account or the database; ERR_STORE: a server that
 * must not be used (mysql_demand.c). */
enum err mysql_ensure(struct mysql *mysql);
void mysql_disconnect(struct mysql *mysql);
/* One statement in text. */
enum err mysql_say(struct mysql *mysql, const char *text);

/* ---- mysql_demand.c ---- */

/* Asks the server what it is like. ERR_STORE: it would lose what was acknowledged, or can't do what is needed; logged
 * with what to do about it. */
enum err mysql_demand(struct mysql *mysql);

/* ---- mysql_statement.c ---- */

enum err mysql_statement_prepare(struct sql *sql, const char *text, struct sql_stmt **out);
void mysql_statement_finish(struct sql_stmt *stmt);
void mysql_statement_bind_i64(struct sql_stmt *stmt, int index, int64_t value);
void mysql_statement_bind_text(struct sql_stmt *stmt, int index, struct str text);
enum err mysql_statement_step(struct sql_stmt *stmt, bool *row);
void mysql_statement_reset(struct sql_stmt *stmt);
int64_t mysql_statement_column_i64(struct sql_stmt *stmt, int index);
struct str mysql_statement_column_text(struct sql_stmt *stmt, int index);

/* ---- mysql_gather.c; NULL is one without rows ---- */

struct mysql_gather *mysql_gather_new(struct mysql *mysql);
void mysql_gather_free(struct mysql_gather **gather);
/* Whether a row of this statement may wait now. */
bool mysql_gather_takes(const struct mysql_gather *gather, const char *text);
/* Copies it. ERR_TOO_LARGE; and those of flushing. */
enum err mysql_gather_row(struct mysql_gather *gather, const char *text, const MYSQL_BIND *bound,
                          const struct mysql_parameter *parameters, size_t count);
/* Sends what waits. After an error the transaction is lost; ERR_BUSY: a unique key stood in the way of one row. */
enum err mysql_gather_flush(struct mysql_gather *gather);
void mysql_gather_drop(struct mysql_gather *gather); /* with the transaction */
void mysql_gather_committed(struct mysql_gather *gather);

/* ---- mysql.c ---- */

/* Before any statement: the transaction that is due is begun, the savepoint set where the statement writes. */
enum err mysql_before_read(struct mysql *mysql);
enum err mysql_before_write(struct mysql *mysql);

#endif
