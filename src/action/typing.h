/* typing.h: that somebody is typing (frame 23): told, never stored. */
#ifndef IM_ACTION_TYPING_H
#define IM_ACTION_TYPING_H

#include "action/action.h"

extern const struct action action_typing; /* chat, dstObj, on (true when absent) */

#endif
