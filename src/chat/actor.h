/* actor.h: who does something: always the session's or token's user, never what a frame claims. */
#ifndef IM_CHAT_ACTOR_H
#define IM_CHAT_ACTOR_H

#include <stdint.h>

#include "util/str.h"

struct actor {
    int64_t id;
    struct str email; /* as first written */
};

#endif
