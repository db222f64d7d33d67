/* import_state.h: what the parts of an import share. Inside src/legacy only. */
#ifndef IM_LEGACY_IMPORT_STATE_H
#define IM_LEGACY_IMPORT_STATE_H

#include "legacy/import.h"
#include "legacy/people.h"
#include "store/message.h"
#include "util/json.h"

/* The store's meta: the greatest id of the original's that was looked at. */
#define IMPORT_META_LAST "legacy.last_message"

/* A chat that messages were taken over into, in this run. */
struct taken_chat {
    int64_t id;
    int64_t head;
    int64_t first;          /* the first seq of this run */
    int64_t last_of_source; /* the last that came from MySQL; what was in Redis only follows */
    uint64_t stored_sum;
    uint64_t source_sum;
    int64_t stored_count;
    int64_t source_count;
};

/* What somebody has not been given yet: of one chat, from that seq on. */
struct undelivered {
    int64_t user;
    int64_t chat;
    int64_t seq;
    struct undelivered *next; /* of the same key */
};

struct import {
    struct db *db;
    struct source *source;
    struct mailboxes *mailboxes;
    struct report report;
    struct people people;
    struct arena arena; /* lives as long as the import */
    struct map chats;   /* by id: struct taken_chat */
    struct map undelivered;
    struct json_parser *parser;
    int64_t now_ms;
    int64_t
        source_before; /* messages of the original up to here were there before this run, or before the one that died */
    int64_t next_id;   /* of a message that can't keep its own */
    size_t in_batch;
};

/* A transaction is open throughout; every few thousand rows it is committed and begun anew. */
enum err batch_begin(struct import *import);
enum err batch_step(struct import *import);
enum err batch_end(struct import *import);

/* NULL or no number: fallback. */
int64_t field_i64(struct str field, int64_t fallback);
bool field_is_deleted(struct str field); /* delete_timestamp */

enum err import_users(struct import *import);
enum err import_groups(struct import *import);
enum err import_contacts(struct import *import);
enum err import_messages(struct import *import);
enum err import_offline(struct import *import);
enum err import_marks(struct import *import);

struct taken_chat *chat_of(struct import *import, int64_t id);
/* The checksum's next value; order counts. */
uint64_t sum_step(uint64_t sum, const struct message *message);

/* A row of the table message. */
#define MESSAGE_COLUMNS "id, user_email, cmd, dst_obj, msg_type, content, create_at, delete_timestamp"
struct legacy_message {
    int64_t id;
    struct str example; /* the id as text */
    struct str sender;
    int64_t cmd;
    struct str dst;
    int64_t type;
    struct str content;
    int64_t created_ms;
    bool deleted;
};
void message_fields(const struct str *fields, struct legacy_message *out);
/* Where a message belongs: chat and sender; authors are made where an address is nobody's. *reason: why it can't be
 * taken over, NULL where it can. note: whether authors that are made are told of. */
enum err message_place(struct import *import, const struct legacy_message *from, bool note, struct message *out,
                       const char **reason);

#endif
