/* policy.h: the one place that answers "may A do this to B?".
 * Writers ask with a core_tx (through the directory), readers with their own
 * connection. OK: yes. ERR_DENIED: no. ERR_NOT_FOUND: there is no such B.
 * Writing has reasons of its own: ERR_BLOCKED (no friend, or one blocks the
 * other: the two look the same), ERR_NOT_MEMBER, ERR_MUTED. */
#ifndef IM_CHAT_POLICY_H
#define IM_CHAT_POLICY_H

#include "chat/actor.h"
#include "chat/core.h"
#include "chat/directory.h"
#include "chat/update.h"
#include "store/file.h"
#include "store/sticker.h"

/* Names a chat as its people do: kind and dstObj. Whether it may be read by the user is asked as well.
 * ERR_NOT_FOUND: nobody has that address. ERR_DENIED: not the user's to read, or no group. */
enum err policy_chat(struct core_tx *tx, int64_t user, enum chat_kind kind, struct str dst, struct chat_ref *out);
/* The same for who may write there. ref is filled also when the answer is ERR_BLOCKED or ERR_MUTED. */
enum err policy_write(struct core_tx *tx, int64_t user, enum chat_kind kind, struct str dst, struct chat_ref *out);
/* The same for who may pin there: who may write; in a group, its owner and admins (ERR_DENIED). */
enum err policy_pin(struct core_tx *tx, int64_t user, enum chat_kind kind, struct str dst, struct chat_ref *out);
/* The group of that id for its member, who must be at least that in it. ERR_NOT_MEMBER: is none, or no such group.
 * ERR_DENIED: ranks below. */
enum err policy_group(struct core_tx *tx, int64_t user, struct str dst, enum member_role least, struct chat_ref *out);
/* May that member bring others in? Owner and admins always, others where the group is open. ERR_DENIED. */
enum err policy_invite(struct core_tx *tx, const struct chat_ref *ref);
/* The same as policy_chat for readers; dst lives in arena. */
enum err policy_open(struct db *db, struct arena *arena, int64_t user, enum chat_kind kind, struct str dst,
                     struct chat_ref *out);

/* Whether somebody of that role may act on one of the other: owner over admin over member. */
bool policy_outranks(enum member_role actor, enum member_role other);

/* The oldest seq of the chat that its member may read; whole_history: group.history = all. */
enum err policy_oldest(struct db *db, int64_t user, int64_t chat, bool whole_history, int64_t *seq);

/* The same for who has the membership at hand. */
enum err policy_oldest_of(struct db *db, int64_t chat, const struct member *member, bool whole_history, int64_t *seq);

/* May the user read that chat's history? */
enum err policy_read(struct db *db, int64_t user, int64_t chat);

/* May the user have that file? Its owner, members of a chat where a message that they may read shows it, who has it in
 * a sticker pack of his own, and everybody for avatars, icons and stickers of shared packs. */
enum err policy_see_file(struct db *db, struct arena *arena, int64_t user, const struct file *file, bool whole_history);

/* Sticker packs: whose they are, and of shared ones everybody, may see them; whose they are may change them. May users
 * share theirs (media.sticker_sharing)? ERR_DENIED. */
bool policy_see_pack(int64_t user, const struct sticker_pack *pack);
bool policy_change_pack(int64_t user, const struct sticker_pack *pack);
enum err policy_share_packs(const struct core_tx *tx);

/* May the user see whether the other is online? Oneself and friends, unless the other blocks the user. */
enum err policy_see_presence(struct db *db, int64_t user, int64_t other);
/* May the user ask how the other is? Of himself, friends and those he shares a chat with; else ERR_DENIED. *shown
 * false: but the other blocks him, and is to look as if he were not here. */
enum err policy_presence(struct db *db, int64_t user, int64_t other, bool *shown);
/* May the user ask to be told of changes (frame 33)? Of the same, but for those who block him. */
enum err policy_watch(struct db *db, int64_t user, int64_t other);

#endif
