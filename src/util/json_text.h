/* json_text.h: the scalar grammar of RFC 8259, for json_simdjson.cc.
 * simdjson finds the tokens and vouches for UTF-8, closed strings and the
 * absence of raw control characters; what a token may hold is decided here,
 * because its own unescaping lets some lone surrogates through and its
 * numbers lose their text. */
#ifndef IM_UTIL_JSON_TEXT_H
#define IM_UTIL_JSON_TEXT_H

#include "util/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The size of a string's inside, from after its opening quote to before its
 * closing one, which must exist. *escaped: there is a backslash in it. */
size_t json_string_size(const char *inside, bool *escaped);

/* The inside of a string as text in the arena. false: a bad escape or a lone
 * surrogate. */
bool json_unescape(struct arena *arena, struct str inside, struct str *text);

/* Whether token is exactly one number. */
bool json_number_valid(struct str token);

#ifdef __cplusplus
}
#endif

#endif
