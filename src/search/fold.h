/* fold.h: what a character is to a search, and the letters it is looked up by.
 * Case, diacritics and width do not count: É, é and e are one letter, ß is ss,
 * full-width Ａ is a. Greek and Cyrillic are lower-cased, a Greek accent and
 * the dots of ё dropped. Everything else stands for itself. */
#ifndef IM_SEARCH_FOLD_H
#define IM_SEARCH_FOLD_H

#include <stdint.h>

enum fold_kind {
    FOLD_BREAK, /* space, punctuation, symbols, emoji: ends what stands before it */
    FOLD_MARK,  /* belongs to the character before it, and is left out */
    FOLD_WORD,  /* a letter or digit of a script that puts blanks between words */
    FOLD_CJK,   /* Han, Hiragana, Katakana, Bopomofo, Hangul */
};

struct fold {
    enum fold_kind kind;
    unsigned count; /* of letters: 1 or 2, and 0 where kind has none */
    uint32_t letters[2];
};

struct fold fold(uint32_t code_point);

#endif
