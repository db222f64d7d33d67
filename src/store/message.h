/* message.h: the log. A message is a row with the next seq of its chat. */
#ifndef IM_STORE_MESSAGE_H
#define IM_STORE_MESSAGE_H

#include "store/chat.h"

struct message {
    int64_t id; /* global, below 2^53 */
    int64_t chat;
    int64_t seq;
    int64_t sender;
    int64_t type; /* msgType */
    int64_t created_ms;
    struct str content;
    struct str sender_email; /* filled by reads that say so */
    struct str dst;          /* the protocol's dstObj; filled by chat/history */
};
struct message_list {
    struct message *rows;
    size_t count;
};

/* The chat's greatest seq, 0 when it is empty. */
enum err message_head(struct db *db, int64_t chat, int64_t *seq);
/* The greatest id of all, 0 when there is none. */
enum err message_last_id(struct db *db, int64_t *id);
/* id, chat, seq, sender, type, created_ms and content are the caller's.
 * ERR_EXISTS when (chat, seq) or id is taken. The one statement of the hot path. */
enum err message_insert(struct db *db, const struct message *message);
/* A page of large messages ends here, whatever its limit; the reader asks on. */
#define MESSAGE_PAGE_BYTES_MAX ((size_t)4 * 1024 * 1024)
/* The newest limit messages with seq < before (0: no bound), oldest first, sender_email filled; fewer
 * once their contents reach MESSAGE_PAGE_BYTES_MAX. */
enum err message_page(struct db *db, struct arena *arena, int64_t chat, int64_t before, size_t limit,
                      struct message_list *out);
/* The oldest undelivered messages over many chats, merged by id: of each given
 * chat those with seq > delivered and seq <= head. At most limit rows and about 64 KiB of contents, sender_email filled; every
 * row of a chat is followed by that chat's next one, here or in the next call.
 * chats[i].delivered is moved on. *more: something is left. Cost is bounded by count + limit, not count × limit. */
enum err message_backlog(struct db *db, struct arena *arena, struct member_chat *chats, size_t count, size_t limit,
                         struct message_list *out, bool *more);

/* Delivered cursors: never move back. */
struct cursor {
    int64_t user;
    int64_t chat;
    int64_t device;
    int64_t seq;
};
enum err cursor_save(struct db *db, const struct cursor *cursor);

#endif
