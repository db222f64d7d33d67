/* unread.h: how many messages are news to somebody (PROTOCOL.md, v2: Rules). */
#ifndef IM_CHAT_UNREAD_H
#define IM_CHAT_UNREAD_H

#include "store/chat.h"

/* Messages after this seq are unread: who came later, cleared, read or answered has none before. read_seq and
 * sent_seq are the latest known. */
int64_t unread_after(const struct member *member);

/* head: the chat's greatest seq; gone: how many messages after unread_after are recalled or deleted. */
int64_t unread_count(int64_t head, int64_t after, int64_t gone);

#endif
