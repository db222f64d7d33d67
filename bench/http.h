/* http.h: keep-alive HTTP/1.1 clients, one call at a time each.
 * A fleet is a number of such connections; whoever has work asks for an idle
 * one. Bodies are read to their end, but only their start is kept. */
#ifndef IM_BENCH_HTTP_H
#define IM_BENCH_HTTP_H

#include "loop.h"

#define HTTP_KEEP 2048 /* bytes of a body that the answer callback sees */

struct http_fleet;

enum http_state { HTTP_HEAD, HTTP_LENGTH, HTTP_CHUNK_SIZE, HTTP_CHUNK_DATA, HTTP_CHUNK_END, HTTP_TRAILER };

struct http_client {
    struct conn conn; /* first: a conn is its client */
    struct http_fleet *fleet;
    struct http_client *idle_next;
    bool busy, up, ending;
    enum http_state state;
    int status;
    uint64_t rest; /* of the body or chunk */
    uint64_t body_size;
    size_t kept;
    uint64_t tag;     /* the caller's */
    int64_t begun_ns; /* when the call was meant to leave */
    char body[HTTP_KEEP + 1];
};

struct http_fleet {
    struct loop *loop;
    struct http_client *clients;
    struct http_client *idle;
    size_t count, busy;
    uint64_t failures; /* connections that broke in a call */
    void *context;
    /* The client is idle again when this is called. status 0: the connection broke. */
    void (*answer)(struct http_fleet *fleet, struct http_client *client, int64_t now);
};

void http_fleet_init(struct http_fleet *fleet, struct loop *loop, size_t count);
void http_fleet_release(struct http_fleet *fleet);

struct http_call {
    const char *method;
    const char *target;        /* path and query */
    const char *email, *token; /* NULL: none */
    const char *body;          /* JSON or NULL */
    uint64_t tag;
    int64_t begun_ns;
};
/* false: no client is idle now. */
bool http_call(struct http_fleet *fleet, const struct http_call *call);

/* The text value of a key in a flat piece of JSON without escapes in it. */
bool json_find(const char *json, const char *key, char *out, size_t capacity);

#endif
