/* session.h: one open WebSocket.
 * A session begins with catching up: what its device has not had is read
 * from the store in pages and pushed; what happens meanwhile waits in a
 * bounded list. Then it is live and fed from the events. What was pushed is
 * remembered per chat until the device has confirmed it (PROTOCOL.md: a v1
 * device confirms by answering pings), so that nothing is skipped or pushed
 * twice where the two meet. */
#ifndef IM_LIVE_SESSION_H
#define IM_LIVE_SESSION_H

#include "live/pushed.h"
#include "live/room.h"
#include "live/shard.h"
#include "live/waiting.h"
#include "net/conn.h"
#include "ws/frame.h"

struct snapshot;   /* live/catchup.h */
struct watch_list; /* live/watch.h */

#define INFLIGHT_MAX 64 /* messages of one session on their way to the disk */

enum session_leaving {
    SESSION_STAYS,
    SESSION_LEAVES,     /* v1: when nothing of it is under way, and what it was pushed until then is confirmed */
    SESSION_LEAVES_NOW, /* it is not read from any more; when nothing of it is under way */
    SESSION_SAVES,      /* v1: all that is left is to save its cursors, */
    SESSION_SAVING,     /* which is under way (live/drain.c) */
};

struct session {
    struct shard *shard;
    struct conn *stream;
    struct ws_decoder *decoder;
    uint64_t id;
    int64_t user;
    int64_t device;            /* the token's row */
    int64_t named;             /* v2: the named device; 0: v1 */
    struct session *user_next; /* the user's other sessions on this loop */
    struct session *active_next;
    struct session **active_at; /* the pointer that points here; NULL: not in the list */
    struct room_list rooms;
    struct watch_list *watch; /* NULL: never asked */
    struct pushed_list pushed;
    uint32_t inflight;
    bool v2;
    bool announced; /* v2: the other loops know of it (EVENT_OPENED) */
    bool placed;    /* named: its opening has its place among the device's, or will have none */
    bool live;
    bool deflate;          /* permessage-deflate was agreed */
    bool again;            /* catching up: something happened that the snapshot may lack */
    bool loading;          /* a snapshot is with a worker */
    bool paused;           /* not read from: INFLIGHT_MAX or a full writer */
    bool closing;          /* a close frame is out, or the stream is being closed */
    uint8_t leaving;       /* enum session_leaving */
    uint8_t retry_after_s; /* then told to v2 */
    bool ping_out;         /* a ping is unanswered */
    uint32_t pushes;       /* the counter in the ping's payload */
    uint32_t ping_value;   /* what the unanswered ping carries */
    int64_t heard_ms;      /* when bytes last came, on the loop's clock */
    int64_t throttled_ms;  /* v1: not read from until then, on the loop's clock */
    int64_t pinged_ms;     /* when a ping last went */
    int64_t opened_ms;
    int64_t leaving_ms;          /* since when */
    int64_t used_ms;             /* wall clock: when the device's use was last noted */
    struct buf *held;            /* bytes read but not looked at, while paused */
    uint64_t born;               /* the token was good after that batch */
    uint64_t fence;              /* pushed entries may go once this batch was delivered */
    struct snapshot *snapshot;   /* while catching up */
    struct waiting_list waiting; /* while catching up */
    uint8_t email_size;
    char email[];
};

/* Takes over an authenticated stream after the handshake. snapshot is owned by
 * the session from here on. */
struct session_start {
    int64_t user;
    int64_t device;
    int64_t named; /* 0: v1 */
    struct str email;
    int64_t used_ms;
    bool v2;
    bool deflate;
    struct snapshot *snapshot;
};
struct session *session_open(struct shard *shard, struct conn *stream, const struct session_start *start);
/* Text frames to the stream, compressed where that was agreed. */
void session_send(struct session *session, struct payload *payload);
struct session *session_find(struct shard *shard, uint64_t id); /* NULL: gone */
struct str session_email(const struct session *session);

/* Bytes that came right behind the handshake. */
void session_feed(struct session *session, char *bytes, size_t size);

/* A message's frame: skipped where it was pushed already, kept waiting while
 * the session catches up. */
void session_push_message(struct session *session, int64_t chat, int64_t seq, struct payload *payload);
/* Whether a run of a chat's messages from first on can be pushed as one
 * payload: live, and none of it was pushed already. Then session_push_message
 * with the last seq pushes all of it. */
bool session_takes_run(const struct session *session, int64_t chat, int64_t first);
/* Any other frame. */
void session_push(struct session *session, struct payload *payload);

/* The chat was pushed up to seq: a ping has to cover it. */
void session_pushed(struct session *session, int64_t chat, int64_t seq);

/* The same for a frame of v2 that answers this session alone: it does not wait until the session is live. */
void session_answer(struct session *session, const struct buf *frame);
/* v2: frame 17. What is the server's own trouble says 2108 and to try again in a second. */
void session_refuse(struct session *session, int64_t ref, struct str cid, enum err err, unsigned retry_after_s);
/* v2: the first frame. */
void session_hello(struct session *session);
/* Tells a v2 session why (frame 32), then closes. */
void session_end(struct session *session, const char *reason, unsigned retry_after_s);

/* The server goes down: ends the session so that nothing it sent is without an answer. */
void session_leave(struct session *session, enum session_leaving how, unsigned retry_after_s);

/* Sends a close frame and ends the stream. */
void session_close(struct session *session, unsigned code, struct str reason);

/* From the loop's timer: pings what was pushed since the last ping. */
void session_ping(struct session *session);
/* Looks for silence. */
void session_check(struct session *session, int64_t now_ms);
/* A job of this session is with the writer, is done: reading stops while too
 * many are, and goes on. */
void session_job_begun(struct session *session);
void session_job_done(struct session *session);
/* Reads on after a pause, if there is room again. */
void session_resume(struct session *session);

/* The next session of a walk over all of one user on this loop. */
struct session *session_first(struct shard *shard, int64_t user);

#endif
