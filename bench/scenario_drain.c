/* scenario_drain.c: somebody returns to twenty thousand messages.
 * The sender writes while the other is away, then the other connects; timed
 * from connect() to the last frame. */
#include <stdlib.h>

#include "phases.h"
#include "scenario.h"
#include "session.h"

struct drain_run {
    const struct options *options;
    struct accounts accounts;
    struct sessions sessions; /* 0 writes, 1 comes back */
    struct letter letter;
    struct tally tally;
    int64_t born, first, last;
    uint32_t sent, echoed, received, goal;
};

static void drain_send(struct drain_run *run)
{
    struct mark mark = { .sent_ns = now_ns(), .number = run->sent };
    if (run->sent == run->goal)
        return;
    if (!session_send(&run->sessions.rows[0], &run->letter, &mark))
        die("a socket does not take more");
    run->sent++;
}

static void drain_text(struct session *session, char *payload, size_t size, int64_t now)
{
    struct drain_run *run = session->all->context;
    struct mark mark;
    if (!mark_find(payload, size, &session->hint, &mark) || mark.sent_ns < run->born)
        return;
    if (session->index == 0) {
        run->echoed++;
        drain_send(run);
        return;
    }
    if (run->received == 0)
        run->first = now;
    tally_add(&run->tally, mark.number);
    run->received = run->tally.next - run->tally.lost;
    run->last = now;
}

static int64_t fill_tick(void *context, int64_t now)
{
    const struct drain_run *run = context;
    (void)now;
    if (run->sessions.lost > 0)
        die("the sender was cut off");
    return run->echoed >= run->goal ? LOOP_DONE : LOOP_NEVER;
}

static int64_t read_tick(void *context, int64_t now)
{
    const struct drain_run *run = context;
    (void)now;
    return run->received >= run->goal || run->sessions.lost > 0 ? LOOP_DONE : LOOP_NEVER;
}

static void run_report(const struct drain_run *run, const struct meter *meter)
{
    const struct options *options = run->options;
    int64_t begun = run->sessions.rows[1].begun_ns;
    report_begin(options);
    report_integer("backlog", options->backlog);
    report_meter(meter, options, "message", run->received);
    report_number("drain_ms", (double)(run->last - begun) / 1e6);
    report_number("first_ms", (double)(run->first - begun) / 1e6);
    report_number("drain_rate", (double)run->received * 1e9 / (double)(run->last - begun + 1));
    report_integer("lost", (int64_t)tally_lost(&run->tally, run->goal));
    report_integer("repeated", run->tally.repeated);
    report_integer("out_of_order", run->tally.late);
    report_end();
}

void scenario_drain(struct bench *bench)
{
    struct drain_run *run = alloc(sizeof *run);
    struct meter meter;
    if (bench->options->floor != 0)
        die("a floor keeps no messages");
    run->options = bench->options;
    run->goal = (uint32_t)bench->options->backlog;
    run->born = now_ns();
    accounts_prepare(&run->accounts, run->options, bench->loop, bench->state, "d", 2, NAMES_PAIRED);
    accounts_pair_up(&run->accounts);
    letter_init(&run->letter, &run->accounts.rows[0], 10, run->accounts.rows[1].email, (size_t)run->options->content);
    sessions_init(&run->sessions, &run->accounts, 2);
    run->sessions.context = run;
    run->sessions.text = drain_text;
    sessions_open(&run->sessions, 1);
    for (int64_t k = 0; k < run->options->window * 16; k++)
        drain_send(run);
    if (!loop_run(bench->loop, fill_tick, run, now_ns() + 300 * NS_PER_S))
        die("only %u of %u messages were echoed", run->echoed, run->goal);
    meter_start(&meter, run->options);
    sessions_open(&run->sessions, 2);
    loop_run(bench->loop, read_tick, run, now_ns() + 60 * NS_PER_S);
    meter_stop(&meter, run->options);
    run_report(run, &meter);
    sessions_close(&run->sessions);
    accounts_release(&run->accounts);
    free(run);
}
