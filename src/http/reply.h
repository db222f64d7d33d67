/* reply.h: HTTP responses as bytes. */
#ifndef IM_HTTP_REPLY_H
#define IM_HTTP_REPLY_H

#include "util/buf.h"

struct http_reply {
    int status;
    struct str content_type;  /* ptr NULL: none is sent */
    struct str extra_headers; /* complete lines, each CRLF-ended */
    struct str body;
    bool head_only; /* answers HEAD, or the body follows in pieces: its length is told, it is not sent */
    bool close;     /* Connection: close */
    bool http_1_0;  /* a kept HTTP/1.0 connection says so */
};

void http_reply_append(struct buf *out, const struct http_reply *reply);
const char *http_status_text(int status);

/* Cross-origin answers (http.cors_origin). */
struct http_cors {
    bool any;           /* "*" */
    struct str origins; /* else a comma-separated list; empty: none */
};
/* Appends the header lines for a request from origin (ptr NULL: none was sent). */
void http_cors_append(struct buf *out, const struct http_cors *cors, struct str origin);
/* The lines that answer a preflight: methods, the headers asked for, how long it holds. */
void http_cors_preflight_append(struct buf *out, struct str methods, struct str requested_headers);

#endif
