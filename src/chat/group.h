/* group.h: groups come, change and go. Who comes into them and goes out of
 * them: chat/membership.h. Where a chat_ref is taken it is one that
 * policy_group made: that says who may. Everything is told to the members
 * (chat/group_news.h). */
#ifndef IM_CHAT_GROUP_H
#define IM_CHAT_GROUP_H

#include "chat/update.h"
#include "store/group.h"

#define GROUP_NAME_CHARS_MAX ((size_t)64)
#define GROUP_MEMO_CHARS_MAX ((size_t)512)
#define GROUP_NOTICE_CHARS_MAX ((size_t)4096)
#define URL_SIZE_MAX ((size_t)255)
#define GROUP_INVITES_MAX ((size_t)500) /* people brought in by one call */

struct group_draft {
    struct str name;
    struct str icon; /* ptr NULL: none */
    struct str memo; /* ptr NULL: none */
    int64_t owner;
    struct str owner_email;
    const struct str *members; /* emails of those who are in it from the start */
    size_t member_count;
};

/* What the names of a group must be: 1 to 64 characters without control
 * characters, a memo up to 512, an icon up to 255 bytes. ERR_ARG. */
enum err group_draft_check(const struct group_draft *draft);

/* The group with its owner as first member; out lives in arena. Of the members: ERR_NOT_FOUND: nobody has that
 * address; ERR_BLOCKED: one may not be written to by the owner; ERR_GROUP_FULL. ERR_ARG:
 * the icon is a file that is not the owner's to show. */
enum err group_create(struct core_tx *tx, const struct group_draft *draft, struct arena *arena, struct group *out);

/* What stays as it is has ptr NULL, or -1. */
struct group_change {
    struct str name;
    struct str icon;
    struct str memo;
    int64_t join;          /* enum group_join */
    int64_t whole_history; /* 0 or 1 */
};
/* By owner or admin. ERR_ARG: as group_draft_check, an icon that is not the actor's to show, or nothing is to change. */
enum err group_edit(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                    const struct group_change *wanted);

/* By owner or admin; empty takes it down. ERR_ARG: longer than GROUP_NOTICE_CHARS_MAX. */
enum err group_notice(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str content);

/* By owner or admin: members who are neither may not write until then; a time that is over ends it.
 * ERR_ARG: below 0, or more than MUTE_MS_MAX ahead. */
#define MUTE_MS_MAX ((int64_t)3653 * 24 * 3600 * 1000)
enum err group_mute_all(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t until_ms);

/* By the owner: there is no such group any more. */
enum err group_close(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref);

/* "open", "approve", "closed": as the protocol says it. */
const char *group_join_name(enum group_join join);

#endif
