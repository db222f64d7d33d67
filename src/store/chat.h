/* chat.h: conversations and who is in them (what groups are beside that: store/group.h).
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

/* What a message to the group has to know. ERR_NOT_FOUND. */
struct group_state {
    int64_t silenced_ms; /* everybody but owner and admins, until then */
    bool dismissed;
    int64_t whole_history; /* 1 or 0; -1: as configured */
};
/* Whether new members read what was written before they came. */
bool group_whole_history(const struct group_state *state, bool configured);
enum err group_state(struct db *db, int64_t id, struct group_state *out);

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
/* Whether the two are in a chat together, direct or group. */
enum err member_shared(struct db *db, int64_t a, int64_t b, bool *shared);
/* How many are in the chat, counted up to limit. */
enum err member_count_upto(struct db *db, int64_t chat, size_t limit, size_t *count);

/* Everything a session needs of a chat to open, one row per chat of the user. */
struct member_chat {
    int64_t chat;
    int64_t delivered; /* the device's cursor; at least joined_seq - 1 and cleared_seq */
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
