/* frame_v1.c: what goes out to v1. */
#include "live/frame_v1.h"

#include "live/frame.h"
#include "media/url.h"
#include "store/chat.h"
#include "util/json.h"
#include "util/jsonw.h"

enum { TYPE_TEXT = 1, TYPE_IMAGE = 2, TYPE_VIDEO = 3, TYPE_LINK = 5, TYPE_ADD_FRIEND = 6, TYPE_ADD_GROUP = 7 };
enum { TYPE_FILE = 8, TYPE_MERGED = 12 };

bool v1_url_safe(struct str url)
{
    for (size_t i = 0; i < url.size; i++) {
        unsigned char c = (unsigned char)url.ptr[i];
        if (c <= 0x20 || c == 0x7f || c == '"' || c == '\'' || c == '<' || c == '>' || c == '\\' || c == '`')
            return false;
    }
    size_t scheme = 0;
    while (scheme < url.size && url.ptr[scheme] != ':' && url.ptr[scheme] != '/' && url.ptr[scheme] != '?' &&
           url.ptr[scheme] != '#')
        scheme++;
    if (scheme == url.size || url.ptr[scheme] != ':')
        return url.size > 0;
    struct str name = { url.ptr, scheme };
    return str_equal_nocase(name, STR("http")) || str_equal_nocase(name, STR("https"));
}

/* ext.name of a file. Read anew for each, with a parser of its own: files are few, and mostly new ones. */
static struct str name_find(const struct v1_message *message, struct arena *arena)
{
    struct json *attrs = NULL;
    struct str name = STR_NONE;
    if (message->attrs.size == 0)
        return name;
    struct json_parser *parser = json_parser_new();
    struct str text = arena_format(arena, "{%.*s}", (int)message->attrs.size, message->attrs.ptr);
    if (json_parse(parser, arena, text, &attrs) == OK && !json_text(json_get(json_get(attrs, "ext"), "name"), &name))
        name = STR_NONE;
    json_parser_free(&parser);
    return name;
}

static void part_append(struct buf *out, struct str text)
{
    if (text.size > 0)
        buf_append_byte(out, ' ');
    buf_append_str(out, text);
}

/* What the page can't show otherwise, said in words. ptr NULL: the content as it is. */
static struct str content_worded(const struct v1_message *message, struct arena *arena)
{
    static const char *const words[] = { "[文件]", "[语音]", "[位置]", "[名片]", "[聊天记录]" };
    struct str name = STR_NONE;
    if (message->state == MESSAGE_RECALLED)
        return STR("[消息已撤回]");
    if (message->state == MESSAGE_DELETED)
        return STR("[消息已删除]");
    if (message->msg_type < TYPE_FILE || message->msg_type > TYPE_MERGED)
        return STR_NONE;
    if (message->msg_type == TYPE_FILE)
        name = name_find(message, arena);
    struct buf text = { 0 };
    buf_append_str(&text, str_from(words[message->msg_type - TYPE_FILE]));
    part_append(&text, name);
    part_append(&text, message->content);
    struct str kept = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return kept;
}

/* Types that the page does not know, and pictures it must not load, are text. */
static int64_t type_shown(const struct v1_message *message)
{
    int64_t type = message->msg_type;
    if (message->cmd == 15)
        return type;
    if (message->state != MESSAGE_THERE)
        return TYPE_TEXT;
    if (type == MESSAGE_TYPE_STICKER)
        type = TYPE_IMAGE;
    if (type < TYPE_TEXT || type > TYPE_LINK)
        return TYPE_TEXT;
    if ((type == TYPE_IMAGE || type == TYPE_VIDEO) && !v1_url_safe(message->content))
        return TYPE_TEXT;
    return type;
}

static void content_append(struct buf *out, struct str content, bool escape)
{
    buf_append_str(out, STR(",\"content\":"));
    if (escape)
        jsonw_str_html(out, content);
    else
        jsonw_str(out, content);
}

