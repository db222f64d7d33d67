/* query.h: running one statement, by its id. Inside store/ only.
 * The text of every statement stands in query.c, one column per dialect. A
 * call prepares it at first use, binds from left to right, and remembers the
 * first error, so that a query function reads straight down:
 *
 *     struct query_call call = call_start(db, QUERY_MEMBER_GET);
 *     call_i64(&call, chat);
 *     while (call_row(&call))
 *         role = call_column_i64(&call, 0);
 *     return call_end(&call);
 */
#ifndef IM_STORE_QUERY_H
#define IM_STORE_QUERY_H

#include "store/db.h"

enum query {
    QUERY_META_GET,
    QUERY_META_DELETE,
    QUERY_META_INSERT,
    QUERY_USER_BY_ID,
    QUERY_USER_BY_EMAIL,
    QUERY_USER_ID_BY_EMAIL,
    QUERY_USER_PASSWORD,
    QUERY_USER_INSERT,
    QUERY_USER_SET_PROFILE,
    QUERY_USER_SET_PASSWORD,
    QUERY_USER_SEARCH,
    QUERY_USER_PAGE,
    QUERY_USER_DELETE,
    QUERY_USER_DELETE_DEVICES,
    QUERY_USER_DELETE_CONTACTS,
    QUERY_USER_DELETE_CONTACTS_TO,
    QUERY_USER_DELETE_MEMBERSHIPS,
    QUERY_USER_DELETE_CURSORS,
    QUERY_USER_DELETE_DEVICE_NAMES,
    QUERY_USER_DELETE_DEVICE_CURSORS,
    QUERY_USER_DELETE_MENTIONS,
    QUERY_USER_DELETE_HIDDEN,
    QUERY_USER_DELETE_APPLICATIONS,
    QUERY_USER_DELETE_BLOCKS,
    QUERY_USER_DELETE_BLOCKS_OF,
    QUERY_USER_DELETE_REQUESTS,
    QUERY_USER_DELETE_REQUESTS_TO,
    QUERY_USER_SEEN,
    QUERY_USER_SET_SEEN,
    QUERY_DEVICE_INSERT,
    QUERY_DEVICE_COPY_CURSORS,
    QUERY_DEVICE_BY_TOKEN,
    QUERY_DEVICE_GET,
    QUERY_DEVICE_TOUCH,
    QUERY_DEVICE_FOLD_CURSORS,
    QUERY_DEVICE_DELETE_CURSORS,
    QUERY_DEVICE_DELETE,
    QUERY_DEVICE_BEYOND,
    QUERY_DEVICE_OTHER,
    QUERY_DEVICE_LIST,
    QUERY_DEVICE_IDLE,
    QUERY_CONTACT_EXISTS,
    QUERY_CONTACT_INSERT,
    QUERY_CONTACT_DELETE,
    QUERY_CONTACT_LIST,
    QUERY_CONTACT_UNBLOCKED,
    QUERY_CONTACT_NOTE,
    QUERY_CONTACT_SET_NOTE,
    QUERY_REQUEST_INSERT,
    QUERY_REQUEST_BY_ID,
    QUERY_REQUEST_BETWEEN,
    QUERY_REQUEST_REPEAT,
    QUERY_REQUEST_SET_STATE,
    QUERY_REQUEST_DELETE,
    QUERY_REQUEST_WAITING,
    QUERY_REQUEST_PAGE,
    QUERY_COUNTER_TAKE,
    QUERY_COUNTER_GET,
    QUERY_CHAT_INSERT,
    QUERY_GROUP_BY_ID,
    QUERY_GROUP_SEARCH,
    QUERY_GROUP_LIST,
    QUERY_GROUP_PAGE,
    QUERY_GROUP_SIZE,
    QUERY_GROUP_RESIZE,
    QUERY_GROUP_SET,
    QUERY_GROUP_SET_NOTICE,
    QUERY_GROUP_SET_SILENCED,
    QUERY_GROUP_SET_OWNER,
    QUERY_GROUP_DISMISS,
    QUERY_GROUP_DELETE_MEMBERS,
    QUERY_GROUP_DELETE_APPLICANTS,
    QUERY_GROUP_DELETE_MENTIONS,
    QUERY_GROUP_DELETE_CURSORS,
    QUERY_GROUP_MEMBERS,
    QUERY_GROUP_STAFF,
    QUERY_GROUP_SUCCESSOR_ADMIN,
    QUERY_GROUP_SUCCESSOR,
    QUERY_APPLICANT_INSERT,
    QUERY_APPLICANT_REASON,
    QUERY_APPLICANT_DELETE,
    QUERY_APPLICANT_EXISTS,
    QUERY_APPLICANT_COUNT,
    QUERY_APPLICANT_LIST,
    QUERY_MEMBER_INSERT,
    QUERY_MEMBER_DELETE,
    QUERY_MEMBER_DELETE_CURSORS,
    QUERY_MEMBER_DELETE_MENTIONS,
    QUERY_MEMBER_SET_ROLE,
    QUERY_MEMBER_SET_SILENCED,
    QUERY_MEMBER_SHARED,
    QUERY_MEMBER_COUNT_UPTO,
    QUERY_MEMBER_GET,
    QUERY_MEMBER_CHATS,
    QUERY_MESSAGE_HEAD,
    QUERY_MESSAGE_LAST_ID,
    QUERY_MESSAGE_INSERT,
    QUERY_MESSAGE_BY_CID,
    QUERY_MESSAGE_GET,
    QUERY_MESSAGE_PAGE,
    QUERY_MESSAGE_PAGE_FROM,
    QUERY_MESSAGE_VIEW_BEFORE,
    QUERY_MESSAGE_VIEW_FROM,
    QUERY_MESSAGE_VIEW_V1,
    QUERY_MESSAGE_GONE_COUNT,
    QUERY_MESSAGE_CREATED,
    QUERY_MESSAGE_SENDER,
    QUERY_MESSAGE_LOOK,
    QUERY_MESSAGE_BY_ID,
    QUERY_MESSAGE_AFTER,
    QUERY_MESSAGE_SET_CONTENT,
    QUERY_MESSAGE_SET_FLAGS,
    QUERY_EDITION_SET,
    QUERY_EDITION_EMPTY,
    QUERY_EDITION_INSERT,
    QUERY_MESSAGE_WIPE,
    QUERY_MESSAGE_EXPIRED,
    QUERY_CURSOR_SAVE,
    QUERY_MESSAGE_SENDERS,
    QUERY_PERSONAL_GET,
    QUERY_PERSONAL_NEXT,
    QUERY_MEMBER_CHANGED,
    QUERY_MEMBER_MARK_READ,
    QUERY_MEMBER_MARK_SENT,
    QUERY_DEVICE_NAME_GET,
    QUERY_DEVICE_NAME_INSERT,
    QUERY_DEVICE_NAME_USE,
    QUERY_DEVICE_NAME_BEYOND,
    QUERY_DEVICE_NAME_IDLE,
    QUERY_DEVICE_NAME_FOLD,
    QUERY_DEVICE_NAME_DELETE_CURSORS,
    QUERY_DEVICE_NAME_DELETE,
    QUERY_DEVICE_CURSOR_SAVE,
    QUERY_DEVICE_CURSOR_GONE,
    QUERY_MEMBER_IDS,
    QUERY_MEMBER_STATES,
    QUERY_MEMBER_DRAFT,
    QUERY_MEMBER_SET,
    QUERY_MEMBER_SET_DRAFT,
    QUERY_MEMBER_ACTIVITY,
    QUERY_MEMBER_READERS,
    QUERY_MEMBER_READERS_COUNT,
    QUERY_DEVICE_CURSORS,
    QUERY_BLOCK_EXISTS,
    QUERY_BLOCK_INSERT,
    QUERY_BLOCK_DELETE,
    QUERY_BLOCK_COUNT,
    QUERY_BLOCK_LIST,
    QUERY_BLOCK_OWNERS,
    QUERY_MUTATION_HEAD,
    QUERY_MUTATION_INSERT,
    QUERY_MUTATION_PAGE,
    QUERY_MUTATION_AFTER,
    QUERY_GROUP_STATE,
    QUERY_HIDDEN_EXISTS,
    QUERY_HIDDEN_ANY,
    QUERY_HIDDEN_INSERT,
    QUERY_HIDDEN_AFTER,
    QUERY_MENTION_INSERT,
    QUERY_MENTION_NEXT,
    QUERY_MENTION_DELETE_ALL,
    QUERY_REACTION_EXISTS,
    QUERY_REACTION_INSERT,
    QUERY_REACTION_DELETE,
    QUERY_REACTION_DELETE_ALL,
    QUERY_REACTION_USERS,
    QUERY_REACTION_COUNT_USER,
    QUERY_REACTION_KINDS,
    QUERY_REACTION_KIND_COUNT,
    QUERY_REACTION_KIND_INSERT,
    QUERY_REACTION_KIND_DELETE,
    QUERY_REACTION_KIND_DELETE_ALL,
    QUERY_PIN_INSERT,
    QUERY_PIN_DELETE,
    QUERY_PIN_COUNT,
    QUERY_PIN_LIST,
    QUERY_FILE_INSERT,
    QUERY_FILE_BY_FID,
    QUERY_FILE_EXISTS,
    QUERY_FILE_OWN_WITH,
    QUERY_FILE_ANY_WITH,
    QUERY_FILE_KEEP,
    QUERY_FILE_USAGE,
    QUERY_FILE_COUNT,
    QUERY_FILE_PUBLIC,
    QUERY_FILE_PLACES,
    QUERY_FILE_REF_INSERT,
    QUERY_FILE_USED,
    QUERY_FILE_UNUSED,
    QUERY_FILE_REF_DELETE,
    QUERY_FILE_EXPIRED,
    QUERY_FILE_DELETE,
    QUERY_UPLOAD_INSERT,
    QUERY_UPLOAD_BY_FID,
    QUERY_UPLOAD_WITH,
    QUERY_UPLOAD_COUNT,
    QUERY_UPLOAD_COUNT_ALL,
    QUERY_UPLOAD_SET,
    QUERY_UPLOAD_EXPIRED,
    QUERY_UPLOAD_DELETE,
    QUERY_INVITE_INSERT,
    QUERY_INVITE_TAKE,
    QUERY_INVITE_LIST,
    QUERIES
};

