/* contact.h: friendships, a row each way. */
#ifndef IM_STORE_CONTACT_H
#define IM_STORE_CONTACT_H

#include "store/user.h"

enum err contact_exists(struct db *db, int64_t owner, int64_t peer, bool *exists);
/* Both directions. ERR_EXISTS when owner has peer already. */
enum err contact_insert(struct db *db, int64_t owner, int64_t peer, int64_t now_ms);
/* The owner's friends, oldest friendship first. */
enum err contact_list(struct db *db, struct arena *arena, int64_t owner, struct user_list *out);
/* The same people by id alone, in any order; in the arena. */
struct id_list {
    int64_t *ids;
    size_t count;
};
enum err contact_ids(struct db *db, struct arena *arena, int64_t owner, struct id_list *out);

/* What the owner calls the other; ptr NULL when he calls him nothing. ERR_NOT_FOUND: no friend. */
enum err contact_remark(struct db *db, struct arena *arena, int64_t owner, int64_t peer, struct str *remark);

#endif
