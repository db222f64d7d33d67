/* group.h: what one does with groups, and groups as v2 shows them. dstObj names the group, user and users are
 * emails (PROTOCOL.md). Permission is checked before the other arguments. */
#ifndef IM_ACTION_GROUP_H
#define IM_ACTION_GROUP_H

#include "action/action.h"
#include "store/group.h"

extern const struct action action_group_join, action_group_leave, action_group_dismiss, action_group_invite,
    action_group_kick, action_group_role, action_group_mute, action_group_mute_all, action_group_transfer,
    action_group_respond, action_group_edit, action_group_notice, action_group_members, action_group_applicants,
    action_group_info;

/* v1's keys, then join, size, notice, silenced, history, and the caller's role where it is known. whole_history:
 * group.history = all. */
void group_object(struct buf *out, const struct group *group, bool whole_history);

#endif
