/* import_messages.c: the log, what was waiting for those who were away, and how far everybody has read. */
#include "legacy/import_state.h"

#include "store/group.h"
#include "store/personal.h"
#include "util/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define META_MARKS "marks" /* chat/marks: own sends up to this id are in the members' rows */
#define ID_LIMIT (INT64_C(1) << 53)
#define TYPE_TEXT 1

/* ---- one message ---- */

void message_fields(const struct str *fields, struct legacy_message *out)
{
    *out = (struct legacy_message){
        .id = field_i64(fields[0], 0),
        .example = fields[0],
        .sender = str_trim(fields[1].ptr == NULL ? STR("") : fields[1]),
        .cmd = field_i64(fields[2], 0),
        .dst = str_trim(fields[3].ptr == NULL ? STR("") : fields[3]),
        .type = field_i64(fields[4], TYPE_TEXT),
        .content = fields[5].ptr == NULL ? STR("") : fields[5],
        .created_ms = field_i64(fields[6], 0),
        .deleted = field_is_deleted(fields[7]),
    };
}

static enum err author(struct import *import, struct str email, bool note, struct person **out)
{
    bool made;
    enum err err = people_author(&import->people, email, import->now_ms, out, &made);
    if (err == OK && made && note)
        report_note(&import->report, REPORT_MESSAGES,
                    "addresses of messages belong to no user: kept as deleted accounts", email);
    return err;
}

enum err message_place(struct import *import, const struct legacy_message *from, bool note, struct message *out,
                       const char **reason)
{
    struct person *sender, *peer;
    int64_t group = 0;
    *reason = from->deleted                                               ? "left out: deleted"
              : from->cmd != CHAT_DIRECT && from->cmd != CHAT_GROUP       ? "left out: no chat message"
              : from->sender.size == 0                                    ? "left out: no sender"
              : from->dst.size == 0                                       ? "left out: no recipient"
              : from->cmd == CHAT_GROUP && !str_to_i64(from->dst, &group) ? "left out: no group"
                                                                          : NULL;
    if (*reason != NULL)
        return OK;
    *out =
        (struct message){ .chat = group, .type = from->type, .content = from->content, .created_ms = from->created_ms };
    if (from->cmd == CHAT_GROUP) {
        struct group_state state;
        enum err err = group >= GROUP_ID_FIRST ? group_state(import->db, group, &state) : ERR_NOT_FOUND;
        if (err == ERR_NOT_FOUND) {
            *reason = "left out: no group";
            return OK;
        }
        if (err != OK)
            return err;
    }
    enum err err = author(import, from->sender, note, &sender);
    if (err == OK && from->cmd == CHAT_DIRECT) {
        err = author(import, from->dst, note, &peer);
        if (err == OK)
            out->chat = chat_id_direct(sender->id, peer->id);
    }
    if (err == OK)
        out->sender = sender->id;
    return err;
}

/* The two of a one-to-one chat are its members as soon as something was said. */
static enum err direct_members(struct import *import, int64_t chat, int64_t now_ms)
{
    int64_t users[2];
    chat_id_users(chat, &users[0], &users[1]);
    for (int i = 0; i < (users[0] == users[1] ? 1 : 2); i++) {
        enum err err = member_insert(import->db, chat, users[i], ROLE_MEMBER, 1, now_ms);
        if (err != OK && err != ERR_EXISTS)
            return err;
    }
    return OK;
}

uint64_t sum_step(uint64_t sum, const struct message *message)
{
    int64_t numbers[] = { message->sender, message->type, message->created_ms, (int64_t)message->content.size };
    sum = hash_u64(sum ^ hash_bytes(numbers, sizeof(numbers)));
    return hash_u64(sum ^ hash_bytes(message->content.ptr, message->content.size));
}

/* Appends to the chat. */
static enum err message_take(struct import *import, struct message *message)
{
    struct taken_chat *chat = map_get(&import->chats, (uint64_t)message->chat);
    enum err err = OK;
    if (chat == NULL) {
        chat = chat_of(import, message->chat);
        err = message_head(import->db, message->chat, &chat->head);
        chat->first = chat->head + 1;
        if (err == OK && chat_id_is_direct(message->chat))
            err = direct_members(import, message->chat, message->created_ms);
    }
    message->seq = chat->head + 1;
    if (err == OK)
        err = message_insert(import->db, message);
    if (err == OK)
        chat->head = message->seq;
    return err;
}

