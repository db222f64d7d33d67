/* scenario_idle.c: what a session costs that says nothing.
 * The server's memory is read before the sockets open and after they have
 * rested; the kernel's own memory of a socket is in neither. */
#include "report.h"
#include "scenario.h"
#include "session.h"

struct rest {
    struct sessions *sessions;
    int64_t until;
};

static int64_t rest_tick(void *context, int64_t now)
{
    struct rest *rest = context;
    int64_t heart = sessions_tick(rest->sessions, now);
    if (now >= rest->until)
        return LOOP_DONE;
    return heart < rest->until ? heart : rest->until;
}

static void rest_for(struct sessions *sessions, double seconds)
{
    struct rest rest = { .sessions = sessions, .until = now_ns() + (int64_t)(seconds * 1e9) };
    loop_run(sessions->loop, rest_tick, &rest, rest.until + NS_PER_S);
}

void scenario_idle(struct bench *bench)
{
    const struct options *options = bench->options;
    struct accounts accounts;
    struct sessions sessions;
    struct meter opening, resting;
    size_t count = (size_t)options->sessions;
    size_t people = options->accounts > 0 ? (size_t)options->accounts : count;
    accounts_prepare(&accounts, options, bench->loop, bench->state, "i", people, NAMES_SINGLE);
    accounts_ring(&accounts, (size_t)options->chats);
    sessions_init(&sessions, &accounts, count);
    rest_for(&sessions, 1.0); /* what preparing left to do */
    int64_t before = proc_rss_kib(&options->server);
    meter_start(&opening, options);
    /* A first fifth also pays for caches that fill once: reported apart. */
    sessions_open(&sessions, count / 5);
    int64_t fifth = proc_rss_kib(&options->server);
    sessions_open(&sessions, count);
    meter_stop(&opening, options);
    rest_for(&sessions, options->hold / 2);
    int64_t after = proc_rss_kib(&options->server);
    meter_start(&resting, options);
    rest_for(&sessions, options->hold / 2);
    meter_stop(&resting, options);
    report_begin(options);
    report_integer("sessions", options->sessions);
    report_integer("accounts", (int64_t)people);
    report_integer("chats", options->chats);
    report_integer("rss_before_kib", before);
    report_integer("rss_after_kib", after);
    report_integer("rss_rested_kib", proc_rss_kib(&options->server));
    report_number("bytes_each", (double)(after - before) * 1024.0 / (double)count);
    report_number("bytes_each_after_first_fifth", (double)(after - fifth) * 1024.0 / (double)(count - count / 5));
    report_number("idle_cores", (double)resting.server_us * 1000.0 / (double)resting.ns);
    report_integer("sessions_lost", (int64_t)sessions.lost);
    report_meter(&opening, options, "connect", count);
    report_hist("connect_us", &sessions.connects);
    report_end();
    sessions_close(&sessions);
    accounts_release(&accounts);
}
