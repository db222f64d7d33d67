/* frame_v2.h: frames as v2 knows them (PROTOCOL.md): complete WebSocket text frames. */
#ifndef IM_LIVE_FRAME_V2_H
#define IM_LIVE_FRAME_V2_H

#include "chat/event.h"
#include "chat/message.h"
#include "util/buf.h"

struct session;

void frame_v2_message_append(struct buf *out, const struct event *event);
/* An UPDATE as that side of a direct chat sees it: side 0 is the actor, 1 the other. In a group, 0. */
void frame_v2_update_append(struct buf *out, const struct event *event, unsigned side);
/* seen_ms: of one who is offline, when he was last here; 0: it is not known. */
void frame_v2_presence_append(struct buf *out, struct str user_email, struct str friend_email, bool online,
                              int64_t seen_ms);
void frame_v2_ack_append(struct buf *out, const struct message_sent *sent, struct str dst, struct str cid);
/* cid with ptr NULL and retry_after_s 0 are left out. */
void frame_v2_error_append(struct buf *out, int64_t ref, struct str cid, int code, const char *text,
                           unsigned retry_after_s);
/* {"cmd":…, the members of an object}; data is one JSON object. */
void frame_v2_answer_append(struct buf *out, int64_t cmd, struct str data);
void frame_v2_session_append(struct buf *out, const char *reason, unsigned retry_after_s);

struct hello {
    struct str epoch;
    struct str sid;
    int64_t now_ms;
    int64_t heart_s;
    int64_t message_per_s; /* 0: no limit */
    int64_t message_burst;
    int64_t recall_ms; /* 0: a sender never may */
    int64_t edit_ms;
};
void frame_v2_hello_append(struct buf *out, const struct hello *hello);

#endif
