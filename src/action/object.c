/* object.c: v2's JSON. */
#include "action/object.h"

#include "chat/forward.h"
#include "media/url.h"
#include "util/jsonw.h"

void object_chat(struct buf *out, int64_t chat, struct str dst)
{
    jsonw_put_i64(out, "chat", chat_id_is_direct(chat) ? CHAT_DIRECT : CHAT_GROUP);
    jsonw_put_str(out, "dstObj", dst);
}

void object_picture(struct buf *out, const char *key, struct str url)
{
    struct file_url room;
    jsonw_put_str(out, key, file_url_out(url, &room));
}

/* The hot one: every delivery to a v2 session passes here. */
void object_message_members(struct buf *out, const struct message *message)
{
    bool there = message->state == MESSAGE_THERE;
    struct file_url room;
    buf_reserve(out, 256 + message->content.size + message->attrs.size);
    jsonw_put_i64(out, "id", message->id);
    jsonw_put_str(out, "userEmail", message->sender_email);
    jsonw_put_i64(out, "cmd", chat_id_is_direct(message->chat) ? CHAT_DIRECT : CHAT_GROUP);
    jsonw_put_str(out, "dstObj", message->dst);
    jsonw_put_i64(out, "seq", message->seq);
    jsonw_put_i64(out, "msgType", message->type);
    if (there)
        jsonw_put_str(out, "content", file_url_out(message->content, &room));
    jsonw_put_i64(out, "createAt", message->created_ms);
    jsonw_put_i64(out, "deleteTimestamp", 0);
    jsonw_put_str(out, "cid", message->cid);
    if (there && message->attrs.size > 0) {
        buf_append_byte(out, ',');
        if (message->type == MESSAGE_TYPE_MERGED) /* Its files are the sender's to show: chat/file_use. */
            file_url_json_out(out, message->attrs);
        else
            buf_append_str(out, message->attrs);
    }
    if (there && (message->flags & MESSAGE_EDITED) != 0)
        jsonw_put_bool(out, "edited", true);
    if (there && (message->flags & MESSAGE_PINNED) != 0)
        jsonw_put_bool(out, "pinned", true);
    if (there && message->reacts.ptr != NULL) {
        jsonw_key(out, "reacts");
        jsonw_raw(out, message->reacts);
    }
    if (message->state == MESSAGE_RECALLED)
        jsonw_put_bool(out, "recalled", true);
    else if (message->state == MESSAGE_DELETED)
        jsonw_put_bool(out, "deleted", true);
}

void object_message(struct buf *out, const struct message *message)
{
    jsonw_open(out, '{');
    object_message_members(out, message);
    jsonw_close(out, '}');
}

void object_user_members(struct buf *out, const struct user *user, bool online)
{
    jsonw_put_i64(out, "id", user->id);
    jsonw_put_str(out, "email", user->email);
    jsonw_put_str(out, "uname", user->uname);
    object_picture(out, "avatar", user->avatar);
    jsonw_put_i64(out, "createAt", user->created_ms);
    jsonw_put_i64(out, "deleteTimestamp", user->deleted_ms);
    jsonw_put_i64(out, "online", online ? 1 : 0);
}

void object_user(struct buf *out, const struct user *user, bool online)
{
    jsonw_open(out, '{');
    object_user_members(out, user, online);
    jsonw_close(out, '}');
}
