/* settings.h: what a user wishes of a chat for himself: to see it first, to
 * hear nothing of it, a draft, to have what was said before cleared away. */
#ifndef IM_CHAT_SETTINGS_H
#define IM_CHAT_SETTINGS_H

#include "chat/update.h"

#define DRAFT_SIZE_MAX ((size_t)16 * 1024)

/* What is given is changed. */
struct settings_change {
    bool has_top;
    bool top;
    bool has_mute;
    bool mute;
    struct str draft; /* ptr NULL: not given; "": none */
    bool has_clear;
    int64_t clear_to; /* a seq; at most the chat's head counts, and never back */
};

/* Of a chat of policy_chat. Told to the actor's own sessions (29), with his pver after it.
 * ERR_NOT_FOUND: nothing was ever said between the two, who are no friends. */
enum err settings_apply(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                        const struct settings_change *change);

#endif
