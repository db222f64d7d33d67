/* receipt.c: read marks. */
#include "chat/receipt.h"

#include "chat/cmd.h"
#include "chat/conversation.h"
#include "chat/directory.h"
#include "chat/marks.h"
#include "chat/tally.h"

static void receipt_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                         bool blocked)
{
    bool direct = chat_id_is_direct(ref->chat);
    struct event *event = update_add(tx, actor, ref, CMD_READ, direct && !blocked ? EVENT_TO_CHAT : EVENT_TO_ACTOR,
                                     arena_format(tx->arena, "\"seq\":%lld", (long long)seq));
    event->seq = seq;
    marks_try(tx->marks, ref->chat, actor->id, seq); /* At once, so that the next one in this batch knows. */
    if (!direct)
        tally_add(tx->tally, ref->chat, seq);
}

enum err receipt_read(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq)
{
    struct member member;
    struct directory_chat *entry;
    enum err err = directory_chat(tx->directory, tx->db, ref->chat, &entry);
    if (err != OK)
        return err;
    seq = seq > entry->head ? entry->head : seq;
    bool blocked = entry->blocked;
    err = member_get(tx->db, ref->chat, actor->id, &member);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err; /* Nothing was ever said between the two. */
    conversation_marks(tx->marks, ref->chat, actor->id, &member);
    if (seq > member.read_seq)
        receipt_tell(tx, actor, ref, seq, blocked);
    return OK;
}
