/* device_name.h: devices of v2, by the name each gives itself, and how far each has what. */
#ifndef IM_STORE_DEVICE_NAME_H
#define IM_STORE_DEVICE_NAME_H

#include "store/device.h"

struct device_name {
    int64_t id;
    int64_t login; /* the token's row that it used last */
    int64_t used_ms;
};

/* ERR_NOT_FOUND: the user has no device of that name. */
enum err device_name_get(struct db *db, int64_t user, struct str name, struct device_name *out);
/* Makes the row where there is none, and notes the login and the time. The user's least recently used beyond
 * keep are deleted, as device_delete deletes; ended is told of each. A device is in use while its login is. */
enum err device_name_use(struct db *db, int64_t user, struct str name, int64_t login, int64_t now_ms, size_t keep,
                         int64_t *id, device_ended ended, void *context);
enum err device_name_delete(struct db *db, int64_t user, int64_t id);
/* Deletes those idle since before used_before_ms, at most limit. */
enum err device_name_expire(struct db *db, int64_t used_before_ms, size_t limit, device_ended ended, void *context);

/* Cursors never move back. Of a device that is gone nothing is kept. */
enum err device_cursor_save(struct db *db, int64_t user, int64_t device, int64_t chat, int64_t seq, int64_t mver);
struct device_cursor {
    int64_t chat; /* 0: seq is the device's pver */
    int64_t seq;
    int64_t mver;
};
struct device_cursor_list {
    struct device_cursor *rows;
    size_t count;
};
/* All cursors of a device, by chat. */
enum err device_cursors(struct db *db, struct arena *arena, int64_t user, int64_t device,
                        struct device_cursor_list *out);
/* The device is up to date with everything that concerns the user alone, up to pver, and knows which chats it is
 * in no more: cursors of those go. */
enum err device_cursor_done(struct db *db, int64_t user, int64_t device, int64_t pver);

#endif
