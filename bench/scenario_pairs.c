/* scenario_pairs.c: one-to-one messages, windowed or at an offered rate. */
#include <stdlib.h>

#include "pairs.h"
#include "scenario.h"

struct pairs_run {
    struct pairs pairs;
    struct phases phases;
    struct hist echo, peer;
};

static struct hist *echo_hist(void *context, int64_t sent_ns)
{
    struct pairs_run *run = context;
    return phases_counts(&run->phases, sent_ns) ? &run->echo : NULL;
}

static struct hist *peer_hist(void *context, int64_t sent_ns)
{
    struct pairs_run *run = context;
    return phases_counts(&run->phases, sent_ns) ? &run->peer : NULL;
}

static int64_t run_tick(void *context, int64_t now)
{
    struct pairs_run *run = context;
    int64_t wake = phases_tick(&run->phases, now);
    run->pairs.counting = run->phases.now == PHASE_MEASURE;
    if (run->phases.now == PHASE_DRAIN)
        run->pairs.sending = false;
    int64_t due = pairs_tick(&run->pairs, now);
    if (run->phases.now == PHASE_DRAIN && pairs_quiet(&run->pairs))
        return LOOP_DONE;
    return due < wake ? due : wake;
}

static void run_report(const struct pairs_run *run, const struct options *options)
{
    report_begin(options);
    report_integer("pairs", options->pairs);
    if (options->rate > 0)
        report_number("offered", options->rate);
    else
        report_integer("window", options->window);
    report_integer("content", options->content);
    report_meter(&run->phases.meter, options, "message", run->pairs.echoes);
    report_hist("echo_us", &run->echo);
    report_hist("peer_us", &run->peer);
    pairs_report_losses(&run->pairs);
    report_end();
}

void scenario_pairs(struct bench *bench)
{
    struct pairs_run *run = alloc(sizeof *run);
    pairs_open(&run->pairs, bench->options, bench->loop, bench->state);
    run->pairs.context = run;
    run->pairs.echo_hist = echo_hist;
    run->pairs.peer_hist = peer_hist;
    phases_start(&run->phases, bench->options, bench->options->seconds);
    pairs_start(&run->pairs, bench->options->rate);
    loop_run(bench->loop, run_tick, run, run->phases.give_up);
    run_report(run, bench->options);
    pairs_close(&run->pairs);
    free(run);
}
