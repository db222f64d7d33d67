/* attach.h: what people hang on messages: reactions and pins. They count and
 * travel as other changes do (chat/change.h); ref comes from policy_write,
 * for a pin from policy_pin. */
#ifndef IM_CHAT_ATTACH_H
#define IM_CHAT_ATTACH_H

#include "chat/change.h"

#define EMOJI_SIZE_MAX ((size_t)32) /* bytes; a family of emojis joined to one takes 25 */
#define EMOJIS_MAX ((size_t)20)     /* different ones on a message */
#define EMOJIS_USER_MAX ((size_t)10)
#define PINS_MAX ((size_t)50) /* of a chat */

/* emoji: any text of at most EMOJI_SIZE_MAX bytes. ERR_NOT_FOUND, ERR_ARG as change.h says. ERR_TOO_LARGE: as many as a
 * message, or the actor on it, may have. */
enum err attach_react(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                      struct str emoji, bool on);

/* ERR_TOO_LARGE: the chat has PINS_MAX. */
enum err attach_pin(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq, bool on);

#endif
