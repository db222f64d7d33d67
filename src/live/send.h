/* send.h: the frames of the hot path, 10, 11 and 15, for v1 and v2. */
#ifndef IM_LIVE_SEND_H
#define IM_LIVE_SEND_H

#include "live/commands.h"

enum err send_run(struct session *session, const struct command *command, const struct json *frame);
enum err add_run(struct session *session, const struct command *command, const struct json *frame);

#endif
