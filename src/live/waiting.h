/* waiting.h: frames that came while a session was catching up. Bounded: what
 * does not fit is either in the store or only a hint. */
#ifndef IM_LIVE_WAITING_H
#define IM_LIVE_WAITING_H

#include "util/payload.h"

#define WAITING_MAX 256
#define WAITING_HINTS_MAX 128 /* of them no messages */

struct waiting {
    int64_t chat; /* 0: no message but a notice */
    int64_t seq;
    struct payload *payload;
};

/* A zeroed one is empty. */
struct waiting_list {
    struct waiting *items; /* room for WAITING_MAX, or NULL */
    uint32_t count;
    uint32_t hints;
};

void waiting_release(struct waiting_list *list);
/* Takes its own reference. false: a message did not fit, and has to be read
 * from the store; a notice that does not fit is dropped. */
bool waiting_add(struct waiting_list *list, int64_t chat, int64_t seq, struct payload *payload);
/* Drops the messages: they are about to be read from the store. */
void waiting_drop_messages(struct waiting_list *list);

#endif
