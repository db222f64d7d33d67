/* range.h: which bytes of a file are asked for (RFC 9110 section 14).
 * Pure. One range is served; several, other units and what can't be read are
 * answered with the whole, as the RFC allows. */
#ifndef IM_HTTP_RANGE_H
#define IM_HTTP_RANGE_H

#include "util/str.h"

enum http_range_kind {
    HTTP_RANGE_WHOLE,
    HTTP_RANGE_PART, /* 206 */
    HTTP_RANGE_NONE, /* 416: no byte of it is there */
};

struct http_range {
    enum http_range_kind kind;
    uint64_t from;
    uint64_t size; /* WHOLE: of everything; PART: at least 1 */
};

/* header: the value of Range, ptr NULL when absent. size: of the file. */
struct http_range http_range_parse(struct str header, uint64_t size);

/* Whether a list of entity tags (If-None-Match), or "*", names this one; weak comparison. */
bool http_etag_listed(struct str list, struct str etag);

#endif
