/* group.c: groups come, change and go. */
#include "chat/group.h"

#include "chat/directory.h"
#include "chat/file_use.h"
#include "chat/group_news.h"
#include "chat/membership.h"
#include "chat/name.h"
#include "util/jsonw.h"

#include <assert.h>

#define DROPPED_SINGLY ((size_t)1000)

static bool name_good(struct str name)
{
    return name.size > 0 && name_acceptable(name, GROUP_NAME_CHARS_MAX);
}

static bool icon_good(struct str icon)
{
    return icon.size <= URL_SIZE_MAX && name_acceptable(icon, URL_SIZE_MAX);
}

enum err group_draft_check(const struct group_draft *draft)
{
    return name_good(draft->name) && icon_good(draft->icon) && text_acceptable(draft->memo, GROUP_MEMO_CHARS_MAX)
               ? OK
               : ERR_ARG;
}

static enum err founders_add(struct core_tx *tx, const struct chat_ref *ref, const struct actor *people, size_t count)
{
    enum err err = OK;
    for (size_t i = 0; i < count && err == OK; i++) {
        directory_drop_member(tx->directory, ref->chat, people[i].id);
        err = group_add(tx->db, ref->chat, people[i].id, ROLE_MEMBER, 1, tx->now_ms);
    }
    return err;
}

static enum err founding_tell(struct core_tx *tx, const struct actor *owner, const struct chat_ref *ref,
                              const struct actor *people, size_t count, struct str name)
{
    struct buf text = { 0 };
    news_open(&text, "create", people, count, owner->email);
    jsonw_put_str(&text, "name", name);
    struct str news = news_close(tx, &text);
    news_joined(tx, ref, owner, true);
    for (size_t i = 0; i < count; i++)
        news_joined(tx, ref, &people[i], false);
    news_tell(tx, owner, ref, news);
    return news_note(tx, owner, ref, news);
}

/* An icon that is a file: from now on everybody may see it. */
static enum err icon_take(struct core_tx *tx, const struct actor *actor, int64_t group, struct str *icon)
{
    enum err err = file_use_icon(tx, actor->id, group, icon);
    return err == ERR_NOT_FOUND ? ERR_ARG : err;
}

enum err group_create(struct core_tx *tx, const struct group_draft *draft, struct arena *arena, struct group *out)
{
    struct actor owner = { draft->owner, draft->owner_email };
    struct actor *people;
    size_t count;
    struct chat_ref ref = { .role = ROLE_OWNER };
    enum err err = membership_people(tx, &owner, draft->members, draft->member_count, &people, &count);
    if (err == OK && (int64_t)count + 1 > tx->policy->group_size_max)
        err = ERR_GROUP_FULL;
    if (err == OK)
        err = group_insert(tx->db, draft->name, file_url_canonical(draft->icon), draft->memo, draft->owner, tx->now_ms,
                           &ref.chat);
    struct str icon = draft->icon;
    if (err == OK)
        err = icon_take(tx, &owner, ref.chat, &icon);
    if (err != OK)
        return err;
    directory_drop_member(tx->directory, ref.chat, draft->owner);
    ref.dst = arena_format(tx->arena, "%lld", (long long)ref.chat);
    err = founders_add(tx, &ref, people, count);
    if (err == OK)
        err = founding_tell(tx, &owner, &ref, people, count, draft->name);
    return err == OK ? group_by_id(tx->db, arena, ref.chat, out) : err;
}

static enum err change_check(const struct group_change *change)
{
    bool good = (change->name.ptr == NULL || name_good(change->name)) && icon_good(change->icon) &&
                text_acceptable(change->memo, GROUP_MEMO_CHARS_MAX);
    bool any = change->name.ptr != NULL || change->icon.ptr != NULL || change->memo.ptr != NULL || change->join >= 0 ||
               change->whole_history >= 0;
    return good && any ? OK : ERR_ARG;
}

static void change_apply(const struct group_change *change, struct group *group)
{
    if (change->name.ptr != NULL)
        group->name = change->name;
    if (change->icon.ptr != NULL)
        group->icon = change->icon;
    if (change->memo.ptr != NULL)
        group->memo = change->memo;
    if (change->join >= 0)
        group->join = (enum group_join)change->join;
    if (change->whole_history >= 0)
        group->whole_history = change->whole_history;
}

