/* conversation.c: one chat, one user. */
#include "chat/conversation.h"

#include "chat/marks.h"
#include "chat/policy.h"
#include "chat/unread.h"
#include "store/block.h"
#include "store/mutation.h"

int64_t conversation_peer(int64_t chat, int64_t user)
{
    int64_t low, high;
    chat_id_users(chat, &low, &high);
    return user == low ? high : low;
}

bool conversation_marks(struct marks *marks, int64_t chat, int64_t user, struct member *member)
{
    struct mark mark = marks_get(marks, chat, user);
    bool newer = mark.waiting && mark.read > member->read_seq;
    member->read_seq = mark.read > member->read_seq ? mark.read : member->read_seq;
    member->sent_seq = mark.sent > member->sent_seq ? mark.sent : member->sent_seq;
    if (member->sent_seq > member->read_seq)
        member->read_seq = member->sent_seq;
    return newer;
}

/* How far the other has read is between the two: it is not told across a block. */
static enum err peer_load(const struct reading *reading, struct marks *marks, struct conversation *out)
{
    bool blocked = false;
    struct member member = { 0 };
    int64_t peer = conversation_peer(out->chat, reading->user);
    enum err err = user_by_id(reading->db, reading->arena, peer, &out->peer);
    if (err == OK)
        err = block_between(reading->db, reading->user, peer, &blocked);
    if (err != OK)
        return err;
    out->dst = out->peer.email;
    if (blocked)
        return OK;
    err = member_get(reading->db, out->chat, peer, &member);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    conversation_marks(marks, out->chat, peer, &member);
    out->peer_read = member.read_seq;
    return OK;
}

static enum err unread_load(const struct reading *reading, struct conversation *out)
{
    int64_t after = unread_after(&out->member);
    int64_t gone = 0;
    if (after >= out->head)
        return OK;
    enum err err = message_gone_count(reading->db, out->chat, after, &gone);
    if (err == OK)
        err = mention_next(reading->db, reading->user, out->chat, after, &out->mention);
    out->unread = unread_count(out->head, after, gone);
    return err;
}

enum err conversation_load(const struct reading *reading, struct marks *marks, const struct member_state *state,
                           struct conversation *out)
{
    *out = (struct conversation){ .chat = state->chat, .member = state->member, .peer_read = -1 };
    conversation_marks(marks, state->chat, reading->user, &out->member);
    enum err err = message_head(reading->db, out->chat, &out->head);
    if (err == OK)
        err = mutation_head(reading->db, out->chat, &out->mhead);
    if (err == OK)
        err = policy_oldest_of(reading->db, out->chat, &out->member, reading->whole_history, &out->min);
    if (err == OK)
        err = unread_load(reading, out);
    if (err == OK && chat_id_is_direct(out->chat))
        err = peer_load(reading, marks, out);
    else if (err == OK)
        out->dst = arena_format(reading->arena, "%lld", (long long)out->chat);
    return err;
}
