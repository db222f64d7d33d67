/* group.h: making groups. */
#ifndef IM_CHAT_GROUP_H
#define IM_CHAT_GROUP_H

#include "chat/core.h"

#define GROUP_NAME_CHARS_MAX ((size_t)64)
#define GROUP_MEMO_CHARS_MAX ((size_t)512)
#define URL_SIZE_MAX ((size_t)255)

struct group_draft {
    struct str name;
    struct str icon; /* ptr NULL: none */
    struct str memo; /* ptr NULL: none */
    int64_t owner;
    struct str owner_email;
};

/* What the names of a group must be: 1 to 64 characters without control
 * characters, a memo up to 512, an icon up to 255 bytes. ERR_ARG. */
enum err group_draft_check(const struct group_draft *draft);

/* The group with its owner as first member; out lives in arena. */
enum err group_create(struct core_tx *tx, const struct group_draft *draft, struct arena *arena, struct group *out);

#endif
