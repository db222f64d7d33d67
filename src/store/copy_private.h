/* copy_private.h: what copying and comparing share. Inside store/ only. */
#ifndef IM_STORE_COPY_PRIVATE_H
#define IM_STORE_COPY_PRIVATE_H

#include "store/copy.h"

#define COPY_META "migrate"    /* in the target: TABLE:ROWS:FINGERPRINT, while it is not finished */
#define COPIED_META "migrated" /* in the target: the checksum of the source that was copied and verified */
#define COPY_COLUMNS_MAX 16

/* A table with all its columns: numbers, then text and bytes. */
struct copy_table {
    const char *name;
    const char *key; /* its primary key */
    const char *numbers;
    const char *bytes;        /* NULL: none */
    const char *extra;        /* numbers that only MySQL has; NULL: none */
    const char *extra_source; /* and what SQLite says for them */
    const char *where;        /* NULL: all rows */
    bool replaces;            /* the target has rows of its own in it */
};

extern const struct copy_table copy_tables[];
extern const size_t copy_table_count;

struct cell {
    bool is_null;
    int64_t number;
    struct str bytes;
};

size_t copy_number_count(const struct copy_table *table); /* with the extra ones */
size_t copy_column_count(const struct copy_table *table);
/* "numbers, extra, bytes" as that dialect says them. Appended. */
void copy_columns(const struct copy_table *table, enum sql_dialect dialect, struct buf *out);
/* Takes a row; bytes are borrowed until the statement's next step, or copied into the arena when there is one. */
void copy_row(const struct copy_table *table, const struct sql_driver *v, struct sql_stmt *stmt, struct arena *arena,
              struct cell *cells);
/* One number of a statement without parameters. */
enum err copy_number(struct db *db, const char *text, int64_t *number);

#endif