/* A missing column means: the first one is good for this dialect, too. */
extern const char *const query_text[QUERIES][SQL_DIALECTS];

struct query_call {
    struct db *db;
    const struct sql_driver *v;
    struct sql_stmt *stmt; /* NULL when it could not be prepared */
    enum query query;
    int bound;
    enum err err;
};

/* A statement runs once at a time: call_end before the next call_start of the same id. */
struct query_call call_start(struct db *db, enum query query);
void call_i64(struct query_call *call, int64_t value);
void call_text(struct query_call *call, struct str text); /* borrowed until call_end; ptr NULL is SQL NULL */
void call_blob(struct query_call *call, struct str bytes);
bool call_row(struct query_call *call); /* a row is there to read */
int64_t call_column_i64(struct query_call *call, int index);
struct str call_column_text(struct query_call *call, struct arena *arena, int index); /* copied; ptr NULL for NULL */
enum err call_end(struct query_call *call);
/* Steps once and ends: for statements without rows. */
enum err call_finish(struct query_call *call);
/* The same, and ERR_NOT_FOUND when no row was changed. */
enum err call_finish_found(struct query_call *call);

/* ASCII letters in lower case, in the arena. */
struct str text_lowered(struct arena *arena, struct str text);

/* The first column of all rows. Ends the call. */
enum err ids_read(struct query_call *call, struct arena *arena, struct id_list *out);

/* Room for one more row in an array that grows in an arena. */
void *rows_grow(struct arena *arena, void *rows, size_t count, size_t *capacity, size_t row_size);

#endif
