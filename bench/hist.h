/* hist.h: a log-linear histogram of durations, in the manner of HdrHistogram.
 * 128 buckets an octave: any percentile is right to 0.8 %, from 1 ns to years,
 * in 58 KB and without allocation. */
#ifndef IM_BENCH_HIST_H
#define IM_BENCH_HIST_H

#include <stdint.h>

#define HIST_BITS 7
#define HIST_BUCKETS ((64 - HIST_BITS) << HIST_BITS)

struct hist {
    uint64_t count;
    int64_t max;
    double sum;
    uint64_t buckets[HIST_BUCKETS];
};

void hist_clear(struct hist *hist);
void hist_add(struct hist *hist, int64_t ns); /* negative counts as 0 */
void hist_merge(struct hist *into, const struct hist *from);
/* The upper edge of the bucket that holds the fraction (0 … 1] of all values, at most max; 0 when empty. */
int64_t hist_at(const struct hist *hist, double fraction);

#endif
