/* frame_v2.c: what goes out to v2.
 * jsonw looks at the last byte to place its commas; a frame's header ends in
 * one that could be taken for part of a document, so each object is opened
 * with its brace already there. */
#include "live/frame_v2.h"

#include "action/object.h"
#include "chat/cmd.h"
#include "live/frame.h"
#include "util/jsonw.h"

static size_t object_begin(struct buf *out, int64_t cmd)
{
    size_t start = frame_begin(out);
    buf_append_str(out, STR("{\"cmd\":"));
    buf_append_i64(out, cmd);
    return start;
}

static void object_end(struct buf *out, size_t start)
{
    buf_append_byte(out, '}');
    frame_end(out, start);
}

void frame_v2_message_append(struct buf *out, const struct event *event)
{
    struct message message = {
        .id = event->id,
        .chat = event->chat,
        .seq = event->seq,
        .type = event->msg_type,
        .created_ms = event->created_ms,
        .content = event->content,
        .cid = event->cid,
        .attrs = event->attrs,
        .sender_email = event->actor_email,
        .dst = event->dst,
    };
    size_t start = frame_begin(out);
    buf_append_byte(out, '{');
    object_message_members(out, &message);
    object_end(out, start);
}

void frame_v2_update_append(struct buf *out, const struct event *event, unsigned side)
{
    bool direct = chat_id_is_direct(event->chat);
    size_t start = object_begin(out, event->cmd);
    if (event->chat != 0)
        object_chat(out, event->chat, direct ? event->emails[1 - side] : event->dst);
    if (event->actor_email.size > 0)
        jsonw_put_str(out, "userEmail", event->actor_email);
    if (event->mver > 0)
        jsonw_put_i64(out, "mver", event->mver);
    if (event->body.size > 0) {
        buf_append_byte(out, ',');
        buf_append_str(out, event->body);
    }
    object_end(out, start);
}

void frame_v2_presence_append(struct buf *out, struct str user_email, struct str friend_email, bool online,
                              int64_t seen_ms)
{
    size_t start = object_begin(out, online ? CMD_ONLINE : CMD_OFFLINE);
    jsonw_put_str(out, "userEmail", user_email);
    jsonw_put_str(out, "dstObj", friend_email);
    if (!online && seen_ms > 0)
        jsonw_put_i64(out, "seenAt", seen_ms);
    object_end(out, start);
}

void frame_v2_ack_append(struct buf *out, const struct message_sent *sent, struct str dst, struct str cid)
{
    size_t start = object_begin(out, CMD_ACK);
    jsonw_put_str(out, "cid", cid);
    jsonw_put_i64(out, "id", sent->id);
    object_chat(out, sent->chat, dst);
    jsonw_put_i64(out, "seq", sent->seq);
    jsonw_put_i64(out, "createAt", sent->created_ms);
    if (sent->dup)
        jsonw_put_bool(out, "dup", true);
    object_end(out, start);
}

void frame_v2_error_append(struct buf *out, int64_t ref, struct str cid, int code, const char *text,
                           unsigned retry_after_s)
{
    size_t start = object_begin(out, CMD_ERROR);
    jsonw_put_i64(out, "ref", ref);
    jsonw_put_str(out, "cid", cid);
    jsonw_put_i64(out, "code", code);
    jsonw_put_str(out, "msg", str_from(text));
    if (retry_after_s > 0)
        jsonw_put_i64(out, "retryAfter", retry_after_s);
    object_end(out, start);
}

void frame_v2_answer_append(struct buf *out, int64_t cmd, struct str data)
{
    size_t start = object_begin(out, cmd);
    if (data.size > 2) {
        buf_append_byte(out, ',');
        buf_append(out, data.ptr + 1, data.size - 2);
    }
    object_end(out, start);
}

void frame_v2_session_append(struct buf *out, const char *reason, unsigned retry_after_s)
{
    size_t start = object_begin(out, CMD_SESSION);
    jsonw_put_str(out, "reason", str_from(reason));
    if (retry_after_s > 0)
        jsonw_put_i64(out, "retryAfter", retry_after_s);
    object_end(out, start);
}

void frame_v2_hello_append(struct buf *out, const struct hello *hello)
{
    size_t start = object_begin(out, CMD_HELLO);
    jsonw_put_str(out, "epoch", hello->epoch);
    jsonw_put_str(out, "sid", hello->sid);
    jsonw_put_i64(out, "time", hello->now_ms);
    jsonw_put_i64(out, "hb", hello->heart_s);
    jsonw_key(out, "limits");
    jsonw_open(out, '{');
    jsonw_put_i64(out, "content", (int64_t)CONTENT_SIZE_MAX);
    jsonw_put_i64(out, "ext", (int64_t)EXT_SIZE_MAX);
    jsonw_put_i64(out, "at", (int64_t)MENTIONS_MAX);
    jsonw_put_i64(out, "perSecond", hello->message_per_s);
    jsonw_put_i64(out, "burst", hello->message_burst);
    jsonw_put_i64(out, "recallMs", hello->recall_ms);
    jsonw_put_i64(out, "editMs", hello->edit_ms);
    jsonw_close(out, '}');
    object_end(out, start);
}
