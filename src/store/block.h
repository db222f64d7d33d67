/* block.h: who wants nothing to do with whom. */
#ifndef IM_STORE_BLOCK_H
#define IM_STORE_BLOCK_H

#include "store/user.h"

/* Whether owner blocks peer. */
enum err block_exists(struct db *db, int64_t owner, int64_t peer, bool *exists);
/* Whether one of the two blocks the other. */
enum err block_between(struct db *db, int64_t a, int64_t b, bool *exists);
/* ERR_EXISTS: he does already. */
enum err block_insert(struct db *db, int64_t owner, int64_t peer, int64_t now_ms);
/* ERR_NOT_FOUND: he does not. */
enum err block_delete(struct db *db, int64_t owner, int64_t peer);
enum err block_count(struct db *db, int64_t owner, int64_t *count);
/* Whom the owner blocks, the last one first. */
enum err block_list(struct db *db, struct arena *arena, int64_t owner, struct user_list *out);
/* Who blocks peer, by id. */
enum err block_owners(struct db *db, struct arena *arena, int64_t peer, struct id_list *out);

#endif
