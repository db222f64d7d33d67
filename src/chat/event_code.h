/* event_code.h: a batch's events as bytes, for the other nodes.
 * What is read was written by another node, perhaps by one of another
 * version: it is taken apart like anybody's bytes. Where an event's session
 * is (loop, session) concerns its own node alone and is left out; foreign is
 * set in what was read. */
#ifndef IM_CHAT_EVENT_CODE_H
#define IM_CHAT_EVENT_CODE_H

#include "chat/event.h"
#include "util/buf.h"

/* Appends one event to bytes; an empty buffer gets its version first. */
void event_encode(struct buf *bytes, const struct event *event);
/* All of them. */
void event_list_encode(struct buf *bytes, const struct event_list *list);
/* Appends what bytes hold to the list, which keeps a copy of them. ERR_PARSE: they are not what event_encode writes; the
 * list is as before. */
enum err event_list_decode(struct str bytes, struct event_list *list);

#endif
