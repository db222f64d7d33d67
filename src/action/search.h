/* search.h: finding messages in one's own chats. */
#ifndef IM_ACTION_SEARCH_H
#define IM_ACTION_SEARCH_H

#include "action/action.h"

/* {q, chat, dstObj, sender, msgType, begin, end, cursor, limit} → {msgs, cursor, upTo, head}: newest first. */
extern const struct action action_search;

#endif
