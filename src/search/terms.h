/* terms.h: what somebody looks for, and whether a text has it.
 * All terms must be there: a word as the beginning of a word of the text, a
 * CJK run as a part of one of its runs. */
#ifndef IM_SEARCH_TERMS_H
#define IM_SEARCH_TERMS_H

#include "util/arena.h"
#include "util/buf.h"
#include "util/err.h"

#define TERMS_KEY_SIZE_MAX 32         /* of a token */
#define TERMS_QUERY_MAX ((size_t)256) /* bytes of a query */

struct term {
    struct str text; /* folded */
    bool cjk;
};
struct terms {
    struct term *items; /* no two alike */
    size_t count;
};

/* A token to look up; prefix: all tokens that begin with it. */
struct term_key {
    struct str text;
    bool prefix;
};
struct term_keys {
    struct term_key *items;
    size_t count;
};

/* ERR_ARG: longer than TERMS_QUERY_MAX, or nothing to look for in it. */
enum err terms_parse(struct arena *arena, struct str query, struct terms *out);
/* The tokens that every text with these terms has. */
void terms_keys(struct arena *arena, const struct terms *terms, struct term_keys *out);
bool terms_match(const struct terms *terms, struct str text, struct buf *scratch);

#endif
