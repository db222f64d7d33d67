/* assets.h: the browser client, carried inside the binary.
 * tools/embed turns the files of web/ into a table at build time, so that a
 * server has no files beside it that could be missing or of another version.
 * Everything here is constant and lives as long as the process. */
#ifndef IM_HTTP_ASSETS_H
#define IM_HTTP_ASSETS_H

#include "util/buf.h"

struct asset {
    struct str path; /* as in the request: "/app.js" */
    struct str content_type;
    struct str etag; /* strong, with its quotes: the hash of bytes */
    struct str bytes;
    struct str gzip; /* the same, compressed; size 0 where that saves nothing */
    bool immutable;  /* the name holds a hash of the content */
};

/* path: decoded, without the query. NULL: there is none. "/" is index.html. */
const struct asset *asset_find(struct str path);

/* Appends the lines that every answer with this asset carries, 304 included,
 * each CRLF-ended: how long it holds, and what a browser may do with it.
 * connect: an origin beside this server's that the page may call, or empty. */
void asset_headers_append(struct buf *out, const struct asset *asset, struct str connect);

#endif