static enum err row_take(struct import *import, const struct str *fields)
{
    struct report *report = &import->report;
    struct legacy_message from;
    struct message message;
    const char *reason;
    message_fields(fields, &from);
    report->kinds[REPORT_MESSAGES].read++;
    enum err err = message_place(import, &from, true, &message, &reason);
    if (err != OK)
        return err;
    if (reason == NULL && (from.id < 1 || from.id >= ID_LIMIT))
        reason = "left out: no id that a message can have";
    if (reason != NULL) {
        report_note(report, REPORT_MESSAGES, reason, from.example);
        return OK;
    }
    message.id = from.id;
    if (from.id <= import->next_id) {
        message.id = import->next_id + 1;
        report_note(report, REPORT_MESSAGES, "got other ids, since theirs were given here", from.example);
    }
    if (message.created_ms == 0)
        message.created_ms = import->now_ms;
    import->next_id = message.id;
    err = message_take(import, &message);
    if (err == OK) {
        chat_of(import, message.chat)->last_of_source = message.seq;
        report->kinds[REPORT_MESSAGES].taken++;
    }
    return err;
}

enum err import_messages(struct import *import)
{
    char statement[256];
    struct str fields[SOURCE_FIELDS_MAX];
    int64_t last = 0;
    enum err err = meta_get_i64(import->db, IMPORT_META_LAST, &last);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    snprintf(statement, sizeof(statement), "SELECT " MESSAGE_COLUMNS " FROM message WHERE id > %" PRId64 " ORDER BY id",
             last);
    err = source_begin(import->source, statement);
    if (err != OK)
        return err;
    while (err == OK && source_next(import->source, fields)) {
        err = row_take(import, fields);
        last = field_i64(fields[0], last);
        /* In the transaction of the rows themselves: a run that dies goes on behind them. */
        if (err == OK)
            err = meta_put_i64(import->db, IMPORT_META_LAST, last);
        if (err == OK)
            err = batch_step(import);
    }
    enum err ended = source_end(import->source);
    return err != OK ? err : ended;
}

/* ---- what was waiting ---- */

static void waits(struct import *import, int64_t user, int64_t chat, int64_t seq)
{
    uint64_t key = hash_u64((uint64_t)user ^ hash_u64((uint64_t)chat));
    struct undelivered *entry = map_get(&import->undelivered, key);
    while (entry != NULL && (entry->user != user || entry->chat != chat))
        entry = entry->next;
    if (entry == NULL) {
        entry = arena_alloc(&import->arena, sizeof(*entry));
        *entry = (struct undelivered){ .user = user, .chat = chat, .seq = seq };
        entry->next = map_put(&import->undelivered, key, entry);
    } else if (seq < entry->seq) {
        entry->seq = seq;
    }
}

static const struct undelivered *waiting(const struct import *import, int64_t user, int64_t chat)
{
    uint64_t key = hash_u64((uint64_t)user ^ hash_u64((uint64_t)chat));
    struct undelivered *entry = map_get(&import->undelivered, key);
    while (entry != NULL && (entry->user != user || entry->chat != chat))
        entry = entry->next;
    return entry;
}

static struct str text_of(const struct json *object, const char *key)
{
    struct str text;
    return json_text(json_get(object, key), &text) ? text : STR("");
}

static void json_fields(const struct json *object, struct legacy_message *out)
{
    *out = (struct legacy_message){ .type = TYPE_TEXT,
                                    .sender = str_trim(text_of(object, "userEmail")),
                                    .dst = str_trim(text_of(object, "dstObj")),
                                    .content = text_of(object, "content") };
    json_i64(json_get(object, "id"), &out->id);
    json_i64(json_get(object, "cmd"), &out->cmd);
    json_i64(json_get(object, "msgType"), &out->type);
    json_i64(json_get(object, "createAt"), &out->created_ms);
    int64_t deleted = 0;
    json_i64(json_get(object, "deleteTimestamp"), &deleted);
    out->deleted = deleted != 0;
}

static bool is_same(const struct message *a, const struct message *b)
{
    return a->sender == b->sender && a->type == b->type && a->created_ms == b->created_ms &&
           str_equal(a->content, b->content);
}

