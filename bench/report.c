/* report.c: numbers on their way out. Latencies are in µs. */
#include "report.h"

#include <stdio.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static bool first;

static void report_key(const char *key)
{
    printf("%s\"%s\":", first ? "" : ",", key);
    first = false;
}

void report_text(const char *key, const char *value)
{
    report_key(key);
    putchar('"');
    for (const char *at = value; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            putchar('\\');
        putchar((unsigned char)*at < ' ' ? ' ' : *at);
    }
    putchar('"');
}

void report_integer(const char *key, int64_t value)
{
    report_key(key);
    printf("%lld", (long long)value);
}

void report_number(const char *key, double value)
{
    report_key(key);
    printf("%.3f", value);
}

static double us(int64_t ns)
{
    return (double)ns / 1000.0;
}

void report_hist(const char *key, const struct hist *hist)
{
    report_key(key);
    printf("{\"count\":%llu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f,\"mean\":%.1f}",
           (unsigned long long)hist->count, us(hist_at(hist, 0.5)), us(hist_at(hist, 0.9)), us(hist_at(hist, 0.99)),
           us(hist_at(hist, 0.999)), us(hist->max), hist->count == 0 ? 0.0 : hist->sum / (double)hist->count / 1000.0);
}

void report_begin(const struct options *options)
{
    struct utsname system;
    char date[32] = "";
    time_t now = time(NULL);
    struct tm utc;
    if (gmtime_r(&now, &utc) != NULL)
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    if (uname(&system) != 0)
        die("uname failed");
    first = true;
    putchar('{');
    report_text("bench", options->scenario);
    report_text("label", options->label);
    report_text("date", date);
    report_text("kernel", system.release);
    report_integer("cores", sysconf(_SC_NPROCESSORS_ONLN));
    if (options->note[0] != '\0')
        report_text("note", options->note);
}

void report_end(void)
{
    puts("}");
    fflush(stdout);
}

static void meter_read(struct meter *meter, const struct options *options)
{
    struct proc_set self;
    proc_set_self(&self);
    meter->ns = now_ns();
    meter->server_us = proc_cpu_us(&options->server);
    meter->self_us = proc_cpu_us(&self);
}

void meter_start(struct meter *meter, const struct options *options)
{
    meter_read(meter, options);
}

void meter_stop(struct meter *meter, const struct options *options)
{
    struct meter end;
    meter_read(&end, options);
    meter->ns = end.ns - meter->ns;
    meter->server_us = end.server_us - meter->server_us;
    meter->self_us = end.self_us - meter->self_us;
}

void report_meter(const struct meter *meter, const struct options *options, const char *unit, uint64_t count)
{
    double seconds = (double)meter->ns / 1e9;
    double each = count == 0 ? 0.0 : 1.0 / (double)count;
    report_text("unit", unit);
    report_number("seconds", seconds);
    report_integer("count", (int64_t)count);
    report_number("rate", (double)count / seconds);
    report_number("server_cpu_us_each", (double)meter->server_us * each);
    report_number("server_cores", (double)meter->server_us / 1e6 / seconds);
    report_number("generator_cpu_us_each", (double)meter->self_us * each);
    report_number("generator_cores", (double)meter->self_us / 1e6 / seconds);
    report_integer("server_rss_kib", proc_rss_kib(&options->server));
}
