/* node.h: the nodes that are there.
 * A row for each, made when it starts and renewed while it lives; times are
 * the database's own, so that nodes need not agree about the time. */
#ifndef IM_STORE_NODE_H
#define IM_STORE_NODE_H

#include "store/db.h"

#define NODE_NAME_SIZE_MAX ((size_t)64)

struct node_row {
    int64_t id; /* never given twice */
    struct str name;
    int64_t unseen_ms; /* since it was renewed */
};

struct node_list {
    struct node_row *rows; /* by id */
    size_t count;
};

enum err node_insert(struct db *db, struct str name, int64_t *id);
/* ERR_NOT_FOUND: it was removed. */
enum err node_renew(struct db *db, int64_t id);
enum err node_delete(struct db *db, int64_t id); /* ERR_NOT_FOUND */
enum err node_list(struct db *db, struct arena *arena, struct node_list *out);
/* For what writes beside nodes, which would not hear of it. ERR_BUSY: one serves this database, or died within the last
 * 20 s. A store that is no database of its own has none. */
enum err node_none_serves(struct db *db);

#endif
