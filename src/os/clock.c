/* clock.c: the system's clocks, unless a test brought its own.
 * Message times must not run backwards when somebody sets the machine's
 * clock, so the wall clock stands still until the real one has caught up. */
#include "os/clock.h"

#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

static int64_t system_wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t system_mono_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static const struct clock_source system_clock = { .wall_ms = system_wall_ms, .mono_us = system_mono_us };
static struct clock_source source = { .wall_ms = system_wall_ms, .mono_us = system_mono_us };
static _Atomic int64_t wall_latest_ms;

int64_t clock_wall_ms(void)
{
    int64_t now = source.wall_ms();
    int64_t latest = atomic_load_explicit(&wall_latest_ms, memory_order_relaxed);
    while (now > latest) {
        if (atomic_compare_exchange_weak_explicit(&wall_latest_ms, &latest, now, memory_order_relaxed,
                                                  memory_order_relaxed))
            return now;
    }
    return latest;
}

int64_t clock_mono_us(void)
{
    return source.mono_us();
}

void clock_replace(const struct clock_source *replacement)
{
    source = replacement == NULL ? system_clock : *replacement;
    atomic_store(&wall_latest_ms, 0);
}
