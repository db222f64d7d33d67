/* change.c: what becomes of messages. */
#include "chat/change.h"

#include "chat/cmd.h"
#include "chat/directory.h"
#include "chat/policy.h"
#include "media/url.h"
#include "store/change.h"
#include "store/file.h"
#include "store/personal.h"
#include "store/user.h"
#include "util/jsonw.h"

#include <assert.h>
#include <stdlib.h>

#define TYPE_APPLICATION_MIN 100

enum err change_find(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                     struct message *out)
{
    int64_t oldest;
    bool hidden;
    enum err err = policy_oldest(tx->db, actor->id, ref->chat, tx->policy->whole_history, &oldest);
    if (err == OK && seq < oldest)
        err = ERR_NOT_FOUND;
    if (err == OK)
        err = message_get(tx->db, tx->arena, ref->chat, seq, out);
    if (err == OK)
        err = hidden_exists(tx->db, actor->id, ref->chat, seq, &hidden);
    return err == OK && hidden ? ERR_NOT_FOUND : err;
}

enum err change_find_there(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                           struct message *out)
{
    enum err err = change_find(tx, actor, ref, seq, out);
    if (err == OK && out->state != MESSAGE_THERE)
        err = ERR_NOT_FOUND;
    return err == OK && out->type == MESSAGE_TYPE_NOTICE ? ERR_ARG : err;
}

enum err change_tell(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                     struct mutation *mutation, struct str body)
{
    struct directory_chat *entry;
    enum err err = directory_chat(tx->directory, tx->db, ref->chat, &entry);
    if (err == OK)
        err = directory_mver(tx->db, ref->chat, entry);
    if (err != OK)
        return err;
    struct event *event = update_add(tx, actor, ref, mutation->cmd, EVENT_TO_CHAT, body);
    event->mver = ++entry->mver;
    event->seq = mutation->seq;
    mutation->chat = ref->chat;
    mutation->mver = event->mver;
    mutation->actor = actor->id;
    mutation->created_ms = tx->now_ms;
    return mutation_insert(tx->db, mutation);
}

/* What is gone already may be taken back again by whoever might have done it: nothing happens. */
static enum err take_back_check(const struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                                const struct message *message)
{
    if (message->type == MESSAGE_TYPE_NOTICE)
        return ERR_ARG;
    if (!chat_id_is_direct(ref->chat) && ref->role != ROLE_MEMBER)
        return OK;
    if (message->sender != actor->id)
        return ERR_DENIED;
    bool late = tx->now_ms - message->created_ms >= tx->policy->recall_ms;
    return message->state == MESSAGE_THERE && late ? ERR_TOO_LATE : OK;
}

enum err change_recall(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq)
{
    struct message message;
    struct mutation mutation = { .cmd = CMD_RECALL, .seq = seq, .on = true };
    enum err err = change_find(tx, actor, ref, seq, &message);
    if (err == OK)
        err = take_back_check(tx, actor, ref, &message);
    if (err != OK || message.state != MESSAGE_THERE)
        return err;
    err = change_tell(tx, actor, ref, &mutation, arena_format(tx->arena, "\"seq\":%lld", (long long)seq));
    return err == OK ? message_wipe(tx->db, &message, MESSAGE_RECALLED) : err;
}

static enum err edit_check(const struct core_tx *tx, const struct actor *actor, const struct message *message)
{
    if (message->sender != actor->id)
        return ERR_DENIED;
    if (message->type != MESSAGE_TYPE_TEXT && message->type < TYPE_APPLICATION_MIN)
        return ERR_ARG;
    return tx->now_ms - message->created_ms >= tx->policy->edit_ms ? ERR_TOO_LATE : OK;
}

enum err change_edit(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t seq,
                     struct str content)
{
    struct message message;
    struct mutation mutation = { .cmd = CMD_EDIT, .seq = seq, .on = true };
    struct buf body = { 0 };
    enum err err = change_find_there(tx, actor, ref, seq, &message);
    if (err == OK)
        err = edit_check(tx, actor, &message);
    if (err == OK && file_url_fid(file_url_canonical(content)).ptr != NULL)
        err = ERR_ARG; /* What shows a file is sent, so that it is known who may. */
    if (err != OK || str_equal(message.content, content))
        return err;
    if (file_url_begins(message.content))
        err = file_ref_delete(tx->db, ref->chat, seq, 1);
    if (err != OK)
        return err;
    jsonw_open(&body, '{');
    jsonw_put_i64(&body, "seq", seq);
    jsonw_put_str(&body, "content", content);
    err = change_tell(tx, actor, ref, &mutation, (struct str){ body.ptr + 1, body.size - 1 });
    buf_release(&body);
    return err == OK ? message_set_content(tx->db, &message, content) : err;
}

static int seq_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* In order, each once. */
static size_t seqs_sort(int64_t *seqs, size_t count)
{
    size_t kept = 0;
    assert(count <= CHANGE_SEQS_MAX);
    if (count > 0)
        qsort(seqs, count, sizeof(*seqs), seq_compare);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || seqs[i] != seqs[i - 1])
            seqs[kept++] = seqs[i];
    return kept;
}

