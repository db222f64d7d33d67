/* phases.h: every timed load goes warm-up, measurement, drain.
 * A message belongs to the measurement by the time it was meant to leave, so
 * those that are late still count (no coordinated omission); the rate counts
 * what arrives in the measurement. */
#ifndef IM_BENCH_PHASES_H
#define IM_BENCH_PHASES_H

#include "report.h"

enum phase { PHASE_WARMUP, PHASE_MEASURE, PHASE_DRAIN };

struct phases {
    const struct options *options;
    enum phase now;
    int64_t begin, end, give_up;
    struct meter meter;
};

void phases_start(struct phases *phases, const struct options *options, double seconds);
/* Moves on when it is time; returns when it wants to be asked next. */
int64_t phases_tick(struct phases *phases, int64_t now);
static inline bool phases_counts(const struct phases *phases, int64_t sent_ns)
{
    return sent_ns >= phases->begin && sent_ns < phases->end;
}

/* Open loop: the k-th departure is due at start + k × interval, whatever happened to the others. */
struct pace {
    int64_t start;
    double interval_ns; /* 0: closed loop */
    uint64_t sent;
};
void pace_start(struct pace *pace, double rate, int64_t now);
static inline int64_t pace_due(const struct pace *pace)
{
    return pace->start + (int64_t)((double)pace->sent * pace->interval_ns);
}

#endif
