/* sync.c: frame 18 and its answer, 19.
 * Each chat with news is in one delta, once; where one delta does not hold
 * them all, the cursor says where to go on. It carries the pver of the first
 * delta: what the device may say it has when it has them all. */
#include "action/conv.h"

#include "action/object.h"
#include "action/page.h"
#include "chat/cmd.h"
#include "chat/heads.h"
#include "chat/sync.h"
#include "util/jsonw.h"

#define LISTED_MAX ((size_t)5000)
#define CHATS_MAX ((size_t)200) /* in one delta */
#define MESSAGES_DEFAULT 500
#define MESSAGES_MAX 1000
#define CURSOR_SIZE_MAX ((size_t)64)

struct delta {
    struct action_call *call;
    const struct action_env *env;
    struct sync sync;
    struct str epoch;
    bool reset;      /* this is the first delta of another epoch */
    bool goes_on;    /* from a cursor */
    int64_t covered; /* the pver that the device will have at the end */
    size_t limit;    /* messages still to give */
    size_t chats;
    bool done;
    int64_t last; /* the chat that was given last */
};

/* ---- the question ---- */

static enum err listed_one(struct delta *delta, const struct json *item, struct sync_listed *out)
{
    struct action_call call = { .args = item, .arena = delta->call->arena };
    int64_t user = delta->call->actor.id;
    int64_t peer;
    *out = (struct sync_listed){ 0 };
    if (!arg_chat(&call, &out->kind, &out->dst) || !arg_i64(&call, "seq", &out->seq) ||
        !arg_i64(&call, "mver", &out->mver) || out->seq < 0 || out->mver < 0)
        return ERR_ARG;
    if (out->kind == CHAT_GROUP) {
        if (!str_to_i64(out->dst, &out->chat) || out->chat < GROUP_ID_FIRST || chat_id_is_direct(out->chat))
            out->chat = 0;
        return OK;
    }
    enum err err = user_id_by_email(delta->env->db, call.arena, out->dst, &peer);
    if (err == ERR_NOT_FOUND) {
        struct user former;
        err = user_by_neutral_email(delta->env->db, call.arena, out->dst, &former);
        peer = err == OK ? former.id : 0;
    }
    if (err == OK)
        out->chat = chat_id_direct(user, peer);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err listed_take(struct delta *delta)
{
    const struct json *chats = json_get(delta->call->args, "chats");
    struct sync_ask *ask = &delta->sync.ask;
    if (chats == NULL)
        return OK;
    if (chats->type != JSON_ARRAY || chats->count > LISTED_MAX)
        return ERR_ARG;
    ask->listed = arena_alloc(delta->call->arena, (chats->count + 1) * sizeof(*ask->listed));
    for (const struct json *item = chats->first; item != NULL; item = item->next) {
        enum err err = listed_one(delta, item, &ask->listed[ask->listed_count++]);
        if (err != OK)
            return err;
    }
    return OK;
}

/* "n<chat>.<pver>", or r for one that begins anew. */
static bool cursor_take(struct delta *delta, struct str text)
{
    const char *dot = text.size < 4 || text.size > CURSOR_SIZE_MAX ? NULL : memchr(text.ptr, '.', text.size);
    if (dot == NULL || (text.ptr[0] != 'n' && text.ptr[0] != 'r'))
        return false;
    struct str chat = { text.ptr + 1, (size_t)(dot - text.ptr) - 1 };
    struct str pver = { dot + 1, text.size - (size_t)(dot - text.ptr) - 1 };
    delta->goes_on = true;
    delta->sync.ask.anew = text.ptr[0] == 'r';
    return str_to_i64(chat, &delta->sync.ask.after) && delta->sync.ask.after > 0 && str_to_i64(pver, &delta->covered) &&
           delta->covered >= 0;
}

static enum err ask_take(struct delta *delta)
{
    const struct action_call *call = delta->call;
    struct sync_ask *ask = &delta->sync.ask;
    struct str epoch = arg_text(call, "epoch");
    struct str cursor = arg_text(call, "cursor");
    *ask = (struct sync_ask){ .device = call->device, .pver = -1 };
    if (!arg_i64(call, "pver", &ask->pver) || ask->pver < -1 ||
        !arg_limit(call, MESSAGES_DEFAULT, MESSAGES_MAX, &delta->limit))
        return ERR_ARG;
    enum err err = meta_get(delta->env->db, call->arena, "epoch", &delta->epoch);
    if (err != OK)
        return err;
    if (epoch.ptr != NULL && !str_equal(epoch, delta->epoch)) {
        delta->reset = true;
        ask->anew = true;
        return OK;
    }
    if (cursor.size > 0 && !cursor_take(delta, cursor))
        return ERR_ARG;
    return listed_take(delta);
}

/* ---- the answer ---- */

static void hidden_write(struct buf *out, const struct sync_news *news)
{
    const struct hidden_list *hidden = &news->hidden;
    for (size_t i = 0, end; i < hidden->count; i = end) {
        jsonw_open(out, '{');
        jsonw_put_i64(out, "cmd", CMD_DELETE);
        jsonw_put_str(out, "scope", STR("self"));
        jsonw_key(out, "seqs");
        jsonw_open(out, '[');
        for (end = i; end < hidden->count && hidden->rows[end].pver == hidden->rows[i].pver; end++)
            jsonw_i64(out, hidden->rows[end].seq);
        jsonw_close(out, ']');
        jsonw_put_i64(out, "pver", hidden->rows[i].pver);
        jsonw_close(out, '}');
    }
}

static void mutation_write(struct buf *out, const struct mutation *mutation)
{
    jsonw_open(out, '{');
    jsonw_put_i64(out, "cmd", mutation->cmd);
    jsonw_put_str(out, "userEmail", mutation->actor_email);
    jsonw_put_i64(out, "mver", mutation->mver);
    if (mutation->cmd == CMD_DELETE) {
        jsonw_key(out, "seqs");
        jsonw_raw(out, mutation->seqs);
        jsonw_put_str(out, "scope", STR("all"));
    } else {
        jsonw_put_i64(out, "seq", mutation->seq);
    }
    if (mutation->cmd == CMD_EDIT || mutation->cmd == CMD_REACT)
        jsonw_put_str(out, "content", mutation->detail);
    if (mutation->cmd == CMD_REACT || mutation->cmd == CMD_PIN)
        jsonw_put_bool(out, "on", mutation->on);
    jsonw_close(out, '}');
}

/* Up to the bound of bytes; news->mver says how far they went. */
static void mutations_write(struct delta *delta, struct sync_news *news)
{
    struct buf *out = &delta->call->data;
    size_t bytes_max = page_bytes_max(delta->env);
    jsonw_key(out, "muts");
    jsonw_open(out, '[');
    for (size_t i = 0; i < news->mutations.count; i++) {
        if (i > 0 && out->size >= bytes_max) {
            news->mver = news->mutations.rows[i - 1].mver;
            news->mutations_more = true;
            break;
        }
        mutation_write(out, &news->mutations.rows[i]);
    }
    hidden_write(out, news);
    jsonw_close(out, ']');
    jsonw_put_i64(out, "mver", news->mver);
    jsonw_put_bool(out, "mmore", news->mutations_more);
}

static void messages_write(struct delta *delta, struct sync_news *news)
{
    struct buf *out = &delta->call->data;
    size_t bytes_max = page_bytes_max(delta->env);
    size_t left = out->size < bytes_max ? bytes_max - out->size : 0;
    bool more = news->more;
    jsonw_key(out, "msgs");
    if (page_append(out, &news->messages, news->newest, left))
        more |= !news->newest;
    delta->limit -= news->messages.count < delta->limit ? news->messages.count : delta->limit;
    int64_t seq = news->conversation.head;
    if (more && news->messages.count > 0)
        seq = news->messages.rows[news->messages.count - 1].seq;
    else if (more)
        seq = news->from;
    jsonw_put_i64(out, "seq", seq);
    jsonw_put_bool(out, "more", more);
}

static void settings_write(struct buf *out, const struct sync_news *news)
{
    const struct member *member = &news->conversation.member;
    jsonw_put_bool(out, "top", member->top_ms != 0);
    jsonw_put_bool(out, "mute", member->muted);
    jsonw_put_str(out, "draft", news->draft);
    jsonw_put_i64(out, "clearTo", member->cleared_seq);
}

static void news_write(struct delta *delta, const struct sync_chat *chat, struct sync_news *news)
{
    struct buf *out = &delta->call->data;
    const struct conversation *conversation = &news->conversation;
    jsonw_open(out, '{');
    object_chat(out, conversation->chat, conversation->dst);
    jsonw_put_i64(out, "head", conversation->head);
    jsonw_put_i64(out, "mhead", conversation->mhead);
    jsonw_put_i64(out, "min", conversation->min);
    jsonw_put_i64(out, "read", conversation->member.read_seq);
    jsonw_put_i64(out, "unread", conversation->unread);
    if (conversation->peer_read >= 0)
        jsonw_put_i64(out, "peerRead", conversation->peer_read);
    if (conversation->mention > 0)
        jsonw_put_i64(out, "mention", conversation->mention);
    if (chat->personal)
        settings_write(out, news);
    messages_write(delta, news);
    mutations_write(delta, news);
    jsonw_close(out, '}');
    /* What did not fit is asked for again. */
    int64_t covered = news->hidden_more ? news->hidden.rows[news->hidden.count - 1].pver - 1 : delta->covered;
    delta->covered = covered < delta->covered ? covered : delta->covered;
    delta->chats++;
    delta->last = conversation->chat;
}

/* Whether the chat has to wait for the next delta. The first one never has to. */
static bool is_full(const struct delta *delta, const struct sync_chat *chat, int64_t head)
{
    int64_t wanted = chat->known ? head - chat->seq : SYNC_NEW_MESSAGES;
    wanted = wanted > SYNC_CHAT_MESSAGES ? SYNC_CHAT_MESSAGES : wanted;
    return delta->chats > 0 && (delta->chats >= CHATS_MAX || delta->call->data.size >= page_bytes_max(delta->env) ||
                                wanted > (int64_t)delta->limit);
}

static enum err chats_write(struct delta *delta)
{
    struct buf *out = &delta->call->data;
    struct sync_chat chat;
    enum err err = OK;
    jsonw_key(out, "chats");
    jsonw_open(out, '[');
    while (err == OK && (err = sync_next(&delta->sync, &chat)) == OK) {
        struct head head = { 0 };
        struct sync_news news;
        heads_get(delta->sync.heads, chat.state->chat, &head);
        if (is_full(delta, &chat, head.seq))
            break;
        size_t max = delta->limit < SYNC_CHAT_MESSAGES ? delta->limit : SYNC_CHAT_MESSAGES;
        err = sync_load(&delta->sync, &chat, max, &news);
        if (err == OK)
            news_write(delta, &chat, &news);
    }
    jsonw_close(out, ']');
    delta->done = err == ERR_NOT_FOUND;
    return delta->done ? OK : err;
}

static enum err gone_write(struct delta *delta)
{
    struct buf *out = &delta->call->data;
    struct sync_listed *gone = NULL;
    size_t count = 0;
    enum err err = delta->goes_on ? OK : sync_gone(&delta->sync, &gone, &count);
    jsonw_key(out, "gone");
    jsonw_open(out, '[');
    for (size_t i = 0; err == OK && i < count; i++) {
        jsonw_open(out, '{');
        jsonw_put_i64(out, "chat", gone[i].kind);
        jsonw_put_str(out, "dstObj", gone[i].dst);
        jsonw_close(out, '}');
    }
    jsonw_close(out, ']');
    return err;
}

static enum err delta_write(struct delta *delta)
{
    struct buf *out = &delta->call->data;
    jsonw_open(out, '{');
    jsonw_put_str(out, "epoch", delta->epoch);
    if (delta->reset)
        jsonw_put_bool(out, "reset", true);
    enum err err = gone_write(delta);
    if (err == OK)
        err = chats_write(delta);
    if (err != OK)
        return err;
    if (!delta->done)
        jsonw_put_str(out, "cursor",
                      arena_format(delta->call->arena, "%c%lld.%lld", delta->sync.ask.anew ? 'r' : 'n',
                                   (long long)delta->last, (long long)delta->covered));
    jsonw_put_bool(out, "done", delta->done);
    if (delta->done)
        jsonw_put_i64(out, "pver", delta->covered);
    jsonw_close(out, '}');
    return OK;
}

static enum err sync_read(struct action_call *call, const struct action_env *env)
{
    struct delta delta = { .call = call, .env = env };
    delta.sync = (struct sync){
        .reading = page_reading(call, env),
        .heads = env->heads,
        .heads_mark = env->heads_mark,
        .marks = env->marks,
    };
    enum err err = ask_take(&delta);
    if (err == OK && !delta.goes_on)
        err = personal_get(env->db, call->actor.id, &delta.covered);
    if (err == OK)
        err = sync_begin(&delta.sync);
    return err == OK ? delta_write(&delta) : err;
}

const struct action action_sync = { .name = "sync", .read = sync_read };
