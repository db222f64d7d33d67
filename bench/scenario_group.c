/* scenario_group.c: few write, a thousand read.
 * A sender's window is about messages that every member has: with window 1
 * each fan-out is alone, whatever the server would like to overlap. */
#include <stdlib.h>

#include "phases.h"
#include "scenario.h"
#include "session.h"

struct sender {
    struct letter letter;
    uint32_t sent, complete;
    uint32_t *remaining; /* deliveries missing, by number modulo the ring */
};

struct group_run {
    const struct options *options;
    struct accounts accounts;
    struct sessions sessions;
    struct phases phases;
    struct pace pace;
    struct sender *senders;
    struct tally *tallies; /* member × sender */
    size_t count, members, next;
    uint32_t ring; /* a power of two; more may not be in flight */
    int64_t born;
    uint64_t sent, delivered, deliveries, messages;
    struct hist delivery, last;
};

static void sender_send(struct group_run *run, size_t index, int64_t sent_ns)
{
    struct sender *sender = &run->senders[index];
    struct mark mark = { .sent_ns = sent_ns, .stream = (uint32_t)index, .number = sender->sent };
    if (sender->sent - sender->complete >= run->ring)
        die("the offered rate is not sustained: %u group messages are under way", run->ring);
    if (!session_send(&run->sessions.rows[index], &sender->letter, &mark))
        die("the offered rate is not sustained: a socket does not take more");
    sender->remaining[sender->sent++ & (run->ring - 1)] = (uint32_t)run->members;
    run->sent++;
}

/* Everyone has it: the sender's next may go. */
static void sender_complete(struct group_run *run, const struct mark *mark, int64_t now)
{
    run->senders[mark->stream].complete++;
    if (phases_counts(&run->phases, mark->sent_ns))
        hist_add(&run->last, now - mark->sent_ns);
    if (run->phases.now == PHASE_MEASURE)
        run->messages++;
    if (run->phases.now != PHASE_DRAIN && run->pace.interval_ns <= 0)
        sender_send(run, mark->stream, now);
}

static void group_text(struct session *session, char *payload, size_t size, int64_t now)
{
    struct group_run *run = session->all->context;
    struct mark mark;
    if (!mark_find(payload, size, &session->hint, &mark) || mark.sent_ns < run->born || mark.stream >= run->count)
        return;
    struct sender *sender = &run->senders[mark.stream];
    struct tally *tally = &run->tallies[session->index * run->count + mark.stream];
    uint32_t repeated = tally->repeated;
    tally_add(tally, mark.number);
    if (tally->repeated != repeated)
        return;
    run->delivered++;
    if (run->phases.now == PHASE_MEASURE)
        run->deliveries++;
    if (phases_counts(&run->phases, mark.sent_ns))
        hist_add(&run->delivery, now - mark.sent_ns);
    if (--sender->remaining[mark.number & (run->ring - 1)] == 0)
        sender_complete(run, &mark, now);
}

static int64_t pace_tick(struct group_run *run, int64_t now)
{
    int64_t due;
    if (run->pace.interval_ns <= 0 || run->phases.now == PHASE_DRAIN)
        return LOOP_NEVER;
    while ((due = pace_due(&run->pace)) <= now) {
        sender_send(run, run->next, due);
        run->next = (run->next + 1) % run->count;
        run->pace.sent++;
    }
    int64_t soon = now + (int64_t)(run->options->tick_us * 1e3);
    return due > soon ? due : soon;
}

static int64_t run_tick(void *context, int64_t now)
{
    struct group_run *run = context;
    int64_t wake = phases_tick(&run->phases, now);
    int64_t heart = sessions_tick(&run->sessions, now);
    int64_t due = pace_tick(run, now);
    if (run->sessions.lost > 0)
        die("%zu sessions were lost under load", run->sessions.lost);
    if (run->phases.now == PHASE_DRAIN && run->delivered >= run->sent * run->members)
        return LOOP_DONE;
    due = due < heart ? due : heart;
    return due < wake ? due : wake;
}

static void run_report(const struct group_run *run)
{
    const struct options *options = run->options;
    uint64_t lost = 0, repeated = 0, late = 0;
    for (size_t i = 0; i < run->members * run->count; i++) {
        lost += tally_lost(&run->tallies[i], run->senders[i % run->count].sent);
        repeated += run->tallies[i].repeated;
        late += run->tallies[i].late;
    }
    report_begin(options);
    report_integer("members", options->members);
    report_integer("senders", options->senders);
    if (options->rate > 0)
        report_number("offered", options->rate);
    else
        report_integer("window", options->window);
    report_meter(&run->phases.meter, options, "delivery", run->deliveries);
    report_number("message_rate", (double)run->messages / ((double)run->phases.meter.ns / 1e9));
    report_hist("delivery_us", &run->delivery);
    report_hist("last_us", &run->last);
    report_integer("sent", (int64_t)run->sent);
    report_integer("lost", (int64_t)lost);
    report_integer("repeated", (int64_t)repeated);
    report_integer("out_of_order", (int64_t)late);
    report_end();
}

static void group_open(struct group_run *run, struct bench *bench)
{
    char id[32];
    accounts_prepare(&run->accounts, run->options, bench->loop, bench->state, "g", run->members, NAMES_SINGLE);
    accounts_group(&run->accounts, id);
    run->senders = alloc(run->count * sizeof *run->senders);
    run->tallies = alloc(run->members * run->count * sizeof *run->tallies);
    for (run->ring = 64; run->ring < (uint32_t)run->options->window || (run->options->rate > 0 && run->ring < 16384);)
        run->ring *= 2;
    for (size_t i = 0; i < run->count; i++) {
        run->senders[i].remaining = alloc(run->ring * sizeof *run->senders[i].remaining);
        letter_init(&run->senders[i].letter, &run->accounts.rows[i], 11, id, (size_t)run->options->content);
    }
    sessions_init(&run->sessions, &run->accounts, run->members);
    run->sessions.context = run;
    run->sessions.text = group_text;
    sessions_open(&run->sessions, run->members);
}

void scenario_group(struct bench *bench)
{
    struct group_run *run = alloc(sizeof *run);
    run->options = bench->options;
    run->count = (size_t)bench->options->senders;
    run->members = (size_t)bench->options->members;
    run->born = now_ns();
    group_open(run, bench);
    phases_start(&run->phases, run->options, run->options->seconds);
    pace_start(&run->pace, run->options->rate, now_ns());
    for (size_t i = 0; run->options->rate <= 0 && i < run->count; i++) {
        for (int64_t k = 0; k < run->options->window; k++)
            sender_send(run, i, now_ns());
    }
    loop_run(bench->loop, run_tick, run, run->phases.give_up);
    run_report(run);
    sessions_close(&run->sessions);
    accounts_release(&run->accounts);
    for (size_t i = 0; i < run->count; i++)
        free(run->senders[i].remaining);
    free(run->senders);
    free(run->tallies);
    free(run);
}
