/* history.c: pages of the log with the names that a frame needs. */
#include "chat/history.h"

#include "chat/attach.h"
#include "chat/policy.h"
#include "store/change.h"
#include "store/file.h"
#include "store/personal.h"
#include "store/user.h"
#include "util/jsonw.h"

/* The user at the other end, by id; a page asks for few different ones. */
struct peer {
    int64_t id;
    struct str email;
};
#define PEERS_MAX 64

static enum err peer_email(struct db *db, struct arena *arena, struct peer *peers, size_t *count, int64_t id,
                           struct str *email)
{
    for (size_t i = *count; i > 0; i--) {
        if (peers[i - 1].id == id) {
            *email = peers[i - 1].email;
            return OK;
        }
    }
    struct user user;
    enum err err = user_by_id(db, arena, id, &user);
    if (err != OK)
        return err;
    *email = user.email;
    peers[*count % PEERS_MAX] = (struct peer){ id, user.email };
    if (*count < PEERS_MAX)
        (*count)++;
    return OK;
}

enum err history_names(struct db *db, struct arena *arena, struct message_list *list)
{
    struct peer peers[PEERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct message *message = &list->rows[i];
        if (!chat_id_is_direct(message->chat)) {
            message->dst = arena_format(arena, "%lld", (long long)message->chat);
            continue;
        }
        int64_t low, high;
        chat_id_users(message->chat, &low, &high);
        enum err err = peer_email(db, arena, peers, &count, message->sender == low ? high : low, &message->dst);
        if (err != OK)
            return err;
    }
    return OK;
}

enum err history_view(const struct reading *reading, int64_t chat, int64_t min, int64_t from, int64_t before,
                      size_t limit, struct message_list *out, bool *more)
{
    struct message_range range = {
        .chat = chat, .user = reading->user, .min = min, .from = from, .before = before, .limit = limit
    };
    enum err err = message_view(reading->db, reading->arena, &range, out, more);
    if (err == OK)
        err = history_names(reading->db, reading->arena, out);
    if (err == OK)
        err = history_reacts(reading->db, reading->arena, out);
    return err;
}

enum err history_page(const struct reading *reading, int64_t chat, int64_t before, size_t limit,
                      struct message_list *out)
{
    struct message_range range = { .chat = chat, .user = reading->user, .before = before, .limit = limit };
    enum err err = policy_read(reading->db, reading->user, chat);
    if (err == OK)
        err = policy_oldest(reading->db, reading->user, chat, reading->whole_history, &range.min);
    if (err == OK)
        err = message_view_v1(reading->db, reading->arena, &range, out);
    if (err == OK)
        err = history_names(reading->db, reading->arena, out);
    return err;
}

/* Most users never deleted anything for themselves alone. */
static enum err hidden_fill(struct db *db, int64_t user, struct message_list *list)
{
    bool any = false;
    enum err err = list->count == 0 ? OK : hidden_any(db, user, &any);
    for (size_t i = 0; err == OK && any && i < list->count; i++)
        err = hidden_exists(db, user, list->rows[i].chat, list->rows[i].seq, &list->rows[i].hidden);
    return err;
}

enum err history_backlog(struct db *db, struct arena *arena, int64_t user, struct member_chat *chats, size_t count,
                         size_t limit, struct message_list *out, bool *more)
{
    enum err err = message_backlog(db, arena, chats, count, limit, out, more);
    if (err == OK)
        err = hidden_fill(db, user, out);
    if (err == OK)
        err = history_names(db, arena, out);
    return err;
}

static enum err kind_append(struct db *db, struct arena *arena, const struct message *message,
                            const struct reaction_kind *kind, struct buf *out)
{
    struct str emails[REACT_USERS_MAX];
    size_t count;
    enum err err = reaction_users(db, arena, message->chat, message->seq, kind->emoji, REACT_USERS_MAX, emails, &count);
    if (err != OK)
        return err;
    jsonw_open(out, '{');
    jsonw_put_str(out, "content", kind->emoji);
    jsonw_put_i64(out, "count", kind->count);
    jsonw_key(out, "users");
    jsonw_open(out, '[');
    for (size_t i = 0; i < count; i++)
        jsonw_str(out, emails[i]);
    jsonw_close(out, ']');
    jsonw_close(out, '}');
    return OK;
}