const char *group_join_name(enum group_join join)
{
    static const char *const names[] = {
        [GROUP_OPEN] = "open", [GROUP_APPROVE] = "approve", [GROUP_CLOSED] = "closed"
    };
    return names[join];
}

static struct str change_news(struct core_tx *tx, const struct actor *actor, const struct group_change *change)
{
    struct file_url room;
    struct buf text = { 0 };
    news_open(&text, "edit", NULL, 0, actor->email);
    jsonw_put_str(&text, "name", change->name);
    jsonw_put_str(&text, "icon", file_url_out(change->icon, &room));
    jsonw_put_str(&text, "memo", change->memo);
    if (change->join >= 0)
        jsonw_put_str(&text, "join", str_from(group_join_name((enum group_join)change->join)));
    if (change->whole_history >= 0)
        jsonw_put_str(&text, "history", change->whole_history != 0 ? STR("all") : STR("joined"));
    return news_close(tx, &text);
}

enum err group_edit(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                    const struct group_change *wanted)
{
    struct group group;
    struct group_change canonical = *wanted;
    const struct group_change *change = &canonical;
    assert(ref->role >= ROLE_ADMIN);
    enum err err = change_check(change);
    if (err == OK && change->icon.ptr != NULL)
        err = icon_take(tx, actor, ref->chat, &canonical.icon);
    if (err == OK)
        err = group_by_id(tx->db, tx->arena, ref->chat, &group);
    if (err != OK)
        return err;
    bool renamed = change->name.ptr != NULL && !str_equal(change->name, group.name);
    change_apply(change, &group);
    err = group_set(tx->db, &group);
    if (err != OK)
        return err;
    news_tell(tx, actor, ref, change_news(tx, actor, change));
    struct group_change name = { .name = change->name, .join = -1, .whole_history = -1 };
    return renamed ? news_note(tx, actor, ref, change_news(tx, actor, &name)) : OK;
}

enum err group_notice(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, struct str content)
{
    struct buf text = { 0 };
    assert(ref->role >= ROLE_ADMIN);
    if (!text_acceptable(content, GROUP_NOTICE_CHARS_MAX))
        return ERR_ARG;
    enum err err = group_set_notice(tx->db, ref->chat, content.size == 0 ? STR_NONE : content);
    if (err != OK)
        return err;
    news_open(&text, "notice", NULL, 0, actor->email);
    jsonw_put_str(&text, "content", content);
    struct str news = news_close(tx, &text);
    news_tell(tx, actor, ref, news);
    return news_note(tx, actor, ref, news);
}

enum err group_mute_all(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t until_ms)
{
    struct buf text = { 0 };
    assert(ref->role >= ROLE_ADMIN);
    if (until_ms < 0 || until_ms > tx->now_ms + MUTE_MS_MAX)
        return ERR_ARG;
    int64_t until = until_ms > tx->now_ms ? until_ms : 0;
    directory_drop_chat(tx->directory, ref->chat);
    enum err err = group_set_silenced(tx->db, ref->chat, until);
    if (err != OK)
        return err;
    news_open(&text, "muteAll", NULL, 0, actor->email);
    jsonw_put_i64(&text, "until", until);
    struct str news = news_close(tx, &text);
    news_tell(tx, actor, ref, news);
    return news_note(tx, actor, ref, news);
}

/* Of a large group it is cheaper to remember nothing at all. */
static enum err members_drop(struct core_tx *tx, int64_t chat)
{
    struct group_member_list list;
    enum err err = group_members(tx->db, tx->arena, chat, 0, DROPPED_SINGLY, &list);
    if (err != OK)
        return err;
    for (size_t i = 0; i < list.count; i++)
        directory_drop_member(tx->directory, chat, list.rows[i].user);
    if (list.count == DROPPED_SINGLY)
        directory_forget(tx->directory);
    return OK;
}

enum err group_close(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref)
{
    enum err err = members_drop(tx, ref->chat);
    if (err == OK)
        err = group_dismiss(tx->db, ref->chat, tx->now_ms);
    if (err != OK)
        return err;
    news_tell(tx, actor, ref, news_of(tx, "dismiss", NULL, 0, actor->email));
    news_left(tx, ref, 0);
    return OK;
}
