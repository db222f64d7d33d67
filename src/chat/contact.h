/* contact.h: becoming friends. */
#ifndef IM_CHAT_CONTACT_H
#define IM_CHAT_CONTACT_H

#include "chat/actor.h"
#include "chat/core.h"

/* Friends at once, both ways (contact.policy = auto). ERR_ARG: oneself.
 * ERR_NOT_FOUND: nobody has that address. ERR_EXISTS: friends already. */
enum err contact_add(struct core_tx *tx, const struct actor *actor, struct str email);

#endif
