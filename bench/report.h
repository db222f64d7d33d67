/* report.h: one JSON object on one line of standard output. */
#ifndef IM_BENCH_REPORT_H
#define IM_BENCH_REPORT_H

#include "hist.h"
#include "loop.h"
#include "options.h"

void report_begin(const struct options *options);
void report_text(const char *key, const char *value);
void report_integer(const char *key, int64_t value);
void report_number(const char *key, double value);
void report_hist(const char *key, const struct hist *hist); /* {"count","p50","p90","p99","p999","max","mean"}, µs */
void report_end(void);

/* What a stretch of time cost the server and us. */
struct meter {
    int64_t ns;
    int64_t server_us, self_us;
};
void meter_start(struct meter *meter, const struct options *options);
void meter_stop(struct meter *meter, const struct options *options); /* turns the readings into differences */
/* count of unit ("message", "delivery", …) in that stretch: rate, CPU each, shares, the server's memory. */
void report_meter(const struct meter *meter, const struct options *options, const char *unit, uint64_t count);

#endif
