/* contact.h: friends, requests and blocks, as a v2 client asks for them. */
#ifndef IM_ACTION_CONTACT_H
#define IM_ACTION_CONTACT_H

#include "action/action.h"

extern const struct action action_contact_request; /* dstObj, content → {status, id} */
extern const struct action action_contact_respond; /* id, agree */
extern const struct action action_contact_remove;  /* dstObj */
extern const struct action action_contact_block;   /* dstObj */
extern const struct action action_contact_unblock; /* dstObj */
extern const struct action action_contact_remark;  /* dstObj, remark, tags: what is absent stays */

extern const struct action action_contact_requests; /* cursor, limit → {requests, cursor} */
extern const struct action action_contact_blocked;  /* → {users} */

#endif
