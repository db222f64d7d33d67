/* utf8.h: what RFC 3629 calls well-formed, and lengths in characters. */
#ifndef IM_UTIL_UTF8_H
#define IM_UTIL_UTF8_H

#include "util/str.h"

/* Surrogates, overlong forms and anything above U+10FFFF are ill-formed. */
bool utf8_valid(struct str text);

/* Code points in well-formed text. */
size_t utf8_length(struct str text);

/* A validator that takes text in pieces (a fragmented WebSocket message).
 * Zero it to start. */
struct utf8_check {
    uint32_t state;
};
bool utf8_check_feed(struct utf8_check *check, const char *bytes, size_t size); /* false: ill-formed */
bool utf8_check_done(const struct utf8_check *check);                          /* ends at a boundary */

/* Writes the code point (valid, not a surrogate) and returns its 1–4 bytes. */
size_t utf8_encode(uint32_t code_point, char out[4]);

/* Reads one code point of well-formed text at *at and moves it on. */
uint32_t utf8_next(struct str text, size_t *at);

#endif
