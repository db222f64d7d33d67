/* chat.h: conversations and who is in them.
 * A group's chat id is the group's id (from 1000, below 2^53). A one-to-one
 * chat's id is computed from its two users (chat_id_direct), so that finding
 * it needs no query and no coordination between nodes. */
#ifndef IM_STORE_CHAT_H
#define IM_STORE_CHAT_H

#include "store/db.h"

enum chat_kind { CHAT_DIRECT = 10, CHAT_GROUP = 11 }; /* the protocol's cmd */
enum member_role { ROLE_MEMBER = 0, ROLE_ADMIN = 1, ROLE_OWNER = 2 };

#define USER_ID_MAX ((int64_t)0x7fffffff)
#define GROUP_ID_FIRST 1000

/* Symmetric; bit 62 set. a may equal b (a chat with oneself). */
int64_t chat_id_direct(int64_t a, int64_t b);
bool chat_id_is_direct(int64_t chat);
/* The two users of a direct chat. */
void chat_id_users(int64_t chat, int64_t *low, int64_t *high);

struct group {
    int64_t id;
    struct str name;
    struct str icon;        /* ptr NULL: none */
    struct str memo;        /* ptr NULL: none */
    int64_t owner;          /* user id */
    struct str owner_email; /* joined in */
    int64_t created_ms;
};
struct group_list {
    struct group *rows;
    size_t count;
};

/* Makes the group; the owner becomes its first member (ROLE_OWNER). */
enum err group_insert(struct db *db, struct str name, struct str icon, struct str memo, int64_t owner, int64_t now_ms,
                      int64_t *id);
enum err group_by_id(struct db *db, struct arena *arena, int64_t id, struct group *out); /* ERR_NOT_FOUND */
/* What a message to the group has to know. ERR_NOT_FOUND. */
struct group_state {
    int64_t silenced_ms; /* everybody but owner and admins, until then */
    bool dismissed;
    int64_t whole_history; /* 1 or 0; -1: as configured */
};
/* Whether new members read what was written before they came. */
bool group_whole_history(const struct group_state *state, bool configured);
enum err group_state(struct db *db, int64_t id, struct group_state *out);
/* Id or name contains text; %, _ and \ match themselves. By id. */
enum err group_search(struct db *db, struct arena *arena, struct str text, size_t limit, struct group_list *out);
/* The groups a user is in, by id. */
enum err group_list(struct db *db, struct arena *arena, int64_t user, struct group_list *out);
enum err group_page(struct db *db, struct arena *arena, int64_t after, size_t limit, struct group_list *out);

/* joined_seq: messages from this seq on are news to the member. Makes the chat
 * row of a direct chat when it is not there. ERR_EXISTS: is a member. */
enum err member_insert(struct db *db, int64_t chat, int64_t user, enum member_role role, int64_t joined_seq,
                       int64_t now_ms);
struct member {
    enum member_role role;
    int64_t joined_seq;
    int64_t read_seq; /* as stored: chat/marks may know better */
    int64_t sent_seq;
    int64_t cleared_seq;
    int64_t pver; /* of the last personal change in this chat */
    int64_t top_ms;
    bool muted;          /* no notifications, the user's own wish */
    int64_t silenced_ms; /* may not write until then; 0: may */
};
/* The oldest seq that the member may read. */
int64_t member_min_seq(const struct member *member, bool whole_history);
enum err member_get(struct db *db, int64_t chat, int64_t user, struct member *out); /* ERR_NOT_FOUND */

/* Everything a session needs of a chat to open, one row per chat of the user. */
struct member_chat {
    int64_t chat;
    int64_t delivered; /* the device's cursor; where it has none, joined_seq - 1 */
    int64_t head;      /* the chat's greatest seq, 0 when empty */
};
struct member_chat_list {
    struct member_chat *rows;
    size_t count;
};
/* The chats alone, with no cursors: as if everything were delivered. */
enum err member_ids(struct db *db, struct arena *arena, int64_t user, struct member_chat_list *out);
enum err member_chats(struct db *db, struct arena *arena, int64_t user, int64_t device, struct member_chat_list *out);

#endif
