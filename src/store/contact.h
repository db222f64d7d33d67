/* contact.h: friendships, a row each way. */
#ifndef IM_STORE_CONTACT_H
#define IM_STORE_CONTACT_H

#include "store/user.h"

enum err contact_exists(struct db *db, int64_t owner, int64_t peer, bool *exists);
/* Both directions. ERR_EXISTS when owner has peer already. */
enum err contact_insert(struct db *db, int64_t owner, int64_t peer, int64_t now_ms);
/* Both directions, with what either wrote about the other. ERR_NOT_FOUND when owner has no peer. */
enum err contact_delete(struct db *db, int64_t owner, int64_t peer);

struct contact {
    struct user user;
    struct str remark; /* what the owner calls him; ptr NULL: nothing */
    struct str tags;   /* a JSON array; ptr NULL: none */
    bool blocked;      /* the owner blocks him */
    bool blocks;       /* he blocks the owner, who must not learn of it */
};
struct contact_list {
    struct contact *rows;
    size_t count;
};
/* The owner's friends, oldest friendship first. */
enum err contact_list(struct db *db, struct arena *arena, int64_t owner, struct contact_list *out);
/* Those of them whom the owner does not block, by id. */
enum err contact_unblocked(struct db *db, struct arena *arena, int64_t owner, struct id_list *out);

/* remark and tags of one friend. ERR_NOT_FOUND: no friend. */
enum err contact_note(struct db *db, struct arena *arena, int64_t owner, int64_t peer, struct str *remark,
                      struct str *tags);
enum err contact_set_note(struct db *db, int64_t owner, int64_t peer, struct str remark, struct str tags);

#endif
