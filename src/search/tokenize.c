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

/* ASCII letters and digits from at on, which are most of most texts, go over in one piece. false: there are none. */
static bool plain_take(struct str text, size_t *at, struct buf *folded)
{
    size_t end = *at;
    size_t before = folded->size;
    for (; end < text.size; end++) {
        char c = text.ptr[end];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')))
            break;
    }
    if (end == *at)
        return false;
    buf_append(folded, text.ptr + *at, end - *at);
    for (size_t i = before; i < folded->size; i++)
        if (folded->ptr[i] >= 'A' && folded->ptr[i] <= 'Z')
            folded->ptr[i] |= 0x20;
    *at = end;
    return true;
}

bool span_next(struct span_reader *reader, struct buf *folded, bool *cjk)
{
    buf_clear(folded);
    while (reader->at < reader->text.size) {
        size_t before = reader->at;
        if ((folded->size == 0 || !*cjk) && plain_take(reader->text, &reader->at, folded)) {
            *cjk = false;
            continue;
        }
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