void v1_message_append(struct buf *out, const struct v1_message *message, bool escape)
{
    struct arena arena = { 0 };
    struct file_url room;
    struct v1_message shown = *message;
    shown.content = file_url_out(message->content, &room);
    struct str worded = content_worded(&shown, &arena);
    buf_reserve(out, 192 + message->content.size * 2 + message->user_email.size + message->dst.size);
    buf_append_str(out, STR("{\"id\":"));
    buf_append_i64(out, message->id);
    buf_append_str(out, STR(",\"userEmail\":"));
    jsonw_str(out, message->user_email);
    buf_append_str(out, STR(",\"cmd\":"));
    buf_append_i64(out, message->cmd);
    buf_append_str(out, STR(",\"dstObj\":"));
    jsonw_str(out, message->dst);
    buf_append_str(out, STR(",\"msgType\":"));
    buf_append_i64(out, type_shown(message));
    if (worded.ptr != NULL)
        content_append(out, worded, escape);
    else if (shown.content.ptr != NULL)
        content_append(out, shown.content, escape);
    buf_append_str(out, STR(",\"createAt\":"));
    buf_append_i64(out, message->created_ms);
    buf_append_str(out, STR(",\"deleteTimestamp\":0}"));
    arena_release(&arena);
}

void frame_v1_message_append(struct buf *out, const struct v1_message *message, bool escape)
{
    size_t start = frame_begin(out);
    v1_message_append(out, message, escape);
    frame_end(out, start);
}

struct v1_message v1_message_of(const struct event *event)
{
    return (struct v1_message){
        .id = event->id,
        .user_email = event->actor_email,
        .cmd = chat_id_is_direct(event->chat) ? CHAT_DIRECT : CHAT_GROUP,
        .dst = event->dst,
        .msg_type = event->msg_type,
        .content = event->content,
        .created_ms = event->created_ms,
        .attrs = event->attrs,
    };
}

struct v1_message v1_message_stored(const struct message *message)
{
    return (struct v1_message){
        .id = message->id,
        .user_email = message->sender_email,
        .cmd = chat_id_is_direct(message->chat) ? CHAT_DIRECT : CHAT_GROUP,
        .dst = message->dst,
        .msg_type = message->type,
        .content = message->content,
        .created_ms = message->created_ms,
        .state = message->state,
        .attrs = message->attrs,
    };
}

void frame_v1_presence_append(struct buf *out, struct str user_email, struct str friend_email, bool online)
{
    size_t start = frame_begin(out);
    buf_append_str(out, STR("{\"id\":0,\"userEmail\":"));
    jsonw_str(out, user_email);
    buf_append_str(out, online ? STR(",\"cmd\":13,\"dstObj\":") : STR(",\"cmd\":14,\"dstObj\":"));
    jsonw_str(out, friend_email);
    buf_append_str(out, STR(",\"msgType\":0,\"createAt\":0,\"deleteTimestamp\":0}"));
    frame_end(out, start);
}

static void added_append(struct buf *out, const struct event *event, int64_t type, struct str content, bool escape)
{
    struct v1_message message = {
        .user_email = event->actor_email,
        .cmd = 15,
        .dst = event->dst,
        .msg_type = type,
        .content = content,
        .created_ms = event->created_ms,
    };
    frame_v1_message_append(out, &message, escape);
}

void frame_v1_friends_append(struct buf *out, const struct event *event, bool escape)
{
    struct buf text = { 0 };
    buf_append_str(&text, event->actor_email);
    buf_append_str(&text, STR(" 添加 "));
    buf_append_str(&text, event->dst);
    buf_append_str(&text, STR("为好友"));
    added_append(out, event, TYPE_ADD_FRIEND, buf_str(&text), escape);
    buf_release(&text);
}

void frame_v1_joined_append(struct buf *out, const struct event *event, bool escape)
{
    struct buf text = { 0 };
    buf_append_str(&text, event->actor_email);
    buf_append_str(&text, STR("加入"));
    buf_append_str(&text, event->dst);
    buf_append_str(&text, STR("群组"));
    added_append(out, event, TYPE_ADD_GROUP, buf_str(&text), escape);
    buf_release(&text);
}
