/* draft.h: a message of v2 out of a frame or a body (PROTOCOL.md, v2: fields on 10 and 11). */
#ifndef IM_ACTION_DRAFT_H
#define IM_ACTION_DRAFT_H

#include "action/action.h"
#include "chat/message.h"

/* Everything but sender, sender_email and kind; text points into args or lives in the arena. ERR_ARG,
 * ERR_TOO_LARGE (content, ext). The types 6, 7 and 13 are the server's own: ERR_ARG. */
enum err draft_take(const struct json *args, struct arena *arena, struct message_draft *draft);

#endif
