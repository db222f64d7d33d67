/* server.h: HTTP/1.1 connections of one loop: keep-alive, pipelining, limits,
 * time-outs. One request of a connection is with its handler at a time;
 * what comes behind it waits in a bounded buffer. The loop's thread only. */
#ifndef IM_HTTP_SERVER_H
#define IM_HTTP_SERVER_H

#include "http/parser.h"
#include "net/conn.h"

struct http_server;
struct http_conn;

struct http_server_options {
    int64_t head_timeout_ms; /* from the first byte of a request to the end of its head */
    int64_t idle_timeout_ms; /* between requests, and for a body */
    size_t body_max;
    /* A whole request. Its slices live until the callback returns. It is
     * answered now or later by http_conn_reply, once; or taken by http_conn_take. */
    void (*request)(struct http_conn *conn, const struct http_request *request, struct str body, void *context);
    /* A reply made here (400, 408, 413, 431): appends the headers every reply has. */
    void (*common_headers)(struct buf *out, void *context);
    /* Writes the body of such a reply. */
    void (*error_body)(struct buf *out, int status, void *context);
    void *context;
};

struct http_server *http_server_new(struct loop *loop, const struct http_server_options *options);
/* Every connection must be gone. */
void http_server_free(struct http_server **server);
/* A fresh connection becomes HTTP's. */
void http_server_accept(struct http_server *server, struct conn *conn);
/* Call about once a second: closes what has been silent too long. */
void http_server_tick(struct http_server *server, int64_t now_ms);
/* Closes idle connections at once, the others after their reply. */
void http_server_drain(struct http_server *server);
size_t http_server_count(const struct http_server *server);

/* A connection is named by a number that is never reused, so that an answer
 * that comes late finds nobody rather than somebody else. */
uint64_t http_conn_id(const struct http_conn *conn);
struct http_conn *http_conn_find(struct http_server *server, uint64_t id); /* NULL: gone */
struct conn *http_conn_stream(struct http_conn *conn);
/* Whether the reply to the current request must say Connection: close. */
bool http_conn_closing(const struct http_conn *conn);

/* The whole response. Takes its own reference. */
void http_conn_reply(struct http_conn *conn, struct payload *payload);

/* Ends HTTP on the stream and gives it to the caller, who must set an owner;
 * bytes that came behind the request are appended to rest. conn is gone. */
struct conn *http_conn_take(struct http_conn *conn, struct buf *rest);

#endif
