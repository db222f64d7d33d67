/* metrics.h: counters of one loop, read by /metrics.
 * A counter has one writer, its loop's thread, so adding is a relaxed load
 * and store; a scrape sums the loops. */
#ifndef IM_LIVE_METRICS_H
#define IM_LIVE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

#include "util/buf.h"

enum metric {
    METRIC_HTTP_REQUESTS,
    METRIC_HTTP_UNAUTHORIZED,
    METRIC_HTTP_REFUSED,     /* 429 and 503 */
    METRIC_HTTP_CONNECTIONS, /* now */
    METRIC_WS_SESSIONS,      /* now */
    METRIC_WS_V2_SESSIONS,   /* now, of these */
    METRIC_WS_OPENED,
    METRIC_WS_SLOW_CLOSED,
    METRIC_WS_DEAD_CLOSED,
    METRIC_WS_PROTOCOL_CLOSED,
    METRIC_FRAMES_IN,
    METRIC_FRAMES_OUT,
    METRIC_FRAMES_REJECTED,
    METRIC_RATE_LIMITED,
    METRIC_ACTIONS,
    METRIC_MESSAGES_STORED,
    METRIC_MESSAGES_REPEATED,
    METRIC_BACKLOG_PUSHED,
    METRIC_FILES_STORED,
    METRIC_FILES_KNOWN,
    METRIC_FILES_DIRECT,
    METRIC_FILE_PARTS,
    METRIC_FILES_SENT,
    METRIC_FILES_OVER_QUOTA,
    METRIC_FILES_REMOVED,
    METRIC_FILE_BYTES_IN,
    METRIC_FILE_BYTES_OUT,
    METRICS_COUNT,
};

struct metrics {
    _Atomic uint64_t values[METRICS_COUNT];
};

static inline void metric_add(struct metrics *metrics, enum metric metric, int64_t change)
{
    uint64_t value = atomic_load_explicit(&metrics->values[metric], memory_order_relaxed);
    atomic_store_explicit(&metrics->values[metric], value + (uint64_t)change, memory_order_relaxed);
}

static inline void metric_set(struct metrics *metrics, enum metric metric, uint64_t value)
{
    atomic_store_explicit(&metrics->values[metric], value, memory_order_relaxed);
}

/* The sums of all loops in Prometheus' text format 0.0.4. */
void metrics_append(struct buf *out, struct metrics *const *loops, unsigned count);

/* One line with its HELP and TYPE, for values kept elsewhere. */
void metric_line_append(struct buf *out, const char *name, const char *type, const char *help, double value);

#endif
