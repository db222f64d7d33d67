/* settings.c: a user's side of a chat. */
#include "chat/settings.h"

#include "chat/cmd.h"
#include "chat/directory.h"
#include "store/personal.h"
#include "util/jsonw.h"

static void settings_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                          const struct settings_change *change, const struct member *member)
{
    struct buf body = { 0 };
    jsonw_open(&body, '{'); /* For jsonw's sake: left out below. */
    if (change->has_top)
        jsonw_put_bool(&body, "top", member->top_ms != 0);
    if (change->has_mute)
        jsonw_put_bool(&body, "mute", member->muted);
    jsonw_put_str(&body, "draft", change->draft);
    if (change->has_clear)
        jsonw_put_i64(&body, "clearTo", member->cleared_seq);
    jsonw_put_i64(&body, "pver", member->pver);
    update_add(tx, actor, ref, CMD_SET, EVENT_TO_ACTOR, (struct str){ body.ptr + 1, body.size - 1 });
    buf_release(&body);
}

static void member_change(struct member *member, const struct settings_change *change, int64_t head, int64_t now_ms)
{
    if (change->has_top && !change->top)
        member->top_ms = 0;
    else if (change->has_top && member->top_ms == 0)
        member->top_ms = now_ms;
    if (change->has_mute)
        member->muted = change->mute;
    int64_t clear_to = change->clear_to > head ? head : change->clear_to;
    if (change->has_clear && clear_to > member->cleared_seq)
        member->cleared_seq = clear_to;
}

enum err settings_apply(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                        const struct settings_change *change)
{
    struct member member;
    struct directory_chat *entry;
    enum err err = member_get(tx->db, ref->chat, actor->id, &member);
    if (err == OK)
        err = directory_chat(tx->directory, tx->db, ref->chat, &entry);
    if (err != OK)
        return err;
    member_change(&member, change, entry->head, tx->now_ms);
    err = personal_next(tx->db, actor->id, &member.pver);
    if (err == OK)
        err = member_set(tx->db, ref->chat, actor->id, &member);
    if (err == OK && change->draft.ptr != NULL)
        err = member_set_draft(tx->db, ref->chat, actor->id, change->draft);
    if (err == OK)
        settings_tell(tx, actor, ref, change, &member);
    return err;
}