/* Whether the message is in the log: under its id, or as what was said there then. *seq is then where. */
static enum err stored_find(struct import *import, struct arena *scratch, const struct legacy_message *from,
                            const struct message *message, bool *found, int64_t *seq)
{
    struct message stored;
    struct message_list list;
    int64_t head, since;
    enum err err = from->id > 0 ? message_by_id(import->db, scratch, from->id, &stored) : ERR_NOT_FOUND;
    *found = err == OK && stored.chat == message->chat && is_same(&stored, message);
    *seq = *found ? stored.seq : 0;
    if (*found || (err != OK && err != ERR_NOT_FOUND))
        return *found ? OK : err;
    err = message_head(import->db, message->chat, &head);
    if (err == OK)
        err = message_since(import->db, message->chat, 1, head, message->created_ms, &since);
    for (bool more = err == OK; err == OK && more && !*found;) {
        err = message_page_from(import->db, scratch, message->chat, since, 50, &list);
        more = err == OK && list.count == 50;
        for (size_t i = 0; err == OK && i < list.count && !*found; i++) {
            *found = is_same(&list.rows[i], message);
            *seq = list.rows[i].seq;
            since = list.rows[i].seq + 1;
            more = more && list.rows[i].created_ms <= message->created_ms;
        }
    }
    return err;
}

static enum err parcel_take(struct import *import, struct arena *scratch, struct str email, const struct json *object)
{
    struct report *report = &import->report;
    struct legacy_message from;
    struct message message;
    const char *reason = NULL;
    bool found;
    int64_t seq;
    struct person *receiver = people_find(&import->people, email);
    json_fields(object, &from);
    enum err err = OK;
    if (receiver == NULL || !receiver->alive)
        reason = "left out: for no user";
    else
        err = message_place(import, &from, true, &message, &reason);
    if (err != OK)
        return err;
    if (reason != NULL) {
        report_note(report, REPORT_OFFLINE, reason, email);
        return OK;
    }
    if (message.created_ms == 0)
        message.created_ms = import->now_ms;
    err = stored_find(import, scratch, &from, &message, &found, &seq);
    if (err != OK)
        return err;
    if (found) {
        report->kinds[REPORT_OFFLINE].there++;
    } else {
        message.id = ++import->next_id;
        err = message_take(import, &message);
        seq = message.seq;
        report->kinds[REPORT_OFFLINE].taken++;
    }
    if (err == OK)
        waits(import, receiver->id, message.chat, seq);
    return err;
}

static enum err parcel(void *context, struct str email, struct str text)
{
    struct import *import = context;
    struct json *object;
    struct arena scratch = { 0 };
    enum err err = OK;
    import->report.kinds[REPORT_OFFLINE].read++;
    if (json_parse(import->parser, &scratch, text, &object) != OK || object->type != JSON_OBJECT)
        report_note(&import->report, REPORT_OFFLINE, "left out: no JSON object", email);
    else
        err = parcel_take(import, &scratch, email, object);
    if (err == OK)
        err = batch_step(import);
    arena_release(&scratch);
    return err;
}

enum err import_offline(struct import *import)
{
    return import->mailboxes == NULL ? OK : mailboxes_each(import->mailboxes, parcel, import);
}

/* ---- who has what ---- */

/* One member of a chat that this run wrote to: he has everything, but for what was waiting for him. */
static enum err member_settle(struct import *import, const struct taken_chat *chat, int64_t user)
{
    const struct undelivered *entry = waiting(import, user, chat->id);
    int64_t seq = entry == NULL ? chat->head : entry->seq - 1;
    struct cursor cursor = { .user = user, .chat = chat->id, .device = 0, .seq = seq };
    enum err err = seq > 0 ? cursor_save(import->db, &cursor) : OK;
    if (err == OK && seq > 0)
        err = member_mark(import->db, chat->id, user, seq, 0);
    return err == OK ? batch_step(import) : err;
}

static enum err group_settle(struct import *import, const struct taken_chat *chat)
{
    int64_t after = 0;
    for (;;) {
        struct arena scratch = { 0 };
        struct group_member_list list;
        enum err err = group_members(import->db, &scratch, chat->id, after, 1000, &list);
        for (size_t i = 0; err == OK && i < list.count; i++) {
            after = list.rows[i].user;
            err = member_settle(import, chat, after);
        }
        bool last = err != OK || list.count == 0;
        arena_release(&scratch);
        if (last)
            return err;
    }
}

enum err import_marks(struct import *import)
{
    size_t at = 0;
    uint64_t key;
    void *value;
    enum err err = OK;
    while (err == OK && map_next(&import->chats, &at, &key, &value)) {
        const struct taken_chat *chat = value;
        int64_t users[2];
        if (!chat_id_is_direct(chat->id)) {
            err = group_settle(import, chat);
            continue;
        }
        chat_id_users(chat->id, &users[0], &users[1]);
        for (int i = 0; err == OK && i < (users[0] == users[1] ? 1 : 2); i++)
            err = member_settle(import, chat, users[i]);
    }
    return err == OK ? meta_put_i64(import->db, META_MARKS, import->next_id) : err;
}
