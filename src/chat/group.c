/* group.c: making groups. */
#include "chat/group.h"

#include "chat/directory.h"
#include "chat/name.h"

enum err group_draft_check(const struct group_draft *draft)
{
    if (draft->name.size == 0 || !name_acceptable(draft->name, GROUP_NAME_CHARS_MAX))
        return ERR_ARG;
    if (draft->icon.size > URL_SIZE_MAX || !name_acceptable(draft->icon, URL_SIZE_MAX))
        return ERR_ARG;
    return text_acceptable(draft->memo, GROUP_MEMO_CHARS_MAX) ? OK : ERR_ARG;
}

enum err group_create(struct core_tx *tx, const struct group_draft *draft, struct arena *arena, struct group *out)
{
    int64_t id;
    enum err err = group_insert(tx->db, draft->name, draft->icon, draft->memo, draft->owner, tx->now_ms, &id);
    if (err != OK)
        return err;
    directory_drop_member(tx->directory, id, draft->owner);
    err = group_by_id(tx->db, arena, id, out);
    if (err != OK)
        return err;

    struct event *event = event_add(tx->events, EVENT_JOINED);
    event->chat = id;
    event->actor = draft->owner;
    event->actor_email = arena_str(&tx->events->arena, draft->owner_email);
    event->dst = arena_format(&tx->events->arena, "%lld", (long long)id);
    event->created_ms = tx->now_ms;
    event->founded = true;
    return OK;
}
