/* account.h: a user's own devices. */
#ifndef IM_ACTION_ACCOUNT_H
#define IM_ACTION_ACCOUNT_H

#include "action/action.h"

extern const struct action action_logout;      /* the calling token ends */
extern const struct action action_kick_device; /* device: a name, or "token-<id>" */

#endif
