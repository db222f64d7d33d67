/* scenario_connect.c: everybody comes back at once.
 * Each connect is a TCP connection, an upgrade with a token and its 101; all
 * of them stay until the end. The sockets may be of fewer accounts. */
#include "phases.h"
#include "scenario.h"
#include "session.h"

struct storm {
    struct sessions *sessions;
    struct pace pace;
    int64_t last;
};

static int64_t storm_tick(void *context, int64_t now)
{
    struct storm *storm = context;
    struct sessions *all = storm->sessions;
    size_t limit = (size_t)all->options->concurrency;
    if (all->refused + all->lost > 0)
        die("%zu connects were refused, %zu sessions lost", all->refused, all->lost);
    if (all->opened == all->count) {
        storm->last = now;
        return LOOP_DONE;
    }
    while (all->begun < all->count && all->begun - all->opened < limit) {
        int64_t due = pace_due(&storm->pace);
        if (due > now)
            return due;
        session_begin(&all->rows[all->begun]);
        storm->pace.sent++;
    }
    return LOOP_NEVER;
}

void scenario_connect(struct bench *bench)
{
    const struct options *options = bench->options;
    struct accounts accounts;
    struct sessions sessions;
    struct storm storm = { .sessions = &sessions };
    struct meter meter;
    size_t count = (size_t)options->sessions;
    size_t people = options->accounts > 0 ? (size_t)options->accounts : count;
    /* The same people as in idle when they have chats, others when they have none. */
    accounts_prepare(&accounts, options, bench->loop, bench->state, options->chats > 1 ? "i" : "c", people,
                     NAMES_SINGLE);
    accounts_ring(&accounts, (size_t)options->chats);
    sessions_init(&sessions, &accounts, count);
    meter_start(&meter, options);
    pace_start(&storm.pace, options->connect_rate, now_ns());
    if (!loop_run(bench->loop, storm_tick, &storm, now_ns() + 120 * NS_PER_S))
        die("only %zu of %zu connects in two minutes", sessions.opened, count);
    meter_stop(&meter, options);
    report_begin(options);
    report_integer("sessions", options->sessions);
    report_integer("accounts", (int64_t)people);
    report_integer("chats", options->chats);
    report_integer("concurrency", options->concurrency);
    report_meter(&meter, options, "connect", count);
    report_hist("connect_us", &sessions.connects);
    report_end();
    sessions_close(&sessions);
    accounts_release(&accounts);
}
