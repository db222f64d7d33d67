/* commands.h: frames in. */
#ifndef IM_LIVE_COMMANDS_H
#define IM_LIVE_COMMANDS_H

#include "live/session.h"

/* One text frame of a session: parsed, looked up in the command table, and
 * handed to the writer. What is no good is dropped without an answer, as v1
 * asks; the socket stays. */
void command_run(struct session *session, struct str text);

#endif
