/* route_sticker.c: /sticker/…. */
#include "api/routes.h"

#include "action/sticker.h"

static const struct route rows[] = {
    { HTTP_POST, "/sticker/create", ROUTE_JSON, NULL, &action_sticker_create },
    { HTTP_PUT, "/sticker/edit", ROUTE_JSON, NULL, &action_sticker_edit },
    { HTTP_POST, "/sticker/delete", ROUTE_JSON, NULL, &action_sticker_delete },
    { HTTP_POST, "/sticker/add", ROUTE_JSON, NULL, &action_sticker_add },
    { HTTP_POST, "/sticker/remove", ROUTE_JSON, NULL, &action_sticker_remove },
    { HTTP_PUT, "/sticker/order", ROUTE_JSON, NULL, &action_sticker_order },
    { HTTP_GET, "/sticker/packs", 0, NULL, &action_sticker_packs },
    { HTTP_GET, "/sticker/pack", 0, NULL, &action_sticker_pack },
    { HTTP_GET, "/sticker/find", 0, NULL, &action_sticker_find },
};
const struct route_list routes_sticker = { rows, sizeof(rows) / sizeof(rows[0]) };
