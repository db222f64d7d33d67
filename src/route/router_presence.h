/* router_presence.h: what all routers answer alike, out of route/presence. Inside route/ only. */
#ifndef IM_ROUTE_ROUTER_PRESENCE_H
#define IM_ROUTE_ROUTER_PRESENCE_H

#include "route/router.h"

/* Members of struct router_ops, which says what they do. */
void router_presence_session_opened(struct router *router, int64_t user);
void router_presence_session_closed(struct router *router, int64_t user);
bool router_presence_online(struct router *router, int64_t user);
size_t router_presence_online_count(struct router *router);

#endif