static struct str seqs_text(struct core_tx *tx, const int64_t *seqs, size_t count)
{
    struct buf text = { 0 };
    jsonw_open(&text, '[');
    for (size_t i = 0; i < count; i++)
        jsonw_i64(&text, seqs[i]);
    jsonw_close(&text, ']');
    struct str kept = arena_str(tx->arena, buf_str(&text));
    buf_release(&text);
    return kept;
}

/* Messages of one chat, in order: at least one, at most CHANGE_SEQS_MAX. */
static enum err delete_all(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref,
                           const struct message *messages, size_t count)
{
    int64_t seqs[CHANGE_SEQS_MAX];
    assert(count > 0 && count <= CHANGE_SEQS_MAX);
    for (size_t i = 0; i < count; i++)
        seqs[i] = messages[i].seq;
    struct str text = seqs_text(tx, seqs, count);
    struct mutation mutation = { .cmd = CMD_DELETE, .seq = seqs[0], .on = true, .seqs = text };
    struct str body = arena_format(tx->arena, "\"seqs\":%.*s,\"scope\":\"all\"", (int)text.size, text.ptr);
    enum err err = change_tell(tx, actor, ref, &mutation, body);
    for (size_t i = 0; err == OK && i < count; i++)
        err = message_wipe(tx->db, &messages[i], MESSAGE_DELETED);
    return err;
}

enum err change_delete(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t *seqs,
                       size_t count)
{
    struct message messages[CHANGE_SEQS_MAX];
    size_t there = 0;
    count = seqs_sort(seqs, count);
    for (size_t i = 0; i < count; i++) {
        enum err err = change_find(tx, actor, ref, seqs[i], &messages[there]);
        if (err == OK)
            err = take_back_check(tx, actor, ref, &messages[there]);
        if (err != OK)
            return err;
        if (messages[there].state == MESSAGE_THERE)
            there++;
    }
    return there == 0 ? OK : delete_all(tx, actor, ref, messages, there);
}

enum err change_hide(struct core_tx *tx, const struct actor *actor, const struct chat_ref *ref, int64_t *seqs,
                     size_t count)
{
    int64_t oldest;
    int64_t pver;
    size_t fresh = 0;
    enum err err = policy_oldest(tx->db, actor->id, ref->chat, tx->policy->whole_history, &oldest);
    count = seqs_sort(seqs, count);
    for (size_t i = 0; err == OK && i < count; i++) {
        struct message message;
        bool hidden = false;
        err = seqs[i] < oldest ? ERR_NOT_FOUND : message_get(tx->db, tx->arena, ref->chat, seqs[i], &message);
        if (err == OK)
            err = hidden_exists(tx->db, actor->id, ref->chat, seqs[i], &hidden);
        if (err == OK && !hidden)
            seqs[fresh++] = seqs[i];
    }
    if (err != OK || fresh == 0)
        return err;
    err = personal_changed(tx->db, ref->chat, actor->id, &pver);
    for (size_t i = 0; err == OK && i < fresh; i++)
        err = hidden_insert(tx->db, actor->id, ref->chat, seqs[i], pver);
    if (err != OK)
        return err;
    struct str text = seqs_text(tx, seqs, fresh);
    update_add(tx, actor, ref, CMD_DELETE, EVENT_TO_ACTOR,
               arena_format(tx->arena, "\"seqs\":%.*s,\"scope\":\"self\",\"pver\":%lld", (int)text.size, text.ptr,
                            (long long)pver));
    return OK;
}

/* ---- messages that expire ---- */

static int place_compare(const void *a, const void *b)
{
    const struct message *left = a;
    const struct message *right = b;
    if (left->chat != right->chat)
        return (left->chat > right->chat) - (left->chat < right->chat);
    if (left->sender != right->sender)
        return (left->sender > right->sender) - (left->sender < right->sender);
    return (left->seq > right->seq) - (left->seq < right->seq);
}

static enum err sender_ref(struct core_tx *tx, const struct message *message, struct chat_ref *ref)
{
    *ref = (struct chat_ref){ .chat = message->chat };
    if (!chat_id_is_direct(message->chat)) {
        ref->dst = arena_format(tx->arena, "%lld", (long long)message->chat);
        return OK;
    }
    int64_t low, high;
    struct user peer;
    chat_id_users(message->chat, &low, &high);
    ref->peer = message->sender == low ? high : low;
    enum err err = user_by_id(tx->db, tx->arena, ref->peer, &peer);
    if (err == OK)
        ref->dst = peer.email;
    return err;
}

enum err change_expire(struct core_tx *tx, size_t limit, size_t *count)
{
    struct message_list list;
    *count = 0;
    enum err err = message_expired(tx->db, tx->arena, tx->now_ms, limit, &list);
    if (err != OK || list.count == 0)
        return err;
    qsort(list.rows, list.count, sizeof(*list.rows), place_compare);
    for (size_t i = 0, end; err == OK && i < list.count; i = end) {
        const struct message *first = &list.rows[i];
        for (end = i + 1; end < list.count && end - i < CHANGE_SEQS_MAX; end++)
            if (list.rows[end].chat != first->chat || list.rows[end].sender != first->sender)
                break;
        struct chat_ref ref;
        struct actor actor = { first->sender, first->sender_email };
        err = sender_ref(tx, first, &ref);
        if (err == OK)
            err = delete_all(tx, &actor, &ref, first, end - i);
    }
    *count = list.count;
    return err;
}
