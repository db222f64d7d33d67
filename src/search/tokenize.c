/* tokenize.c: spans and tokens. Pure. */
#include "search/tokenize.h"

#include "search/fold.h"
#include "util/utf8.h"

static void letters_append(struct buf *folded, const struct fold *letter)
{
    char bytes[4];
    for (unsigned i = 0; i < letter->count; i++)
        buf_append(folded, bytes, utf8_encode(letter->letters[i], bytes));
}

bool span_next(struct span_reader *reader, struct buf *folded, bool *cjk)
{
    buf_clear(folded);
    while (reader->at < reader->text.size) {
        size_t before = reader->at;
        struct fold letter = fold(utf8_next(reader->text, &reader->at));
        if (letter.kind == FOLD_MARK)
            continue;
        if (letter.kind == FOLD_BREAK) {
            if (folded->size > 0)
                return true;
            continue;
        }
        if (folded->size > 0 && *cjk != (letter.kind == FOLD_CJK)) {
            reader->at = before; /* the next span's first */
            return true;
        }
        *cjk = letter.kind == FOLD_CJK;
        letters_append(folded, &letter);
    }
    return folded->size > 0;
}

struct str token_cut(struct str word)
{
    if (word.size <= TOKEN_SIZE_MAX)
        return word;
    word.size = TOKEN_SIZE_MAX;
    while (((unsigned char)word.ptr[word.size] & 0xc0) == 0x80)
        word.size--;
    return word;
}

static void run_take(struct str run, void (*take)(void *context, struct str token), void *context)
{
    size_t first = 0; /* of a pair */
    size_t at = 0;
    utf8_next(run, &at);
    while (at < run.size) {
        size_t second = at;
        utf8_next(run, &at);
        take(context, (struct str){ run.ptr + first, at - first });
        first = second;
    }
    take(context, (struct str){ run.ptr + first, run.size - first });
}

void tokenize(struct str text, struct buf *scratch, void (*take)(void *context, struct str token), void *context)
{
    struct span_reader reader = { .text = text };
    bool cjk = false;
    if (!utf8_valid(text)) /* not from a client: those are checked */
        return;
    while (span_next(&reader, scratch, &cjk)) {
        if (cjk)
            run_take(buf_str(scratch), take, context);
        else
            take(context, token_cut(buf_str(scratch)));
    }
}
