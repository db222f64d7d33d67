/* forward.h: messages said again elsewhere. The server copies what is
 * forwarded from the log, so that nobody puts words into another's mouth. */
#ifndef IM_CHAT_FORWARD_H
#define IM_CHAT_FORWARD_H

#include "chat/message.h"

#define FORWARDS_MAX ((size_t)100)
#define MESSAGE_TYPE_MERGED 12

/* Fills in type, content and attrs of the message from what the draft forwards. Of one: the original's type,
 * content and ext, and "fwd":{"userEmail","createAt"} of the original. Of several: type 12, the draft's content,
 * and "fwd":{"items":[{"userEmail","msgType","content","createAt","ext"}…]}. ERR_DENIED: not the sender's to
 * read. ERR_NOT_FOUND: one of them is not there, or gone. ERR_ARG: a notice, or several without type 12.
 * ERR_TOO_LARGE: together over 64 KiB. */
enum err forward_fill(struct core_tx *tx, const struct message_draft *draft, struct message *message);

#endif
