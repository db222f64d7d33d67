/* history.h: reading the log, for workers. Rows come with both names: who
 * wrote, and to whom (dst: the peer's email, or the group's id). */
#ifndef IM_CHAT_HISTORY_H
#define IM_CHAT_HISTORY_H

#include "store/message.h"

/* The newest limit messages with seq < before (0: no bound), oldest first.
 * ERR_DENIED: not the user's to read. */
enum err history_page(struct db *db, struct arena *arena, int64_t user, int64_t chat, int64_t before, size_t limit,
                      struct message_list *out);

/* message_backlog with names. */
enum err history_backlog(struct db *db, struct arena *arena, struct member_chat *chats, size_t count, size_t limit,
                         struct message_list *out, bool *more);

#endif
