/* history.h: reading the log, for workers. Rows come with both names: who
 * wrote, and to whom (dst: the peer's email, or the group's id). What one user
 * may see of a chat is decided here, once for pages, deltas, forwards and v1. */
#ifndef IM_CHAT_HISTORY_H
#define IM_CHAT_HISTORY_H

#include "store/message.h"

/* Who reads, with what. */
struct reading {
    struct db *db;
    struct arena *arena;
    int64_t user;
    bool whole_history; /* group.history = all */
    int64_t now_ms;
};

/* Messages as the reader sees them now: nothing below min (policy_oldest), nothing he deleted for himself; what is
 * gone keeps its seq and says so (state) without content. Oldest first; from > 0: those from that seq on;
 * else the newest before that bound (0: none). *more: something is left that way. */
enum err history_view(const struct reading *reading, int64_t chat, int64_t min, int64_t from, int64_t before,
                      size_t limit, struct message_list *out, bool *more);

/* v1: the newest limit messages with seq < before (0: no bound), oldest first; without notices.
 * ERR_DENIED: not the user's to read. */
enum err history_page(const struct reading *reading, int64_t chat, int64_t before, size_t limit,
                      struct message_list *out);

/* Messages of the chat that show a file and have one of the types (bits, 1 << msgType), the newest first, below before
 * (0: no bound), or the oldest first, behind after (ascend), as the reader sees them now: what he may not read, and what
 * is gone, is not among them. *next: where to go on, 0: that was all. Costs what the chat has of files, and no more than FILES_LOOKED_AT_MAX of them: a page may
 * be short, even empty, before the end. ERR_DENIED: not the reader's. */
#define FILES_LOOKED_AT_MAX ((size_t)1000)
struct files_wanted {
    int64_t chat;
    int64_t before;
    bool ascend;
    int64_t after;
    uint32_t types;
    size_t limit;
};
enum err history_files(const struct reading *reading, const struct files_wanted *wanted, struct message_list *out,
                       int64_t *next);

/* Fills dst of messages that were read by other means. */
enum err history_names(struct db *db, struct arena *arena, struct message_list *list);

/* message_backlog with names; hidden is filled for that user. */
enum err history_backlog(struct db *db, struct arena *arena, int64_t user, struct member_chat *chats, size_t count,
                         size_t limit, struct message_list *out, bool *more);

/* Fills reacts of the messages that have any: [{"content":emoji,"count":2,"users":[…]}…] in the order of first
 * reactions, with the addresses of the first REACT_USERS_MAX who reacted so. Costs what is shown, however many
 * reacted. */
#define REACT_USERS_MAX ((size_t)100)
enum err history_reacts(struct db *db, struct arena *arena, struct message_list *list);

/* The chat's pinned messages that the user may read, the latest pin first, with names and reacts.
 * ERR_DENIED: not the user's to read. */
enum err history_pins(struct db *db, struct arena *arena, int64_t user, int64_t chat, bool whole_history,
                      struct message_list *out);

#endif
