/* message.h: the log. A message is a row with the next seq of its chat. */
#ifndef IM_STORE_MESSAGE_H
#define IM_STORE_MESSAGE_H

#include "store/chat.h"

/* A message that is gone keeps its row and seq; content and attrs are emptied, and overwritten on the disk. */
enum message_state { MESSAGE_THERE = 0, MESSAGE_RECALLED = 1, MESSAGE_DELETED = 2 };
enum message_flag { MESSAGE_EDITED = 1, MESSAGE_REACTED = 2, MESSAGE_PINNED = 4, MESSAGE_MOVED = 8 };
#define MESSAGE_TYPE_TEXT 1
#define MESSAGE_TYPE_LINK 5
#define MESSAGE_TYPE_NOTICE 13 /* written by the server: what happened to a group (PROTOCOL.md) */
#define MESSAGE_TYPE_STICKER 14

struct message {
    int64_t id; /* global, below 2^53 */
    int64_t chat;
    int64_t seq;
    int64_t sender;
    int64_t type; /* msgType */
    int64_t created_ms;
    struct str content;
    int64_t state;
    int64_t flags;
    struct str cid;     /* ptr NULL: none, as of v1 */
    int64_t digest;     /* of what was first sent under cid */
    struct str attrs;   /* reply, at, fwd, ttl, ext, ct as members of a JSON object, without braces; ptr NULL: none */
    int64_t expires_ms; /* 0: never */
    bool hidden;        /* the reader deleted it for himself; filled by reads that say so */
    struct str reacts;  /* a JSON array, filled by chat/history; ptr NULL: none */
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
/* id, chat, seq, sender, type, created_ms, content, cid, digest, attrs and expires_ms are the caller's.
 * ERR_EXISTS when (chat, seq) or id is taken, or the sender used the cid in the chat before. The one statement
 * of the hot path. */
enum err message_insert(struct db *db, const struct message *message);
/* Of what a sender sent to the chat under a cid: id, seq, created_ms, digest. ERR_NOT_FOUND. */
enum err message_by_cid(struct db *db, int64_t chat, int64_t sender, struct str cid, struct message *out);
/* One message with all its fields, sender_email too. ERR_NOT_FOUND. */
enum err message_get(struct db *db, struct arena *arena, int64_t chat, int64_t seq, struct message *out);
/* The same by its id. */
enum err message_by_id(struct db *db, struct arena *arena, int64_t id, struct message *out);
/* Over all chats, those with id > after, in order, for who follows everything; fewer once their contents reach
 * MESSAGE_AFTER_BYTES_MAX. */
#define MESSAGE_AFTER_BYTES_MAX ((size_t)1024 * 1024)
enum err message_after(struct db *db, struct arena *arena, int64_t after, size_t limit, struct message_list *out);
/* Those with seq >= from, oldest first, as message_page says. */
enum err message_page_from(struct db *db, struct arena *arena, int64_t chat, int64_t from, size_t limit,
                           struct message_list *out);
/* A page of large messages ends here, whatever its limit; the reader asks on. */
#define MESSAGE_PAGE_BYTES_MAX ((size_t)4 * 1024 * 1024)
/* The newest limit messages with seq < before (0: no bound), oldest first, sender_email filled; fewer
 * once their contents reach MESSAGE_PAGE_BYTES_MAX. */
enum err message_page(struct db *db, struct arena *arena, int64_t chat, int64_t before, size_t limit,
                      struct message_list *out);
/* What one user sees of a chat: from min on, and without what he deleted for himself. Reads with sender_email. */
struct message_range {
    int64_t chat;
    int64_t user;
    int64_t min;
    int64_t from;   /* 0: the newest before that bound; else those from here on */
    int64_t before; /* 0: no bound */
    size_t limit;
};
/* Oldest first. *more: something is left in the direction of reading; also when MESSAGE_PAGE_BYTES_MAX ended it. */
enum err message_view(struct db *db, struct arena *arena, const struct message_range *range, struct message_list *out,
                      bool *more);
/* As message_page, of that range: without notices. from is not looked at. */
enum err message_view_v1(struct db *db, struct arena *arena, const struct message_range *range,
                         struct message_list *out);
/* Where a time begins in a chat, among the messages from min to head: the seq of one that was stored at or after
 * since_ms while the one before it was not; head + 1: all were before. Where the clock never went back there is one
 * such place, the first message since then; else it is one of several. Reads log2(head - min) rows of the index. */
enum err message_since(struct db *db, int64_t chat, int64_t min, int64_t head, int64_t since_ms, int64_t *seq);
/* Those of a chat, sender_email filled, count of them into out, which has the room, in the same order; ERR_NOT_FOUND if
 * one is missing. seqs ascend or descend. A statement for each QUERY_BATCH of them. */
enum err message_get_all(struct db *db, struct arena *arena, int64_t chat, const int64_t *seqs, size_t count,
                         struct message *out);
/* Who wrote it. ERR_NOT_FOUND. */
enum err message_sender(struct db *db, int64_t chat, int64_t seq, int64_t *sender);
/* How many messages after that seq are gone. */
enum err message_gone_count(struct db *db, int64_t chat, int64_t after, int64_t *count);
/* The oldest message after that seq which mentions the user, or everybody, and is not gone; 0: none. */
enum err mention_next(struct db *db, int64_t user, int64_t chat, int64_t after, int64_t *seq);
/* The oldest undelivered messages over many chats, merged by id: of each given
 * chat those with seq > delivered and seq <= head. At most limit rows and about 64 KiB of contents, sender_email filled; every
 * row of a chat is followed by that chat's next one, here or in the next call.
 * chats[i].delivered is moved on. *more: something is left. Cost is bounded by count + limit, not count × limit; statements
 * are a fraction of that (QUERY_LOOKS, QUERY_BATCH). */
enum err message_backlog(struct db *db, struct arena *arena, struct member_chat *chats, size_t count, size_t limit,
                         struct message_list *out, bool *more);

/* user 0: everybody. One that stands there already is fine. */
enum err mention_insert(struct db *db, int64_t user, int64_t chat, int64_t seq);
/* Who wrote what after that id, in the order of ids: for chat/marks. */
struct sent {
    int64_t id;
    int64_t chat;
    int64_t user;
    int64_t seq;
};
struct sent_list {
    struct sent *rows;
    size_t count;
};
enum err message_senders_after(struct db *db, struct arena *arena, int64_t id, size_t limit, struct sent_list *out);

/* Delivered cursors: never move back. */
struct cursor {
    int64_t user;
    int64_t chat;
    int64_t device;
    int64_t seq;
};
enum err cursor_save(struct db *db, const struct cursor *cursor);

#endif
