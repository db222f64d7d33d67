/* device.h: one row per token. Only the token's hash is stored. */
#ifndef IM_STORE_DEVICE_H
#define IM_STORE_DEVICE_H

#include "store/db.h"

#define TOKEN_HASH_SIZE 32

struct device {
    int64_t id;
    int64_t user;
    int64_t created_ms;
    int64_t used_ms;
};

/* Makes the row and starts its delivered cursors at what the user has had
 * delivered so far: for each of the user's chats the greatest cursor of any
 * of the user's devices. */
enum err device_insert(struct db *db, int64_t user, const unsigned char token_hash[TOKEN_HASH_SIZE], int64_t now_ms,
                       int64_t *id);
/* ERR_NOT_FOUND */
enum err device_by_token(struct db *db, const unsigned char token_hash[TOKEN_HASH_SIZE], struct device *out);
enum err device_get(struct db *db, int64_t id, struct device *out); /* ERR_NOT_FOUND */
enum err device_touch(struct db *db, int64_t id, int64_t used_ms);
/* Removes the device; its cursors are first folded into the user's own
 * (device 0), so that what was delivered stays known. */
enum err device_delete(struct db *db, int64_t id);
/* Told of each device that is deleted. */
typedef void (*device_ended)(void *context, int64_t user, int64_t device);

/* Keeps the newest-used keep devices of the user, deletes the rest; used when a login would exceed the cap. */
enum err device_trim(struct db *db, int64_t user, size_t keep, device_ended ended, void *context);
/* Deletes all of the user's but one. */
enum err device_delete_others(struct db *db, int64_t user, int64_t keep, device_ended ended, void *context);
/* Deletes devices idle since before used_before_ms, at most limit. */
enum err device_expire(struct db *db, int64_t used_before_ms, size_t limit, device_ended ended, void *context);

/* What a user sees of his devices: those with a name (store/device_name.h) whose token is good, and the tokens that
 * no named device used last. The last used first. */
struct device_row {
    int64_t named; /* 0: a token alone */
    struct str name;
    int64_t login; /* the token's row */
    int64_t created_ms;
    int64_t used_ms;
};
struct device_list {
    struct device_row *rows;
    size_t count;
};
enum err device_list(struct db *db, struct arena *arena, int64_t user, struct device_list *out);

#endif
