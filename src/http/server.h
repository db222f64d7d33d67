/* server.h: HTTP/1.1 connections of one loop: keep-alive, pipelining, limits,
 * time-outs. One request of a connection is with its handler at a time;
 * what comes behind it waits in a bounded buffer. The loop's thread only. */
#ifndef IM_HTTP_SERVER_H
#define IM_HTTP_SERVER_H

#include "http/parser.h"
#include "net/conn.h"

struct http_server;
struct http_conn;

/* What a handler hangs on a connection while the body of a request, or of its
 * reply, passes through in pieces. Embed it. */
struct http_stream;
struct http_stream_calls {
    /* Decoded bytes of the body, valid until the call returns; last: no more will come, and the request waits for
     * its reply. The final call may carry none. */
    void (*body)(struct http_stream *stream, struct str bytes, bool last);
    /* What was given by http_conn_send_part has left for the kernel: room for more. */
    void (*drained)(struct http_stream *stream);
    /* The last call, for a stream whose connection ended before its reply did. Never from within another call. */
    void (*gone)(struct http_stream *stream);
};
struct http_stream {
    const struct http_stream_calls *calls;
};

struct http_server_options {
    int64_t head_timeout_ms; /* from the first byte of a request to the end of its head */
    int64_t idle_timeout_ms; /* between requests, and for a body */
    size_t body_max;
    /* The head of a request that has a body, which may be of any size. NULL: it is collected, within body_max, and
     * comes to request. Else it goes to the stream in pieces, starting paused (http_conn_body_resume); the slices of
     * request live until the callback returns, and it must not reply from within. May be NULL itself. */
    struct http_stream *(*body_begin)(struct http_conn *conn, const struct http_request *request, void *context);
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

/* Back-pressure on a streamed body. A few bytes may still come after a pause: what one read brought. The first
 * resume also tells a client that waits for it to go on (100). A reply before the body's end closes the
 * connection after it. */
void http_conn_body_pause(struct http_conn *conn);
void http_conn_body_resume(struct http_conn *conn);

/* A reply in pieces: the head first, then as much as it promised. stream hears when there is room for more. */
void http_conn_send_begin(struct http_conn *conn, struct http_stream *stream);
void http_conn_send_part(struct http_conn *conn, struct payload *payload);
/* Bytes that went past the connection, by conn_descriptor. full: the kernel takes no more for now; stream hears when it
 * does. */
void http_conn_sent(struct http_conn *conn, uint64_t bytes, bool full);
/* Nothing more; whole: all that was promised was given, else the connection is cut. */
void http_conn_send_end(struct http_conn *conn, bool whole);

/* Ends HTTP on the stream and gives it to the caller, who must set an owner;
 * bytes that came behind the request are appended to rest. conn is gone. */
struct conn *http_conn_take(struct http_conn *conn, struct buf *rest);

#endif
