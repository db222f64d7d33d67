/* deflate.h: permessage-deflate (RFC 7692) without context takeover, so that a
 * compressed frame can be shared by every session that took the extension and
 * an idle session holds nothing. */
#ifndef IM_WS_DEFLATE_H
#define IM_WS_DEFLATE_H

#include "util/buf.h"
#include "util/err.h"

struct ws_inflate; /* allocates zlib's state only while a message is being inflated */
struct ws_inflate *ws_inflate_new(void);
void ws_inflate_free(struct ws_inflate **inflate);
/* Inflates one whole message's bytes (the 00 00 FF FF tail is added here) and
 * appends at most size_max bytes to out. ERR_TOO_LARGE beyond that, ERR_PARSE for a
 * bad stream; out is then as it was. */
enum err ws_inflate_message(struct ws_inflate *inflate, struct str bytes, struct buf *out, size_t size_max);

/* Compresses one message (tail removed) and appends it; the state is per thread. level as zlib's, 1 to 9. */
struct ws_deflate;
struct ws_deflate *ws_deflate_new(int level);
void ws_deflate_free(struct ws_deflate **deflate);
void ws_deflate_message(struct ws_deflate *deflate, struct str bytes, struct buf *out);

#endif
