/* router_presence.c: see router_presence.h. */
#include "route/router_presence.h"

#include "route/presence.h"

void router_presence_session_opened(struct router *router, int64_t user)
{
    presence_opened(router->presence, user);
}

void router_presence_session_closed(struct router *router, int64_t user)
{
    presence_closed(router->presence, user);
}

bool router_presence_online(struct router *router, int64_t user)
{
    return presence_online(router->presence, user);
}

size_t router_presence_online_count(struct router *router)
{
    return presence_count(router->presence);
}
