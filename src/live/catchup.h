/* catchup.h: bringing a session up to date from the store.
 * A snapshot holds the user's chats with this device's cursors and the first
 * page of what it has not had; it is loaded on a worker, at log-in together
 * with the token's check. */
#ifndef IM_LIVE_CATCHUP_H
#define IM_LIVE_CATCHUP_H

#include "live/session.h"
#include "store/message.h"

struct snapshot {
    struct arena arena;
    uint64_t published_before; /* events up to here are in it for sure */
    uint64_t fence;            /* events beyond that one are not */
    struct member_chat_list chats;
    struct message_list page; /* in the arena */
    bool more;
};

struct snapshot *snapshot_new(void);
void snapshot_free(struct snapshot **snapshot);
/* On a worker: fills a new snapshot, its first page included (v2 asks for what it lacks itself: its chats alone). have: what was
 * pushed already to the session that asks again, or NULL. ERR_DENIED: the token was revoked since it was checked,
 * which no event would tell a session that is not there yet. */
enum err snapshot_load(struct service *service, struct reader *reader, int64_t user, int64_t device, bool v2,
                       const struct pushed_list *have, struct snapshot *snapshot);

/* On the loop: enters the groups and pushes the page in session->snapshot,
 * asks for the next one when that has left, and goes live after the last. */
void catchup_begin(struct session *session);
/* The outbox has run empty: the next page, if there is one to push. */
void catchup_drained(struct session *session);
/* A named device's session goes live, and is greeted, no sooner than this: its opening has its place among the device's
 * (EVENT_OPENED), so that whoever opens another after the greeting is the later one. Or it will have none: the writer
 * could not take it. id: it may be gone. */
void catchup_placed(struct shard *shard, uint64_t id);

#endif
