/* receipt.h: saying how far one has read. */
#ifndef IM_CHAT_RECEIPT_H
#define IM_CHAT_RECEIPT_H

#include "chat/update.h"

/* The actor has read the chat (of policy_chat) up to seq, at most to its head. Only ever forward: what he has read
 * or written beyond before is OK and told to nobody. His own sessions hear of it at once; so does the other one of a
 * one-to-one chat, unless one blocks the other; a group hears a number (chat/tally.h). Nothing is written to the
 * store but by the next flush of marks. */
enum err receipt_read(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq);

#endif
