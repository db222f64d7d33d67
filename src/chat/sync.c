/* sync.c: finding the chats that changed, and what a device lacks of each. */
#include "chat/sync.h"

#include "chat/cmd.h"
#include "chat/heads.h"
#include "chat/marks.h"

#include <stdlib.h>

static int listed_compare(const void *a, const void *b)
{
    const struct sync_listed *x = a;
    const struct sync_listed *y = b;
    if (x->chat != y->chat)
        return x->chat < y->chat ? -1 : 1;
    return x->seq != y->seq ? (x->seq < y->seq ? -1 : 1) : 0;
}

enum err sync_begin(struct sync *sync)
{
    const struct reading *reading = &sync->reading;
    struct sync_ask *ask = &sync->ask;
    if (ask->anew)
        ask->listed_count = 0;
    if (ask->listed_count > 0)
        qsort(ask->listed, ask->listed_count, sizeof(ask->listed[0]), listed_compare);
    enum err err = member_states(reading->db, reading->arena, reading->user, ask->after, &sync->states);
    if (err == OK && !ask->anew && ask->device != 0)
        err = device_cursors(reading->db, reading->arena, reading->user, ask->device, &sync->cursors);
    bool stored = sync->cursors.count > 0 && sync->cursors.rows[0].chat == 0;
    if (ask->anew || (ask->pver < 0 && !stored))
        ask->pver = 0;
    else if (ask->pver < 0)
        ask->pver = sync->cursors.rows[0].seq;
    return err;
}

/* What the device has of that chat; the lists are walked along with the memberships. */
static void known_find(struct sync *sync, struct sync_chat *chat)
{
    int64_t id = chat->state->chat;
    while (sync->listed_at < sync->ask.listed_count && sync->ask.listed[sync->listed_at].chat < id)
        sync->listed_at++;
    while (sync->cursor_at < sync->cursors.count && sync->cursors.rows[sync->cursor_at].chat < id)
        sync->cursor_at++;
    if (sync->listed_at < sync->ask.listed_count && sync->ask.listed[sync->listed_at].chat == id) {
        const struct sync_listed *listed = &sync->ask.listed[sync->listed_at];
        chat->known = true;
        chat->seq = listed->seq;
        chat->mver = listed->mver;
    } else if (sync->cursor_at < sync->cursors.count && sync->cursors.rows[sync->cursor_at].chat == id) {
        const struct device_cursor *cursor = &sync->cursors.rows[sync->cursor_at];
        chat->known = true;
        chat->seq = cursor->seq;
        chat->mver = cursor->mver;
    }
}

static enum err head_find(struct sync *sync, int64_t chat, struct head *head)
{
    if (heads_get(sync->heads, chat, head))
        return OK;
    enum err err = message_head(sync->reading.db, chat, &head->seq);
    if (err == OK)
        err = mutation_head(sync->reading.db, chat, &head->mver);
    if (err == OK)
        heads_offer(sync->heads, sync->heads_mark, chat, *head);
    return err;
}

/* Read marks of either side that no pver counts yet, since they wait for their flush. */
static bool marks_news(struct sync *sync, const struct member_state *state)
{
    struct member member = state->member;
    int64_t user = sync->reading.user;
    if (conversation_marks(sync->marks, state->chat, user, &member))
        return true;
    if (!chat_id_is_direct(state->chat))
        return false;
    struct mark peer = marks_get(sync->marks, state->chat, conversation_peer(state->chat, user));
    return peer.waiting && peer.read > 0;
}

static bool has_news(struct sync *sync, const struct sync_chat *chat, const struct head *head)
{
    if (chat->personal || head->seq > chat->seq || head->mver > chat->mver)
        return true;
    if (!chat->known && !chat_id_is_direct(chat->state->chat))
        return true; /* A group is there before anything is said in it. */
    return marks_news(sync, chat->state);
}

enum err sync_next(struct sync *sync, struct sync_chat *out)
{
    while (sync->state_at < sync->states.count) {
        struct head head = { 0 };
        *out = (struct sync_chat){ .state = &sync->states.rows[sync->state_at++] };
        known_find(sync, out);
        out->personal = out->state->member.pver > sync->ask.pver;
        enum err err = head_find(sync, out->state->chat, &head);
        if (err != OK)
            return err;
        if (has_news(sync, out, &head))
            return OK;
    }
    return ERR_NOT_FOUND;
}

static bool is_member(const struct sync *sync, int64_t chat)
{
    size_t low = 0;
    size_t high = sync->states.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sync->states.rows[middle].chat < chat)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sync->states.count && sync->states.rows[low].chat == chat;
}

