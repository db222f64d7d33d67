/* message.h: sending without a socket, and changing what was sent (PROTOCOL.md, frames 24 to 28). */
#ifndef IM_ACTION_MESSAGE_H
#define IM_ACTION_MESSAGE_H

#include "action/action.h"

extern const struct action action_send;
extern const struct action action_recall;
extern const struct action action_edit;
extern const struct action action_delete;
extern const struct action action_react;
extern const struct action action_pin;
extern const struct action action_pins;  /* {"pins":[message…]} */
extern const struct action action_files; /* GET /msg/files */

#endif
