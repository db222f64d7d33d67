/* db.h: a connection with its prepared statements, what every query takes.
 * Statements are prepared at first use and kept. A reader's queries between
 * db_read_begin and db_read_end see one snapshot. */
#ifndef IM_STORE_DB_H
#define IM_STORE_DB_H

#include "sql/sql.h"
#include "util/arena.h"
#include "util/buf.h"

struct db;

/* Ids in an arena. */
struct id_list {
    int64_t *ids;
    size_t count;
};

/* location: for SQLite the path of the database file, for MySQL its address (sql/mysql_location.h). */
enum err db_open(const struct sql_driver *driver, const char *location, enum sql_mode mode, struct db **out);
void db_close(struct db **db);
/* Where a store is: at that address, or, when it is empty, in that file. */
struct db_place {
    const struct sql_driver *driver;
    char *location; /* with the password: never shown */
};
struct db_place db_place_of(const char *url, const char *path);
void db_place_release(struct db_place *place);
enum err db_place_open(const struct db_place *place, enum sql_mode mode, struct db **out);
/* For people: the file, or hosts and database. Appended. */
void db_place_show(const struct db_place *place, struct buf *out);

struct sql *db_sql(struct db *db);
/* Whether a statement changed a row since db_wrote_reset. Where the driver is shared; false otherwise. */
bool db_wrote(const struct db *db);
void db_wrote_reset(struct db *db);
/* Statements run so far; with a shared driver each is a round trip. */
uint64_t db_statements(const struct db *db);
enum err db_read_begin(struct db *db);
void db_read_end(struct db *db);

/* Brings the schema up to date (SQL_WRITER): numbered migrations, each in a
 * transaction; makes the epoch of a new store. ERR_STORE when the file was written by a newer program. */
enum err db_migrate(struct db *db);
/* The same for what is copied into (store/copy.h): db_migrate refuses it with ERR_STORE until that is finished. */
enum err db_migrate_target(struct db *db);

/* Gives the store another name, in the arena: what clients know of it is of a store before. */
enum err db_new_epoch(struct db *db, struct arena *arena, struct str *epoch);

enum err meta_get(struct db *db, struct arena *arena, const char *key, struct str *value); /* ERR_NOT_FOUND */
enum err meta_put(struct db *db, const char *key, struct str value);
/* ERR_EXISTS: there is one, and it stays. */
enum err meta_put_new(struct db *db, const char *key, struct str value);
enum err meta_get_i64(struct db *db, const char *key, int64_t *value); /* ERR_NOT_FOUND; ERR_STORE: no number */
enum err meta_put_i64(struct db *db, const char *key, int64_t value);

#endif
