/* jsonw.h: JSON out, appended to a buffer.
 * Commas are placed by looking at the last byte written, so a writer needs
 * no state; the buffer holds nothing but the document, and is empty where it
 * starts. Keys are literals of ours and are not escaped. */
#ifndef IM_UTIL_JSONW_H
#define IM_UTIL_JSONW_H

#include "util/buf.h"

void jsonw_open(struct buf *out, char bracket);  /* '{' or '[' as the next value */
void jsonw_close(struct buf *out, char bracket); /* '}' or ']' */
void jsonw_key(struct buf *out, const char *key);

/* The next value: an array element, or what follows jsonw_key. */
void jsonw_str(struct buf *out, struct str text);
void jsonw_i64(struct buf *out, int64_t value);
void jsonw_bool(struct buf *out, bool value);
void jsonw_raw(struct buf *out, struct str json);

/* Key and value in one; jsonw_put_str leaves the pair out when text.ptr is NULL. */
void jsonw_put_str(struct buf *out, const char *key, struct str text);
void jsonw_put_i64(struct buf *out, const char *key, int64_t value);
void jsonw_put_bool(struct buf *out, const char *key, bool value);

/* The text with & < > " ' as entities, then JSON-escaped: what the original's
 * page may put into HTML (compat.escape_html). */
void jsonw_str_html(struct buf *out, struct str text);

/* Only the escaping of RFC 8259 section 7, without the quotes. Ill-formed
 * UTF-8 must not get here. */
void jsonw_escape(struct buf *out, struct str text);

#endif
