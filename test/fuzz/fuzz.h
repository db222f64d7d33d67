/* fuzz.h: what every fuzz target shares. A target states what must hold for
 * any bytes; what does not hold aborts, and libFuzzer keeps the input. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(claim) ((claim) ? (void)0 : must_fail(#claim, __FILE__, __LINE__))

static inline void must_fail(const char *claim, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

#endif
