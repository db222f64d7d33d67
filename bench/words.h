/* words.h: made-up texts, half Chinese, half English, whose words are as
 * unevenly common as those of people (Zipf). The same in bench/fill, which
 * writes them, and in loadgen, which looks for them. */
#ifndef IM_BENCH_WORDS_H
#define IM_BENCH_WORDS_H

#include "common.h"

#define WORDS_COUNT 20000 /* of each language; rank 0 is the commonest */
#define WORD_SIZE_MAX 16

struct words {
    struct zipf zipf;
};
void words_init(struct words *words);

/* Zero-terminated. A Chinese word is two characters. */
void word_chinese(uint64_t rank, char out[WORD_SIZE_MAX]);
void word_english(uint64_t rank, char out[WORD_SIZE_MAX]);

/* Fills out with at most size bytes of whole words in one language; returns how many. */
size_t words_text(const struct words *words, struct rng *rng, char *out, size_t size);

#endif
