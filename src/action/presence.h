/* presence.h: who is here. */
#ifndef IM_ACTION_PRESENCE_H
#define IM_ACTION_PRESENCE_H

#include "action/action.h"

extern const struct action action_presence;

#endif
