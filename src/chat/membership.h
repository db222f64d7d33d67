/* membership.h: who comes into a group, who goes, and as what they are in it.
 * Where a chat_ref is taken it is one that policy_group made: that says who
 * may; here stands what is asked beyond. A user is named by his email; where
 * he has to be a member: ERR_NOT_FOUND: nobody has that address, or he is none;
 * ERR_ARG: it is empty; ERR_DENIED: he does not rank below the actor.
 * Everything is told live and, but for roles and muting, in the history. */
#ifndef IM_CHAT_MEMBERSHIP_H
#define IM_CHAT_MEMBERSHIP_H

#include "chat/update.h"

#define APPLY_REASON_CHARS_MAX ((size_t)255)
#define APPLICANTS_MAX 1000 /* waiting in one group */

/* The people of these addresses, each once, without the actor; in the transaction's arena. ERR_NOT_FOUND: nobody
 * has one of them. ERR_BLOCKED: the actor may not write to one of them. */
enum err membership_people(struct core_tx *tx, const struct actor *actor, const struct str *emails, size_t count,
                           struct actor **people, size_t *people_count);

/* By anybody: in at once where the group is open; by approval an application (*waits), of which owner and admins
 * are told. ERR_NOT_FOUND: no such group. ERR_EXISTS: is a member. ERR_DENIED: closed. ERR_GROUP_FULL.
 * ERR_LIMITED: too many are waiting. ERR_ARG: reason is too long. */
enum err membership_join(struct core_tx *tx, const struct actor *actor, struct str group, struct str reason,
                         bool *waits);
/* Answers an application; by owner or admin. ERR_NOT_FOUND: there is none of that user. ERR_GROUP_FULL. */
enum err membership_respond(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email,
                            bool agree);
/* By whom policy_invite lets. Who is a member already is passed over; *added are the others. Errors are those of
 * membership_people, and ERR_GROUP_FULL: nobody came in. */
enum err membership_invite(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                           const struct str *emails, size_t count, struct actor **added, size_t *added_count);

/* By any member. The last one's leaving dismisses the group. ERR_DENIED: the owner among others. */
enum err membership_leave(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref);
/* By owner or admin. */
enum err membership_kick(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email);
/* By owner or admin: may not write until then; a time that is over ends it. ERR_ARG: as in group_mute_all. */
enum err membership_mute(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email,
                         int64_t until_ms);
/* By the owner: ROLE_ADMIN or ROLE_MEMBER. What he is already is told nobody. */
enum err membership_role(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str email,
                         enum member_role role);
/* By the owner, who becomes an admin. */
enum err membership_transfer(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                             struct str email);

/* The actor's account goes: he leaves all groups. One that he owns falls to its longest-standing admin, else member;
 * where he is the last it is dismissed. The history calls him by the neutral name. */
enum err membership_end(struct core_tx *tx, const struct actor *actor, struct str neutral);

#endif
