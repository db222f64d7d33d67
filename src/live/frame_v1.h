/* frame_v1.h: frames as the original's page knows them: complete WebSocket
 * text frames, keys and their order as recorded from the original. */
#ifndef IM_LIVE_FRAME_V1_H
#define IM_LIVE_FRAME_V1_H

#include "chat/event.h"
#include "util/payload.h"

struct v1_message {
    int64_t id;
    struct str user_email;
    int64_t cmd;
    struct str dst;
    int64_t msg_type;
    struct str content;
    int64_t created_ms;
    int64_t state;    /* enum message_state */
    struct str attrs; /* as in struct message */
};

/* Of what the log has, as history and the backlog show it; not for notices, which v1 never sees. */
struct v1_message v1_message_stored(const struct message *message);

/* The JSON object alone, as history lists it too. escape: compat.escape_html. */
void v1_message_append(struct buf *out, const struct v1_message *message, bool escape);
/* Header and object. */
void frame_v1_message_append(struct buf *out, const struct v1_message *message, bool escape);
struct v1_message v1_message_of(const struct event *event);

void frame_v1_presence_append(struct buf *out, struct str user_email, struct str friend_email, bool online);
void frame_v1_friends_append(struct buf *out, const struct event *event, bool escape);
void frame_v1_joined_append(struct buf *out, const struct event *event, bool escape);

/* http(s) or relative, and nothing in it that could leave an attribute:
 * what the page may load (PROTOCOL.md). */
bool v1_url_safe(struct str url);

#endif
