/* personal.h: what one user keeps of one chat: how far he has read, what he
 * cleared or deleted for himself, pinned, muted, drafted. pver counts these
 * changes for each user, so that his other devices can ask for those they
 * missed. */
#ifndef IM_STORE_PERSONAL_H
#define IM_STORE_PERSONAL_H

#include "store/chat.h"

/* The member's row of the chat, only ever forward; 0 leaves a mark alone. A new read mark is a change (pver).
 * Who is no member has no row: nothing happens. */
enum err member_mark(struct db *db, int64_t chat, int64_t user, int64_t read_seq, int64_t sent_seq);

/* The user's next pver. */
enum err personal_next(struct db *db, int64_t user, int64_t *pver);
enum err personal_get(struct db *db, int64_t user, int64_t *pver);

/* The same, noted in the member's row as the chat's last personal change. */
enum err personal_changed(struct db *db, int64_t chat, int64_t user, int64_t *pver);

/* Whether the user deleted that message for himself. */
enum err hidden_exists(struct db *db, int64_t user, int64_t chat, int64_t seq, bool *exists);

#endif
