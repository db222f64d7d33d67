/* json.h: strict JSON (RFC 8259) in.
 * A document is parsed whole into a tree in an arena; strings are unescaped,
 * length-carrying (a \u0000 is a NUL byte inside) and well-formed UTF-8.
 * Numbers keep the text they were written with. Behind it stands simdjson's
 * on-demand parser; nothing of it shows here. */
#ifndef IM_UTIL_JSON_H
#define IM_UTIL_JSON_H

#include "util/arena.h"
#include "util/err.h"

#ifdef __cplusplus
extern "C" {
#endif

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    struct str key;     /* this value's key, when its parent is an object */
    struct str text;    /* JSON_STRING: the value; JSON_NUMBER: as written */
    struct str raw;     /* JSON_OBJECT and JSON_ARRAY: the source bytes, as long as the input lives */
    struct json *first; /* children of arrays and objects, in order */
    struct json *next;
    size_t count;
};

#define JSON_DEPTH_MAX 32

/* One parser per thread: it keeps scratch memory that grows to the largest
 * document seen. */
struct json_parser;
struct json_parser *json_parser_new(void);
void json_parser_free(struct json_parser **parser);

/* Parses exactly one document (white space around it is allowed). *out lives
 * in the arena; nothing but raw points into bytes.
 * ERR_PARSE: malformed, ill-formed UTF-8, lone surrogates, trailing bytes, empty input.
 * ERR_TOO_LARGE: nested deeper than JSON_DEPTH_MAX. */
enum err json_parse(struct json_parser *parser, struct arena *arena, struct str bytes, struct json **out);

/* The member of an object by exact key, the last one where a key stands twice;
 * NULL when absent, or when object is NULL or no object. A JSON null counts as absent. */
const struct json *json_get(const struct json *object, const char *key);

/* A string's value, or a number's text as written (PROTOCOL.md: numbers are
 * taken as their text). false for NULL and every other type. */
bool json_text(const struct json *value, struct str *text);

/* A number that is an integer (1e3 and 1.0 are), or a string of digits.
 * false for everything else and what does not fit. */
bool json_i64(const struct json *value, int64_t *number);

bool json_bool(const struct json *value, bool *truth); /* true, false, 0, 1 */

#ifdef __cplusplus
}
#endif

#endif
