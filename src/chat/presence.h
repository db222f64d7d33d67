/* presence.h: friends hear who comes online and who goes offline, and those who watch him (live/watch.h). Whom he
 * blocks hears nothing. */
#ifndef IM_CHAT_PRESENCE_H
#define IM_CHAT_PRESENCE_H

#include "chat/core.h"

/* A user's sessions changed: tells it if it makes a difference to
 * what they were told last. Called after the router knows of the session. */
enum err presence_changed(struct core_tx *tx, int64_t user, struct str email);

/* Tells outright, unless they were told the same last. */
enum err presence_told(struct core_tx *tx, int64_t user, struct str email, bool online);

#endif
