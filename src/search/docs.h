/* docs.h: a set of messages of one segment, by their number in it. */
#ifndef IM_SEARCH_DOCS_H
#define IM_SEARCH_DOCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SEGMENT_DOCS 8192 /* numbers of a segment, at most */
#define DOCS_WORDS (SEGMENT_DOCS / 64)

struct docs {
    uint64_t words[DOCS_WORDS];
};

static inline void docs_add(struct docs *docs, unsigned number)
{
    docs->words[number / 64] |= UINT64_C(1) << number % 64;
}

static inline void docs_remove(struct docs *docs, unsigned number)
{
    docs->words[number / 64] &= ~(UINT64_C(1) << number % 64);
}

static inline bool docs_has(const struct docs *docs, unsigned number)
{
    return (docs->words[number / 64] >> number % 64 & 1) != 0;
}

static inline void docs_fill(struct docs *docs)
{
    memset(docs, 0xff, sizeof(*docs));
}

/* Keeps what is in both; false when nothing is. */
static inline bool docs_and(struct docs *docs, const struct docs *other)
{
    uint64_t any = 0;
    for (size_t i = 0; i < DOCS_WORDS; i++)
        any |= docs->words[i] &= other->words[i];
    return any != 0;
}

/* The greatest number below bound, or -1. */
static inline int docs_last(const struct docs *docs, int bound)
{
    if (bound <= 0)
        return -1;
    int number = bound - 1;
    uint64_t word = docs->words[number / 64] & UINT64_MAX >> (63 - number % 64);
    int at = number / 64;
    while (word == 0 && at > 0)
        word = docs->words[--at];
    return word == 0 ? -1 : at * 64 + 63 - __builtin_clzll(word);
}

#endif
