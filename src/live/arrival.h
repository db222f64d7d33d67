/* arrival.h: the writer hears that a session came or went: friends are told, and of a named device the older session ends. */
#ifndef IM_LIVE_ARRIVAL_H
#define IM_LIVE_ARRIVAL_H

#include "live/session.h"

/* After the router knows of it. */
void arrival_submit(struct session *session, bool opened);

#endif
