/* index_private.h: what the parts of the index share: its connection and how a statement is run. Inside index*.c only.
 *
 *     enum err err = index_start(index, META_GET, &stmt);
 *     if (err != OK)
 *         return err;
 *     sqlite3_bind_…(stmt, 1, …);
 *     while (index_row(index, stmt, &err))
 *         …
 *     index_reset(stmt);
 */
#ifndef IM_SEARCH_INDEX_PRIVATE_H
#define IM_SEARCH_INDEX_PRIVATE_H

#include <sqlite3.h>

#include "search/index.h"
#include "search/leaf.h"

/* Their texts are in index.c. */
enum statement {
    BEGIN_READ,
    BEGIN_WRITE,
    COMMIT,
    ROLLBACK,
    META_GET,
    META_PUT,
    POSITION_GET,
    MUTATION_GET,
    MUTATION_SET,
    SEGMENT_PUT,
    SEGMENT_BELOW,
    SEGMENT_CHATS,
    SEGMENT_SENDERS,
    SEGMENT_SET_CHATS,
    LEAF_PUT,
    LEAF_DELETE,
    LEAF_ALL,
    LEAF_RANGE,
    STATEMENTS
};

struct index {
    sqlite3 *handle;
    sqlite3_stmt *stmts[STATEMENTS];
};

/* Rows of token and entries where the key is, or all that begin with it are; end: room that lives until the reset. The
 * statement is to be ended unless this failed. */
enum err index_leaves(struct index *index, int64_t segment, const struct term_key *key, char end[TERMS_KEY_SIZE_MAX],
                      sqlite3_stmt **out);

/* Writes the leaf, if there is anything in it, and empties it. */
enum err index_leaf_put(struct index *index, int64_t segment, struct leaf *leaf);
/* Adds an entry that has postings, once the leaf was written if it was full. */
enum err index_entry_put(struct index *index, int64_t segment, struct leaf *leaf, struct str token,
                         struct str postings);
/* How many chats, their ids, and of every message which of them. */
void index_chats_pack(const struct index_columns *columns, struct buf *out);

/* What a result code means; logged when it is worth it. */
enum err index_error(struct index *index, int rc, const char *doing);

enum err index_start(struct index *index, enum statement statement, sqlite3_stmt **out);
void index_bind(sqlite3_stmt *stmt, int at, struct str bytes);          /* borrowed until the reset */
bool index_row(struct index *index, sqlite3_stmt *stmt, enum err *err); /* a row is there */
struct str index_column(sqlite3_stmt *stmt, int at);                    /* until the next row or reset */
void index_reset(sqlite3_stmt *stmt);
enum err index_finish(struct index *index, sqlite3_stmt *stmt); /* of those without rows */
enum err index_run(struct index *index, enum statement statement);
/* Commits, or rolls back what failed and returns why. */
enum err index_commit(struct index *index, enum err err);

#endif
