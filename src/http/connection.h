/* connection.h: one HTTP connection, for the files of this folder alone. server.c holds the connections and their
 * time-outs, request.c reads what comes in, respond.c writes what goes out. */
#ifndef IM_HTTP_CONNECTION_H
#define IM_HTTP_CONNECTION_H

#include "http/server.h"
#include "util/map.h"

enum http_state {
    HTTP_READING, /* waiting for a request, or in its head */
    HTTP_BODY,    /* the head is parsed, the body is not whole */
    HTTP_STREAM,  /* the body goes to a stream in pieces */
    HTTP_BUSY,    /* a request is with its handler */
    HTTP_CLOSING,
};

struct http_conn {
    struct http_server *server;
    struct conn *stream;
    struct http_conn *previous;
    struct http_conn *next;
    uint64_t id;
    int64_t deadline_ms;
    struct buf in;
    struct buf body; /* of a chunked request, decoded */
    struct http_chunked chunked;
    size_t head_size;  /* HTTP_BODY: of the head at the front of in */
    size_t whole_size; /* HTTP_BODY with a length: head and body */
    enum http_state state;
    bool is_chunked;
    bool keep_alive;
    bool advancing;    /* http_advance is on the stack */
    struct str behind; /* while it is: what came behind the request at hand */
    bool taken;        /* by http_conn_take, while advancing */
    bool paused;
    bool ended; /* nothing more will come */
    /* The body or the reply in pieces. */
    struct http_stream *streaming;
    uint64_t body_left; /* HTTP_STREAM with a length */
    bool continue_due;  /* HTTP_STREAM: the client waits for a 100 */
    bool sending;       /* HTTP_BUSY: a reply in pieces, which has a deadline */
};

struct http_server {
    struct loop *loop;
    struct http_server_options options;
    struct http_conn *first;
    struct map by_id;
    uint64_t last_id;
    bool draining;
};

/* ---- server.c ---- */

void http_deadline_set(struct http_conn *conn, int64_t from_now_ms);
/* Forgets the connection; its stream is the caller's, or gone. */
void http_conn_free(struct http_conn *conn);

/* ---- request.c ---- */

/* Bytes the loop has read, valid until it returns. */
void http_conn_read(struct http_conn *conn, struct str bytes);
/* Goes through the requests that are there: in fresh, or in what was kept (STR_NONE). false: the stream was taken, and
 * conn is gone. */
bool http_advance(struct http_conn *conn, struct str fresh);

/* ---- respond.c ---- */

/* Closes once what was written is sent. */
void http_close(struct http_conn *conn);
/* Without a word: the reply under way can't be finished. */
void http_cut(struct http_conn *conn);
/* Answers with an error of HTTP's own and closes: what follows on the stream can't be trusted to be a request. */
void http_refuse(struct http_conn *conn, int status);
/* Tells a client that waits for it to send its body (RFC 9110, 10.1.1). */
void http_continue(struct http_conn *conn);

#endif
