/* hist.c: where a value lies. Values below 256 have a bucket each; above,
 * the top eight bits of a value choose it. */
#include "hist.h"

#include <string.h>

static unsigned bucket_of(uint64_t value)
{
    if (value < (2U << HIST_BITS))
        return (unsigned)value;
    unsigned shift = 63U - (unsigned)__builtin_clzll(value) - HIST_BITS;
    return (shift << HIST_BITS) + (unsigned)(value >> shift);
}

/* The greatest value of a bucket. */
static uint64_t bucket_top(unsigned bucket)
{
    if (bucket < (2U << HIST_BITS))
        return bucket;
    unsigned shift = (bucket >> HIST_BITS) - 1;
    uint64_t mantissa = bucket - (shift << HIST_BITS);
    return ((mantissa + 1) << shift) - 1;
}

void hist_clear(struct hist *hist)
{
    memset(hist, 0, sizeof *hist);
}

void hist_add(struct hist *hist, int64_t ns)
{
    if (ns < 0)
        ns = 0;
    hist->count++;
    hist->sum += (double)ns;
    if (ns > hist->max)
        hist->max = ns;
    hist->buckets[bucket_of((uint64_t)ns)]++;
}

void hist_merge(struct hist *into, const struct hist *from)
{
    into->count += from->count;
    into->sum += from->sum;
    if (from->max > into->max)
        into->max = from->max;
    for (unsigned i = 0; i < HIST_BUCKETS; i++)
        into->buckets[i] += from->buckets[i];
}

int64_t hist_at(const struct hist *hist, double fraction)
{
    double want = fraction * (double)hist->count;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HIST_BUCKETS; i++) {
        seen += hist->buckets[i];
        if (seen > 0 && (double)seen >= want) {
            uint64_t top = bucket_top(i);
            return top > (uint64_t)hist->max ? hist->max : (int64_t)top;
        }
    }
    return hist->max;
}
