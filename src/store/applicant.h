/* applicant.h: who asked to be let into a group that joins by approval. A row
 * stands until it is answered, or its user comes in another way or is gone. */
#ifndef IM_STORE_APPLICANT_H
#define IM_STORE_APPLICANT_H

#include "store/db.h"

/* An application that stands there takes the new reason and keeps its time; *fresh: there was none. */
enum err applicant_put(struct db *db, int64_t group, int64_t user, struct str reason, int64_t now_ms, bool *fresh);
enum err applicant_delete(struct db *db, int64_t group, int64_t user); /* ERR_NOT_FOUND */
enum err applicant_exists(struct db *db, int64_t group, int64_t user, bool *exists);
enum err applicant_count(struct db *db, int64_t group, int64_t *count);

struct applicant {
    int64_t user;
    struct str email;
    struct str uname;  /* ptr NULL: none */
    struct str avatar; /* ptr NULL: none */
    struct str reason; /* ptr NULL: none */
    int64_t created_ms;
};
struct applicant_list {
    struct applicant *rows;
    size_t count;
};
/* By user id, those with id > after; in the arena. */
enum err applicant_list(struct db *db, struct arena *arena, int64_t group, int64_t after, size_t limit,
                        struct applicant_list *out);

#endif
