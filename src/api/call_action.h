/* call_action.h: REST calls that are actions. */
#ifndef IM_API_CALL_ACTION_H
#define IM_API_CALL_ACTION_H

#include "api/call.h"

/* On a worker, authenticated, the body read: runs the route's action and replies with its answer. */
void call_action_run(struct call *call, struct reader *reader);

#endif
