/* terms.c: queries. Pure. */
#include "search/terms.h"

#include "search/tokenize.h"
#include "util/utf8.h"

#define TERMS_MAX TERMS_QUERY_MAX /* a term has a byte at least */

static void term_add(struct arena *arena, struct terms *terms, struct str text, bool cjk)
{
    for (size_t i = 0; i < terms->count; i++)
        if (terms->items[i].cjk == cjk && str_equal(terms->items[i].text, text))
            return;
    terms->items[terms->count++] = (struct term){ arena_str(arena, text), cjk };
}

enum err terms_parse(struct arena *arena, struct str query, struct terms *out)
{
    struct span_reader reader = { .text = query };
    struct buf folded = { 0 };
    bool cjk = false;
    *out = (struct terms){ 0 };
    if (query.size > TERMS_QUERY_MAX || !utf8_valid(query))
        return ERR_ARG;
    out->items = arena_alloc(arena, TERMS_MAX * sizeof(*out->items));
    while (span_next(&reader, &folded, &cjk))
        term_add(arena, out, buf_str(&folded), cjk);
    buf_release(&folded);
    return out->count > 0 ? OK : ERR_ARG;
}

static void key_add(struct term_keys *keys, struct str text, bool prefix)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].prefix == prefix && str_equal(keys->items[i].text, text))
            return;
    keys->items[keys->count++] = (struct term_key){ text, prefix };
}

static void run_keys(struct term_keys *keys, struct str run)
{
    size_t first = 0;
    size_t at = 0;
    utf8_next(run, &at);
    if (at == run.size)
        key_add(keys, run, true);
    while (at < run.size) {
        size_t second = at;
        utf8_next(run, &at);
        key_add(keys, (struct str){ run.ptr + first, at - first }, false);
        first = second;
    }
}

void terms_keys(struct arena *arena, const struct terms *terms, struct term_keys *out)
{
    *out = (struct term_keys){ .items = arena_alloc(arena, TERMS_MAX * sizeof(*out->items)) };
    for (size_t i = 0; i < terms->count; i++) {
        if (terms->items[i].cjk)
            run_keys(out, terms->items[i].text);
        else
            key_add(out, token_cut(terms->items[i].text), true);
    }
}

static bool term_in(const struct term *term, struct str span, bool cjk)
{
    if (term->cjk != cjk || term->text.size > span.size)
        return false;
    if (cjk)
        return memmem(span.ptr, span.size, term->text.ptr, term->text.size) != NULL;
    return memcmp(span.ptr, term->text.ptr, term->text.size) == 0;
}

bool terms_match(const struct terms *terms, struct str text, struct buf *scratch)
{
    struct span_reader reader = { .text = text };
    bool found[TERMS_MAX] = { false };
    size_t missing = terms->count;
    bool cjk = false;
    if (!utf8_valid(text))
        return false;
    while (missing > 0 && span_next(&reader, scratch, &cjk)) {
        for (size_t i = 0; i < terms->count; i++) {
            if (!found[i] && term_in(&terms->items[i], buf_str(scratch), cjk)) {
                found[i] = true;
                missing--;
            }
        }
    }
    return missing == 0;
}
