/* clock.h: the only source of time. A test may replace it. */
#ifndef IM_OS_CLOCK_H
#define IM_OS_CLOCK_H

#include <stdint.h>

struct clock_source {
    int64_t (*wall_ms)(void); /* Unix milliseconds, never going back within a process */
    int64_t (*mono_us)(void); /* monotonic microseconds */
};

int64_t clock_wall_ms(void);
int64_t clock_mono_us(void);
static inline int64_t clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}
/* NULL puts the system's clock back. Not thread-safe: before threads start. */
void clock_replace(const struct clock_source *source);

#endif
