/* objects.c: rows as JSON. */
#include "api/objects.h"

#include "live/frame_v1.h"
#include "media/url.h"
#include "util/jsonw.h"

static void text_put(struct buf *out, const char *key, struct str text, bool escape)
{
    if (text.ptr == NULL)
        return;
    jsonw_key(out, key);
    if (escape)
        jsonw_str_html(out, text);
    else
        jsonw_str(out, text);
}

/* A page loads what stands here: a picture's address or nothing. */
static void url_put(struct buf *out, const char *key, struct str url, bool escape)
{
    struct file_url room;
    url = file_url_out(url, &room);
    if (url.ptr != NULL && (!escape || url.size == 0 || v1_url_safe(url)))
        jsonw_put_str(out, key, url);
}

void user_append(struct buf *out, const struct user *user, bool online, struct str token, bool escape)
{
    jsonw_open(out, '{');
    jsonw_put_i64(out, "id", user->id);
    jsonw_put_str(out, "email", user->email);
    text_put(out, "uname", user->uname, escape);
    url_put(out, "avatar", user->avatar, escape);
    jsonw_put_i64(out, "createAt", user->created_ms);
    jsonw_put_i64(out, "deleteTimestamp", user->deleted_ms);
    jsonw_put_str(out, "token", token);
    jsonw_put_i64(out, "online", online ? 1 : 0);
    jsonw_close(out, '}');
}

void group_append(struct buf *out, const struct group *group, bool escape)
{
    jsonw_open(out, '{');
    jsonw_put_i64(out, "id", group->id);
    text_put(out, "name", group->name, escape);
    jsonw_put_str(out, "ownerEmail", group->owner_email);
    url_put(out, "icon", group->icon, escape);
    text_put(out, "memo", group->memo, escape);
    jsonw_put_i64(out, "createAt", group->created_ms);
    jsonw_put_i64(out, "deleteTimestamp", 0);
    jsonw_close(out, '}');
}

void groups_append(struct buf *out, const struct group_list *groups, bool escape)
{
    jsonw_open(out, '[');
    for (size_t i = 0; i < groups->count; i++)
        group_append(out, &groups->rows[i], escape);
    jsonw_close(out, ']');
}

void messages_append(struct buf *out, const struct message_list *messages, bool escape)
{
    jsonw_open(out, '[');
    for (size_t i = 0; i < messages->count; i++) {
        if (i > 0)
            buf_append_byte(out, ',');
        struct v1_message shown = v1_message_stored(&messages->rows[i]);
        v1_message_append(out, &shown, escape);
    }
    jsonw_close(out, ']');
}