static enum err reacts_fill(struct db *db, struct arena *arena, struct message *message)
{
    struct reaction_kind_list kinds;
    struct buf text = { 0 };
    enum err err = reaction_kinds(db, arena, message->chat, message->seq, &kinds);
    jsonw_open(&text, '[');
    for (size_t i = 0; err == OK && i < kinds.count; i++)
        err = kind_append(db, arena, message, &kinds.rows[i], &text);
    jsonw_close(&text, ']');
    if (err == OK && kinds.count > 0)
        message->reacts = arena_str(arena, buf_str(&text));
    buf_release(&text);
    return err;
}

enum err history_reacts(struct db *db, struct arena *arena, struct message_list *list)
{
    enum err err = OK;
    for (size_t i = 0; err == OK && i < list->count; i++)
        if (list->rows[i].state == MESSAGE_THERE && (list->rows[i].flags & MESSAGE_REACTED) != 0)
            err = reacts_fill(db, arena, &list->rows[i]);
    return err;
}

static bool is_wanted(const struct files_wanted *wanted, const struct file_shown *shown)
{
    return shown->seen && shown->type >= 0 && shown->type < 32 && (wanted->types >> shown->type & 1) != 0;
}

/* The messages of those rows, as many as are wanted. */
static enum err shown_take(const struct reading *reading, const struct files_wanted *wanted,
                           const struct file_shown_list *shown, struct message_list *out, int64_t *next)
{
    int64_t *seqs = arena_alloc(reading->arena, wanted->limit * sizeof(*seqs));
    out->rows = arena_alloc(reading->arena, wanted->limit * sizeof(*out->rows));
    out->count = 0;
    for (size_t i = 0; i < shown->count && *next == 0; i++) {
        const struct file_shown *row = &shown->rows[i];
        if ((out->count > 0 && row->seq == seqs[out->count - 1]) || !is_wanted(wanted, row))
            continue;
        if (out->count == wanted->limit)
            *next = seqs[out->count - 1];
        else
            seqs[out->count++] = row->seq;
    }
    if (*next == 0 && shown->count == FILES_LOOKED_AT_MAX)
        *next = shown->rows[shown->count - 1].seq;
    return message_get_all(reading->db, reading->arena, wanted->chat, seqs, out->count, out->rows);
}

enum err history_files(const struct reading *reading, const struct files_wanted *wanted, struct message_list *out,
                       int64_t *next)
{
    struct file_shown_list shown;
    struct file_shown_range range = {
        .chat = wanted->chat,
        .user = reading->user,
        .before = wanted->before == 0 ? INT64_MAX : wanted->before,
        .ascend = wanted->ascend,
        .limit = FILES_LOOKED_AT_MAX,
    };
    *next = 0;
    enum err err = policy_read(reading->db, reading->user, wanted->chat);
    if (err == OK)
        err = policy_oldest(reading->db, reading->user, wanted->chat, reading->whole_history, &range.min);
    if (wanted->ascend && wanted->after >= range.min)
        range.min = wanted->after + 1;
    if (err == OK)
        err = file_shown_list(reading->db, reading->arena, &range, &shown);
    if (err == OK)
        err = shown_take(reading, wanted, &shown, out, next);
    if (err == OK)
        err = history_names(reading->db, reading->arena, out);
    return err == OK ? history_reacts(reading->db, reading->arena, out) : err;
}

/* Without those that the user may not see. */
static enum err readable_keep(struct db *db, int64_t user, int64_t oldest, struct message_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct message *message = &list->rows[i];
        bool hidden = false;
        enum err err = hidden_exists(db, user, message->chat, message->seq, &hidden);
        if (err != OK)
            return err;
        if (!hidden && message->seq >= oldest && message->state == MESSAGE_THERE)
            list->rows[kept++] = *message;
    }
    list->count = kept;
    return OK;
}

enum err history_pins(struct db *db, struct arena *arena, int64_t user, int64_t chat, bool whole_history,
                      struct message_list *out)
{
    int64_t oldest;
    enum err err = policy_read(db, user, chat);
    if (err == OK)
        err = policy_oldest(db, user, chat, whole_history, &oldest);
    if (err == OK)
        err = pin_list(db, arena, chat, PINS_MAX, out);
    if (err == OK)
        err = readable_keep(db, user, oldest, out);
    if (err == OK)
        err = history_names(db, arena, out);
    return err == OK ? history_reacts(db, arena, out) : err;
}
