/* parser.h: one HTTP/1.1 request head and its body out of bytes (RFC 9112).
 * Pure and strict: no I/O, no allocation; hard limits; what smuggling needs is
 * refused (both Content-Length and Transfer-Encoding, differing or odd
 * or repeated lengths, bare CR or LF in the head, white space before a colon, obs-fold,
 * control bytes, no Host in 1.1, two Hosts). HTTP/1.0 is taken. */
#ifndef IM_HTTP_PARSER_H
#define IM_HTTP_PARSER_H

#include "util/buf.h"
#include "util/err.h"

#define HTTP_HEAD_MAX ((size_t)16 * 1024)
#define HTTP_HEADERS_MAX 64

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_OPTIONS, HTTP_PATCH, HTTP_OTHER };

struct http_header {
    struct str name;  /* as sent */
    struct str value; /* without surrounding blanks */
};

/* Slices point into the bytes parsed. */
struct http_request {
    enum http_method method;
    struct str method_text;
    struct str path;  /* as sent, percent-encoded; without the query; origin-form or absolute-form's path
                       * ("/" when that is empty), or "*" of OPTIONS */
    struct str query; /* without '?', ptr NULL when there is none */
    int minor;        /* HTTP/1.minor */
    bool keep_alive;
    bool expect_continue;
    bool upgrade_websocket; /* Connection: upgrade and Upgrade: websocket, GET, 1.1 */
    bool chunked;
    uint64_t content_length; /* 0 when chunked or absent */
    size_t header_count;
    struct http_header headers[HTTP_HEADERS_MAX];
};

/* Parses a head at the start of bytes. OK: *head_size is its length, body
 * follows. ERR_MORE: incomplete so far and within limits. ERR_TOO_LARGE:
 * HTTP_HEAD_MAX or HTTP_HEADERS_MAX exceeded (431). ERR_PARSE: 400 (also an
 * HTTP version other than 1.0 and 1.1 → the caller answers 400). Empty lines before the request line are
 * skipped. */
enum err http_parse_head(struct str bytes, struct http_request *request, size_t *head_size);

/* The first header of that name (ASCII case-insensitive); ptr NULL when absent. */
struct str http_header_get(const struct http_request *request, const char *name);

/* What chunk lines and trailers may hold beyond an allowance of their chunk's
 * size and 16 bytes each: extensions must not become a body without a bound. */
#define HTTP_CHUNKED_EXTRA_MAX 4096

/* chunked bodies, incremental. Zero it to start. */
struct http_chunked {
    uint64_t left;      /* of this chunk's data */
    uint32_t line_size; /* bytes of framing so far, less the allowance */
    uint8_t state;
};
/* Consumes from *bytes (moving it on), appends decoded bytes to body, which may
 * hold at most body_max (ERR_TOO_LARGE). ERR_MORE: wants more. OK: the body
 * ended; *bytes is what follows. Trailers are skipped, chunk extensions
 * ignored, both within HTTP_CHUNKED_EXTRA_MAX (ERR_TOO_LARGE). ERR_PARSE: 400. */
enum err http_chunked_feed(struct http_chunked *chunked, struct str *bytes, struct buf *body, size_t body_max);

/* Percent-decoding (RFC 3986). plus_blank: '+' is a blank (forms). ERR_PARSE
 * on a bad escape. out must have room for text.size and may be text.ptr; *size
 * tells the length. The result may hold any byte, NUL too. */
enum err http_percent_decode(struct str text, bool plus_blank, char *out, size_t *size);

/* The first value of a query parameter, still encoded; ptr NULL when absent,
 * empty for "name" and "name=". A name in the query may be encoded itself. */
struct str http_query_get(struct str query, const char *name);

#endif
