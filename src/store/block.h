/* block.h: who wants nothing to do with whom. */
#ifndef IM_STORE_BLOCK_H
#define IM_STORE_BLOCK_H

#include "store/db.h"

/* Whether owner blocks peer. */
enum err block_exists(struct db *db, int64_t owner, int64_t peer, bool *exists);
/* Whether one of the two blocks the other. */
enum err block_between(struct db *db, int64_t a, int64_t b, bool *exists);

#endif
