/* leaf.h: neighbouring tokens of a segment with their postings, as the bytes
 * of one row. Most tokens are of one or two messages: a row for each would
 * cost more than what it says. An entry is how many bytes its token shares
 * with the one before, how many follow and which, then the size of its
 * postings (seven bits a byte) and these. Pure. */
#ifndef IM_SEARCH_LEAF_H
#define IM_SEARCH_LEAF_H

#include "search/terms.h"

#define LEAF_SIZE ((size_t)900) /* what SQLite keeps within a page of 4 KiB; one entry may be larger by itself */

/* Being written. A zeroed one is empty. */
struct leaf {
    struct buf bytes;
    char first[TERMS_KEY_SIZE_MAX]; /* its first token and its last */
    char last[TERMS_KEY_SIZE_MAX];
    size_t first_size, last_size;
};

/* Whether the entry belongs into another leaf. */
bool leaf_full(const struct leaf *leaf, struct str token, struct str postings);
/* Tokens ascend; of 1 to TERMS_KEY_SIZE_MAX bytes. */
void leaf_add(struct leaf *leaf, struct str token, struct str postings);
struct str leaf_first(const struct leaf *leaf);
void leaf_clear(struct leaf *leaf); /* keeps the memory */
void leaf_release(struct leaf *leaf);

struct leaf_reader {
    struct str rest; /* set this to the bytes, and the others to zero */
    char token[TERMS_KEY_SIZE_MAX];
    size_t size;
    struct str postings; /* of that token; in the bytes */
};

/* The next entry. *ok false: the bytes are not what leaf_add writes, and it ends there. */
bool leaf_next(struct leaf_reader *reader, bool *ok);
struct str leaf_token(const struct leaf_reader *reader);

/* As the tokens are ordered: by their bytes. */
int leaf_compare(struct str one, struct str other);

#endif
