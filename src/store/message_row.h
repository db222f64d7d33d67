/* message_row.h: reading rows of a message with its sender's email. Inside store/ only. */
#ifndef IM_STORE_MESSAGE_ROW_H
#define IM_STORE_MESSAGE_ROW_H

#include "store/message.h"
#include "store/query.h"

/* Stored in flags besides enum message_flag, so that they always take one byte and a change of them never makes a row
 * grow (store/change.c says why that matters). */
#define MESSAGE_FLAGS_BYTE 64

void message_read(struct query_call *call, struct arena *arena, struct message *out);

#endif