static bool is_listed(const struct sync *sync, int64_t chat)
{
    struct sync_listed key = { .chat = chat, .seq = -1 };
    for (size_t low = 0, high = sync->ask.listed_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (sync->ask.listed[middle].chat == chat)
            return true;
        if (listed_compare(&sync->ask.listed[middle], &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

/* The name of a chat that the user is no longer in. */
static enum err gone_name(struct sync *sync, int64_t chat, struct sync_listed *out)
{
    struct user peer;
    const struct reading *reading = &sync->reading;
    *out = (struct sync_listed){ .chat = chat, .kind = CHAT_GROUP };
    if (!chat_id_is_direct(chat)) {
        out->dst = arena_format(reading->arena, "%lld", (long long)chat);
        return OK;
    }
    enum err err = user_by_id(reading->db, reading->arena, conversation_peer(chat, reading->user), &peer);
    out->kind = CHAT_DIRECT;
    out->dst = peer.email;
    return err;
}

enum err sync_gone(struct sync *sync, struct sync_listed **out, size_t *count)
{
    const struct sync_ask *ask = &sync->ask;
    enum err err = OK;
    *count = 0;
    *out = arena_alloc(sync->reading.arena, (ask->listed_count + sync->cursors.count + 1) * sizeof(**out));
    for (size_t i = 0; i < ask->listed_count; i++)
        if (!is_member(sync, ask->listed[i].chat))
            (*out)[(*count)++] = ask->listed[i];
    for (size_t i = 0; err == OK && i < sync->cursors.count; i++) {
        int64_t chat = sync->cursors.rows[i].chat;
        if (chat != 0 && !is_member(sync, chat) && !is_listed(sync, chat))
            err = gone_name(sync, chat, &(*out)[(*count)++]);
    }
    return err;
}

static enum err messages_load(struct sync *sync, const struct sync_chat *chat, size_t max, struct sync_news *out)
{
    const struct conversation *conversation = &out->conversation;
    out->newest = !chat->known;
    if (!chat->known) {
        bool before;
        size_t limit = max < SYNC_NEW_MESSAGES ? max : SYNC_NEW_MESSAGES;
        return history_view(&sync->reading, chat->state->chat, conversation->min, 0, 0, limit, &out->messages, &before);
    }
    out->from = chat->seq < conversation->head ? chat->seq : conversation->head;
    if (out->from < conversation->min - 1)
        out->from = conversation->min - 1;
    if (out->from >= conversation->head)
        return OK;
    return history_view(&sync->reading, chat->state->chat, conversation->min, out->from + 1, 0, max, &out->messages,
                        &out->more);
}

/* The log of changes has no content: what an edited message says now stands in its row. *keep: it is still there
 * to be seen. */
static enum err edit_fill(struct sync *sync, struct mutation *mutation, int64_t min, bool *keep)
{
    struct message_list list;
    bool more;
    enum err err = history_view(&sync->reading, mutation->chat, min, mutation->seq, mutation->seq + 1, 1, &list, &more);
    *keep = err == OK && list.count == 1 && list.rows[0].state == MESSAGE_THERE;
    if (*keep)
        mutation->detail = list.rows[0].content;
    return err;
}

static enum err mutations_load(struct sync *sync, const struct sync_chat *chat, struct sync_news *out)
{
    const struct conversation *conversation = &out->conversation;
    struct mutation_list *list = &out->mutations;
    size_t kept = 0;
    out->mver = conversation->mhead;
    if (!chat->known || chat->mver >= conversation->mhead)
        return OK;
    enum err err =
        mutation_page(sync->reading.db, sync->reading.arena, chat->state->chat, chat->mver, SYNC_CHAT_MUTATIONS, list);
    if (err == OK && list->count == SYNC_CHAT_MUTATIONS) {
        out->mver = list->rows[list->count - 1].mver;
        out->mutations_more = out->mver < conversation->mhead;
    }
    for (size_t i = 0; err == OK && i < list->count; i++) {
        struct mutation *mutation = &list->rows[i];
        /* The device gets later messages as they are now; what it may not see it hears nothing of. A deletion of
         * many is told whole. */
        bool keep = mutation->cmd == CMD_DELETE || (mutation->seq <= out->from && mutation->seq >= conversation->min);
        if (keep && mutation->cmd == CMD_EDIT)
            err = edit_fill(sync, mutation, conversation->min, &keep);
        if (keep)
            list->rows[kept++] = *mutation;
    }
    list->count = kept;
    return err;
}

enum err sync_load(struct sync *sync, const struct sync_chat *chat, size_t messages_max, struct sync_news *out)
{
    const struct reading *reading = &sync->reading;
    int64_t id = chat->state->chat;
    *out = (struct sync_news){ 0 };
    enum err err = conversation_load(reading, sync->marks, chat->state, &out->conversation);
    if (err == OK)
        err = messages_load(sync, chat, messages_max, out);
    if (err == OK)
        err = mutations_load(sync, chat, out);
    if (err == OK && chat->personal)
        err = member_draft(reading->db, reading->arena, id, reading->user, &out->draft);
    if (err == OK && chat->personal && chat->known)
        err = hidden_after(reading->db, reading->arena, reading->user, id, sync->ask.pver, SYNC_CHAT_HIDDEN + 1,
                           &out->hidden);
    if (out->hidden.count > SYNC_CHAT_HIDDEN) {
        out->hidden.count = SYNC_CHAT_HIDDEN;
        out->hidden_more = true;
    }
    return err;
}
