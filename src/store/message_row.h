/* message_row.h: reading rows of a message with its sender's email. Inside store/ only. */
#ifndef IM_STORE_MESSAGE_ROW_H
#define IM_STORE_MESSAGE_ROW_H

#include "store/message.h"
#include "store/query.h"

void message_read(struct query_call *call, struct arena *arena, struct message *out);

#endif
