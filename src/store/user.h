/* user.h: accounts. Email addresses are unique without regard to ASCII case,
 * kept as first written. uname and avatar: ptr NULL when never set. Rows and
 * their text live in the arena. Deleted accounts are found by id only. */
#ifndef IM_STORE_USER_H
#define IM_STORE_USER_H

#include "store/db.h"

struct user {
    int64_t id;
    struct str email;
    struct str uname;
    struct str avatar;
    int64_t created_ms;
    int64_t deleted_ms; /* 0: alive */
};

struct user_list {
    struct user *rows;
    size_t count;
};

enum err user_by_id(struct db *db, struct arena *arena, int64_t id, struct user *out);
enum err user_by_email(struct db *db, struct arena *arena, struct str email, struct user *out); /* ERR_NOT_FOUND */
enum err user_id_by_email(struct db *db, struct arena *arena, struct str email, int64_t *id);   /* ERR_NOT_FOUND */
/* The stored hash: argon2id's own string, or "md5$SALT$HEX" of the original. */
enum err user_password(struct db *db, struct arena *arena, int64_t id, struct str *hash);
/* ERR_EXISTS: the address is taken. */
enum err user_insert(struct db *db, struct str email, struct str uname, struct str avatar, struct str password_hash,
                     int64_t now_ms, int64_t *id);
enum err user_set_profile(struct db *db, int64_t id, struct str uname, struct str avatar);
enum err user_set_password(struct db *db, int64_t id, struct str hash);
/* Living accounts whose email or uname contains text, case-insensitively for
 * ASCII; %, _ and \ match themselves. By id. */
enum err user_search(struct db *db, struct arena *arena, struct str text, size_t limit, struct user_list *out);
/* Pages of all living accounts by id, for operators: those with id > after. */
enum err user_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct user_list *out);
/* The email becomes the neutral name "deleted-<id>@deleted.invalid", profile and password go; the
 * row stays as the author of its messages. What else is the user's is removed: devices and cursors, contacts, blocks and
 * requests (both ways), memberships, applications, mentions, what he deleted for himself. Groups count their members
 * themselves (store/group.h): he has left them before. */
struct str user_neutral_email(struct arena *arena, int64_t id);
/* The deleted account that such a name stands for. ERR_NOT_FOUND: it is none, or of nobody who is deleted. */
enum err user_by_neutral_email(struct db *db, struct arena *arena, struct str name, struct user *out);
enum err user_delete(struct db *db, int64_t id, int64_t now_ms);

/* When the user's last session ended, or, while he has one or where a crash ended it, when it began; 0: never yet. */
enum err user_seen(struct db *db, int64_t id, int64_t *seen_ms); /* ERR_NOT_FOUND */
/* An earlier time than the one that is kept changes nothing: loops and nodes write in any order. */
enum err user_set_seen(struct db *db, int64_t id, int64_t seen_ms);

#endif
