/* attach.c: reactions and pins. A flag in the message's row says that there are any, so that readers of the
 * many messages without them ask nothing. */
#include "chat/attach.h"

#include "chat/cmd.h"
#include "store/change.h"
#include "util/jsonw.h"

/* Whether one reaction more may be there. */
static enum err room_check(struct core_tx *tx, const struct actor *actor, const struct message *message,
                           struct str emoji, const struct reaction_kind_list *kinds)
{
    int64_t mine = 0;
    bool known = false;
    for (size_t i = 0; i < kinds->count; i++)
        known |= str_equal(kinds->rows[i].emoji, emoji);
    enum err err = reaction_count_user(tx->db, message->chat, message->seq, actor->id, &mine);
    if (err != OK)
        return err;
    return (!known && kinds->count >= EMOJIS_MAX) || mine >= (int64_t)EMOJIS_USER_MAX ? ERR_TOO_LARGE : OK;
}

static enum err flag_set(struct core_tx *tx, const struct message *message, enum message_flag flag, bool on)
{
    int64_t flags = on ? message->flags | flag : message->flags & ~(int64_t)flag;
    return flags == message->flags ? OK : message_set_flags(tx->db, message->id, flags);
}

static enum err react_on(struct core_tx *tx, const struct actor *actor, const struct message *message, struct str emoji,
                         int64_t mver)
{
    enum err err = reaction_insert(tx->db, message->chat, message->seq, emoji, actor->id, mver);
    return err == OK ? flag_set(tx, message, MESSAGE_REACTED, true) : err;
}

static enum err react_off(struct core_tx *tx, const struct actor *actor, const struct message *message,
                          struct str emoji, const struct reaction_kind_list *kinds)
{
    bool last = kinds->count == 1 && kinds->rows[0].count == 1;
    enum err err = reaction_delete(tx->db, message->chat, message->seq, emoji, actor->id);
    return err == OK ? flag_set(tx, message, MESSAGE_REACTED, !last) : err;
}

static enum err react_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                           struct mutation *mutation)
{
    struct buf body = { 0 };
    jsonw_open(&body, '{');
    jsonw_put_i64(&body, "seq", mutation->seq);
    jsonw_put_str(&body, "content", mutation->detail);
    jsonw_put_bool(&body, "on", mutation->on);
    enum err err = change_tell(tx, actor, ref, mutation, (struct str){ body.ptr + 1, body.size - 1 });
    buf_release(&body);
    return err;
}

enum err attach_react(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                      struct str emoji, bool on)
{
    struct message message;
    struct reaction_kind_list kinds;
    struct mutation mutation = { .cmd = CMD_REACT, .seq = seq, .on = on, .detail = emoji };
    bool exists;
    enum err err = change_find_there(tx, actor, ref, seq, &message);
    if (err == OK)
        err = reaction_exists(tx->db, ref->chat, seq, emoji, actor->id, &exists);
    if (err != OK || exists == on)
        return err;
    err = reaction_kinds(tx->db, tx->arena, ref->chat, seq, &kinds);
    if (err == OK && on)
        err = room_check(tx, actor, &message, emoji, &kinds);
    if (err == OK)
        err = react_tell(tx, actor, ref, &mutation);
    if (err != OK)
        return err;
    return on ? react_on(tx, actor, &message, emoji, mutation.mver) : react_off(tx, actor, &message, emoji, &kinds);
}

enum err attach_pin(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq, bool on)
{
    struct message message;
    struct mutation mutation = { .cmd = CMD_PIN, .seq = seq, .on = on };
    int64_t count = 0;
    enum err err = change_find_there(tx, actor, ref, seq, &message);
    if (err != OK || ((message.flags & MESSAGE_PINNED) != 0) == on)
        return err;
    if (on)
        err = pin_count(tx->db, ref->chat, &count);
    if (err == OK && count >= (int64_t)PINS_MAX)
        err = ERR_TOO_LARGE;
    if (err == OK)
        err = change_tell(tx, actor, ref, &mutation,
                          arena_format(tx->arena, "\"seq\":%lld,\"on\":%s", (long long)seq, on ? "true" : "false"));
    if (err == OK)
        err = on ? pin_insert(tx->db, ref->chat, seq, actor->id, tx->now_ms) : pin_delete(tx->db, ref->chat, seq);
    return err == OK ? flag_set(tx, &message, MESSAGE_PINNED, on) : err;
}
