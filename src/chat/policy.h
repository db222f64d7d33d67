/* policy.h: the one place that answers "may A do this to B?".
 * Writers ask with a core_tx (through the directory), readers with their own
 * connection. OK: yes. ERR_DENIED: no. ERR_NOT_FOUND: there is no such B. */
#ifndef IM_CHAT_POLICY_H
#define IM_CHAT_POLICY_H

#include "chat/core.h"
#include "chat/directory.h"

/* May the user write to that address? peer and the chat are told. */
enum err policy_write_direct(struct core_tx *tx, int64_t user, struct str email, struct directory_user *peer,
                             int64_t *chat);
/* May the user write to the group named by that text? Groups one is not in
 * and groups that are not look the same: ERR_DENIED. */
enum err policy_write_group(struct core_tx *tx, int64_t user, struct str group, int64_t *chat);

/* May the user read that chat's history? */
enum err policy_read(struct db *db, int64_t user, int64_t chat);

/* May the user see whether the other is online? Oneself and friends. */
enum err policy_see_presence(struct db *db, int64_t user, int64_t other);

#endif
