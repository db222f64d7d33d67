/* conv.h: conversations: what is new, what was said, how far it was read, how it is shown. */
#ifndef IM_ACTION_CONV_H
#define IM_ACTION_CONV_H

#include "action/action.h"

extern const struct action action_sync; /* 18 */
extern const struct action action_pull; /* 20, GET /msg/pull */

#endif
