/* route_conv.c: /conv/…, a user's conversations. */
#include "api/routes.h"

#include "action/conv.h"

static const struct route rows[] = {
    { HTTP_GET, "/conv/list", 0, NULL, &action_conv_list },
    { HTTP_POST, "/conv/read", ROUTE_JSON, NULL, &action_read },
    { HTTP_POST, "/conv/clear", ROUTE_JSON, NULL, &action_clear },
    { HTTP_PUT, "/conv/set", ROUTE_JSON, NULL, &action_set },
};
const struct route_list routes_conv = { rows, sizeof(rows) / sizeof(rows[0]) };
