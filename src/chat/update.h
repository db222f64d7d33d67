/* update.h: telling people of something that is no message: a frame of v2. */
#ifndef IM_CHAT_UPDATE_H
#define IM_CHAT_UPDATE_H

#include "chat/actor.h"
#include "chat/core.h"

/* A chat as one of its people sees it. */
struct chat_ref {
    int64_t chat;
    struct str dst;        /* what the protocol calls dstObj: the other's email, or the group's id */
    int64_t peer;          /* direct: the other user, or oneself */
    enum member_role role; /* group: the actor's */
};

/* Tells those in scope {"cmd":…,"chat":…,"dstObj":…,"userEmail":…,body}; body (members of a JSON object, without
 * braces, may be empty) is copied. For EVENT_TO_TARGETS set targets and target_count (in the events' arena)
 * afterwards; for a change that counts, mver. Valid until the next event is added. */
struct event *update_add(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t cmd,
                         enum event_scope scope, struct str body);

/* A chat_ref of two people who need have no chat yet: what concerns their contact (cmd 30). */
struct chat_ref update_pair(const struct actor *actor, int64_t peer, struct str peer_email);

#endif
