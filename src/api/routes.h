/* routes.h: the table of HTTP routes. */
#ifndef IM_API_ROUTES_H
#define IM_API_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "http/parser.h"

struct action;
struct call;
struct reader;

enum route_flag {
    ROUTE_OPEN = 1, /* no token is asked */
    ROUTE_JSON = 2, /* the body is one JSON object */
};

/* New behaviour is a row and a function. */
struct route {
    enum http_method method;
    const char *path; /* "/file/…*": everything below it that no row before names for that method */
    unsigned flags;
    /* On a worker. Ends in call_reply… or hands the call on. */
    void (*run)(struct call *call, struct reader *reader);
    const struct action *action; /* or this */
};

struct route_match {
    const struct route *route; /* NULL: no such path, or not with that method */
    bool known;                /* the path exists */
    bool open;                 /* and asks for no token */
    char allow[48];            /* its methods, as Allow lists them */
};

/* HEAD finds GET's row. */
void routes_match(enum http_method method, struct str path, struct route_match *out);

/* One list a file. */
struct route_list {
    const struct route *rows;
    size_t count;
};
/* All lists, one after the other; NULL after the last. */
const struct route_list *routes_list(size_t i);

extern const struct route_list routes_user, routes_account, routes_contact, routes_conv, routes_msg, routes_community,
    routes_file, routes_sticker, routes_system;

#endif
