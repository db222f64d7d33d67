/* conv.h: conversations: what is new, what was said, how far it was read, how it is shown. */
#ifndef IM_ACTION_CONV_H
#define IM_ACTION_CONV_H

#include "action/action.h"

extern const struct action action_sync;      /* 18 */
extern const struct action action_pull;      /* 20, GET /msg/pull */
extern const struct action action_read;      /* 22, POST /conv/read */
extern const struct action action_readers;   /* GET /msg/readers */
extern const struct action action_set;       /* 29, PUT /conv/set */
extern const struct action action_clear;     /* POST /conv/clear */
extern const struct action action_conv_list; /* GET /conv/list */

#endif
