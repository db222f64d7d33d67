/* watch.h: presence that a v2 session asked for (frame 33).
 * A loop knows for each watched user the sessions that watch him; a session
 * knows its own watches, with what each was told last, so that nothing is told
 * twice. Whom one may watch is decided when it is asked; a block ends it, and
 * so does leaving the group that allowed it. */
#ifndef IM_LIVE_WATCH_H
#define IM_LIVE_WATCH_H

#include "live/commands.h"

#define WATCH_USERS_MAX ((size_t)500)

struct watch_list;

enum err watch_run(struct session *session, const struct command *command, const struct json *frame);

/* Replaces what the session watches: users, by id ascending, none twice. number: of the question, in the order the
 * session asked; false: a later one was answered already, and nothing was done. Nothing is told before watch_begin. */
bool watch_set(struct session *session, const int64_t *users, size_t count, uint64_t number);
/* Begins to tell of the user: returns how he is, which is online unless an event said something else since
 * watch_set. false: he is not watched, or by another question. */
bool watch_begin(struct session *session, int64_t user, uint64_t number, bool *online);
/* At the end of a session. */
void watch_release(struct session *session);

/* Whether it is news to the session that the user is online, or not: always, unless it watches him and was told. */
bool watch_news(struct session *session, int64_t user, bool online);
/* Calls tell for each session that watches the user and has not been told this. */
void watch_tell(struct shard *shard, int64_t user, bool online,
                void (*tell)(struct session *session, const void *context), const void *context);
/* One session's watch of one user, by the question that asked for it. */
struct watch_pair {
    uint64_t session;
    uint64_t number;
    int64_t watcher;
    int64_t user;
};
/* Calls found for each watch of the user, or of the session. */
void watch_each_of(struct shard *shard, int64_t user, void (*found)(void *context, const struct watch_pair *pair),
                   void *context);
void watch_each_by(struct session *session, void (*found)(void *context, const struct watch_pair *pair), void *context);
/* Ends it, unless the session has asked anew. */
void watch_pair_end(struct shard *shard, const struct watch_pair *pair);

/* Somebody left a group, or with user 0 the group is dissolved, the room still being there: watches that only it
 * allowed end soon (live/watch_review.c). */
void watch_review(struct shard *shard, int64_t chat, int64_t user);
/* The same of all that the session watches, which was asked before somebody left. */
void watch_review_by(struct session *session);

/* No session of the watcher watches the user any more. */
void watch_end(struct shard *shard, int64_t watcher, int64_t user);

#endif
