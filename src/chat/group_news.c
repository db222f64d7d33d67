/* group_news.c: from what happened to those who have to know. */
#include "chat/group_news.h"

#include "chat/cmd.h"
#include "chat/message.h"
#include "store/group.h"
#include "util/jsonw.h"

void news_open(struct buf *text, const char *op, const struct actor *users, size_t count, struct str by)
{
    jsonw_open(text, '{');
    jsonw_put_str(text, "op", str_from(op));
    jsonw_key(text, "users");
    jsonw_open(text, '[');
    for (size_t i = 0; i < count; i++)
        jsonw_str(text, users[i].email);
    jsonw_close(text, ']');
    jsonw_put_str(text, "by", by);
}

struct str news_close(struct core_tx *tx, struct buf *text)
{
    struct str news = arena_str(tx->arena, (struct str){ text->ptr + 1, text->size - 1 });
    buf_release(text);
    return news;
}

struct str news_of(struct core_tx *tx, const char *op, const struct actor *users, size_t count, struct str by)
{
    struct buf text = { 0 };
    news_open(&text, op, users, count, by);
    return news_close(tx, &text);
}

void news_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str news)
{
    update_add(tx, actor, ref, CMD_GROUP_NEWS, EVENT_TO_CHAT, news);
}

enum err news_tell_staff(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t user,
                         struct str news)
{
    struct id_list staff;
    enum err err = group_staff(tx->db, tx->arena, ref->chat, &staff);
    if (err != OK)
        return err;
    int64_t *targets = arena_alloc(&tx->events->arena, (staff.count + 1) * sizeof(*targets));
    if (staff.count > 0)
        memcpy(targets, staff.ids, staff.count * sizeof(*targets));
    targets[staff.count] = user;
    struct event *event = update_add(tx, actor, ref, CMD_GROUP_NEWS, EVENT_TO_TARGETS, news);
    event->targets = targets;
    event->target_count = staff.count + (user != 0);
    return OK;
}

enum err news_note(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str news)
{
    struct buf content = { 0 };
    buf_append_byte(&content, '{');
    buf_append_str(&content, news);
    buf_append_byte(&content, '}');
    enum err err = message_notice(tx, actor, ref->chat, buf_str(&content));
    buf_release(&content);
    return err;
}

void news_joined(struct core_tx *tx, const struct chat_ref *ref, const struct actor *person, bool founded)
{
    struct event *event = event_add(tx->events, EVENT_JOINED);
    event->chat = ref->chat;
    event->actor = person->id;
    event->actor_email = arena_str(&tx->events->arena, person->email);
    event->dst = arena_str(&tx->events->arena, ref->dst);
    event->created_ms = tx->now_ms;
    event->founded = founded;
}

void news_left(struct core_tx *tx, const struct chat_ref *ref, int64_t person)
{
    struct event *event = event_add(tx->events, EVENT_LEFT);
    event->chat = ref->chat;
    event->actor = person;
    event->created_ms = tx->now_ms;
}
