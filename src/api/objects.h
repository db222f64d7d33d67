/* objects.h: users, groups and messages as v1's REST shows them. Null fields
 * are left out; never a password, salt, or another's token. */
#ifndef IM_API_OBJECTS_H
#define IM_API_OBJECTS_H

#include "store/group.h"
#include "store/message.h"
#include "store/user.h"
#include "util/buf.h"

/* token with ptr NULL is left out. escape: compat.escape_html. */
void user_append(struct buf *out, const struct user *user, bool online, struct str token, bool escape);
void group_append(struct buf *out, const struct group *group, bool escape);
void groups_append(struct buf *out, const struct group_list *groups, bool escape);
void messages_append(struct buf *out, const struct message_list *messages, bool escape);

#endif
