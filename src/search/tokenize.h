/* tokenize.h: what a text is found by.
 * A text is folded (search/fold.h) and falls into spans: words, the longest
 * runs of letters and digits, and CJK runs, which have no blanks between
 * words. The index takes a word as one token, cut at TOKEN_SIZE_MAX; of a run
 * every pair of neighbours, and its last character alone, so that a single
 * character is the beginning of some token wherever it stands. */
#ifndef IM_SEARCH_TOKENIZE_H
#define IM_SEARCH_TOKENIZE_H

#include "util/buf.h"

#define TOKEN_SIZE_MAX 32

struct span_reader {
    struct str text; /* well-formed UTF-8 */
    size_t at;
};
/* The next span, folded, into *folded (emptied first). false: there is no more. */
bool span_next(struct span_reader *reader, struct buf *folded, bool *cjk);

/* A word as the index has it: its beginning, whole characters. */
struct str token_cut(struct str word);

/* Every token of the text, in order and as often as it occurs; borrowed for the call alone. */
void tokenize(struct str text, struct buf *scratch, void (*take)(void *context, struct str token), void *context);

#endif
