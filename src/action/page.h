/* page.h: messages as an array, bounded in bytes: an answer must fit into a session's outbox. */
#ifndef IM_ACTION_PAGE_H
#define IM_ACTION_PAGE_H

#include "action/action.h"
#include "chat/history.h"

/* What a reading action reads with. */
struct reading page_reading(struct action_call *call, const struct action_env *env);

/* How large an answer may grow: half an outbox. What went over it by its last message still fits. */
size_t page_bytes_max(const struct action_env *env);

/* The next value: as many of the messages, in order, as fit into so many bytes, but at least one. newest: those at
 * the end of the list are kept, else those at its start. list is cut to what was written. true: it was cut. */
bool page_append(struct buf *out, struct message_list *list, bool newest, size_t bytes_max);

#endif
