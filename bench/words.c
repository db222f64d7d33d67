/* words.c: texts to search. */
#include "words.h"

#include <stdio.h>
#include <string.h>

#define HAN_FIRST 0x4e00u
#define HAN_COUNT 3000u /* about as many as people use */

void words_init(struct words *words)
{
    zipf_init(&words->zipf, WORDS_COUNT, 1.01);
}

static uint64_t mixed(uint64_t value)
{
    value = (value + 1) * 0x9e3779b97f4a7c15u;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    return value ^ value >> 27;
}

/* Common characters are in many words: the square of an even choice. */
static uint32_t han(uint64_t choice)
{
    uint64_t even = choice % HAN_COUNT;
    return HAN_FIRST + (uint32_t)(even * even / HAN_COUNT);
}

void word_chinese(uint64_t rank, char out[WORD_SIZE_MAX])
{
    uint64_t choice = mixed(rank);
    uint32_t pair[2] = { han(choice), han(choice >> 24) };
    for (size_t i = 0; i < 2; i++) {
        out[3 * i] = (char)(0xe0 | pair[i] >> 12);
        out[3 * i + 1] = (char)(0x80 | (pair[i] >> 6 & 0x3f));
        out[3 * i + 2] = (char)(0x80 | (pair[i] & 0x3f));
    }
    out[6] = '\0';
}

void word_english(uint64_t rank, char out[WORD_SIZE_MAX])
{
    static const char *const syllables[] = { "ta",  "re", "con", "mi", "lo", "ser", "na",  "ti",
                                             "ver", "do", "pla", "ne", "ka", "shi", "gro", "un" };
    uint64_t choice = mixed(rank + WORDS_COUNT);
    size_t size = 0;
    for (size_t count = 2 + choice % 3; count > 0; count--) {
        choice >>= 4;
        size += (size_t)snprintf(out + size, WORD_SIZE_MAX - size, "%s", syllables[choice % 16]);
    }
}

size_t words_text(const struct words *words, struct rng *rng, char *out, size_t size)
{
    bool chinese = rng_below(rng, 2) == 0;
    size_t used = 0;
    for (;;) {
        char word[WORD_SIZE_MAX];
        uint64_t rank = zipf_next(&words->zipf, rng);
        if (chinese)
            word_chinese(rank, word);
        else
            word_english(rank, word);
        const char *after = !chinese ? " " : rng_below(rng, 6) == 0 ? "\xef\xbc\x8c" : "";
        size_t more = strlen(word) + strlen(after);
        if (used + more > size)
            return used;
        memcpy(out + used, word, strlen(word));
        memcpy(out + used + strlen(word), after, strlen(after));
        used += more;
    }
}
