/* phases.c: the clock of a measurement. */
#include "phases.h"

void phases_start(struct phases *phases, const struct options *options, double seconds)
{
    *phases = (struct phases){ .options = options };
    phases->begin = now_ns() + (int64_t)(options->warmup * 1e9);
    phases->end = phases->begin + (int64_t)(seconds * 1e9);
    phases->give_up = phases->end + (int64_t)(options->drain * 1e9);
}

int64_t phases_tick(struct phases *phases, int64_t now)
{
    if (phases->now == PHASE_WARMUP && now >= phases->begin) {
        phases->now = PHASE_MEASURE;
        meter_start(&phases->meter, phases->options);
    }
    if (phases->now == PHASE_MEASURE && now >= phases->end) {
        phases->now = PHASE_DRAIN;
        meter_stop(&phases->meter, phases->options);
    }
    return phases->now == PHASE_WARMUP ? phases->begin : phases->now == PHASE_MEASURE ? phases->end : phases->give_up;
}

void pace_start(struct pace *pace, double rate, int64_t now)
{
    *pace = (struct pace){ .start = now, .interval_ns = rate > 0 ? 1e9 / rate : 0 };
}
