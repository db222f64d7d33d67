/* invite.h: codes that let somebody register when registration = invite. */
#ifndef IM_STORE_INVITE_H
#define IM_STORE_INVITE_H

#include "store/db.h"

struct invite {
    struct str code;
    int64_t uses_left;
    int64_t expires_ms; /* 0: never */
};
struct invite_list {
    struct invite *rows;
    size_t count;
};

enum err invite_insert(struct db *db, struct str code, int64_t uses, int64_t expires_ms);
/* Takes one use. ERR_NOT_FOUND: no such code, used up, or expired. */
enum err invite_take(struct db *db, struct str code, int64_t now_ms);
enum err invite_list(struct db *db, struct arena *arena, struct invite_list *out); /* those still good */

#endif
