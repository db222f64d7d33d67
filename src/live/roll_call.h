/* roll_call.h: which devices of a user are connected, asked of one loop after the other. */
#ifndef IM_LIVE_ROLL_CALL_H
#define IM_LIVE_ROLL_CALL_H

#include "live/service.h"

struct roll_entry {
    int64_t login; /* the token's row */
    int64_t named; /* the named device; 0: v1 */
};

struct roll_call {
    struct loop_mail mail; /* first */
    struct service *service;
    unsigned next; /* the loop it goes to next */
    struct roll_entry *entries;
    size_t count;
    size_t capacity;
    int64_t user;
    /* On the last loop, once all have answered. */
    void (*called)(struct roll_call *roll);
    void *context;
};

/* user, called and context are set, the rest is zero. It lives until called has run; any thread. */
void roll_call_begin(struct roll_call *roll, struct service *service);
void roll_call_release(struct roll_call *roll);

#endif
