/* scenario_login.c: does hashing passwords slow messages down?
 * Stretches of messages alone and of messages with logins beside them take
 * turns, so that both see the same machine. The first second of a stretch
 * belongs to neither: logins of the one before may still be under way. */
#include <stdio.h>
#include <stdlib.h>

#include "batch.h"
#include "pairs.h"
#include "scenario.h"

#define LOGIN_ACCOUNTS 50
#define LOGIN_CLIENTS 128
#define GAP_NS NS_PER_S

struct login_run {
    struct bench *bench;
    struct pairs pairs;
    struct phases phases;
    struct accounts accounts; /* their own: a login may push out an old token */
    struct http_fleet fleet;
    struct pace pace;
    int64_t stretch_ns;
    uint64_t refused, logins;
    struct hist without, with, copies, login;
};

/* 0, 2, …: without; 1, 3, …: with; -1: outside. */
static int64_t stretch_of(const struct login_run *run, int64_t at)
{
    return at < run->phases.begin ? -1 : (at - run->phases.begin) / run->stretch_ns;
}

static struct hist *echo_hist(void *context, int64_t sent_ns)
{
    struct login_run *run = context;
    if (!phases_counts(&run->phases, sent_ns))
        return NULL;
    int64_t stretch = stretch_of(run, sent_ns);
    if (sent_ns - run->phases.begin - stretch * run->stretch_ns < GAP_NS)
        return NULL;
    return stretch % 2 == 0 ? &run->without : &run->with;
}

static struct hist *peer_hist(void *context, int64_t sent_ns)
{
    struct login_run *run = context;
    return phases_counts(&run->phases, sent_ns) ? &run->copies : NULL;
}

static void login_answer(struct http_fleet *fleet, struct http_client *client, int64_t now)
{
    struct login_run *run = fleet->context;
    if (client->status != 200 || answer_code(client) != 0) {
        if (run->refused++ == 0)
            fprintf(stderr, "a login was refused: HTTP %d %.200s\n", client->status, client->body);
        return;
    }
    run->logins++;
    hist_add(&run->login, now - client->begun_ns);
}

/* What is due while every client waits for an answer keeps its place. */
static int64_t login_tick(struct login_run *run, int64_t now)
{
    int64_t stretch = stretch_of(run, now);
    char body[128];
    if (run->phases.now != PHASE_MEASURE || stretch % 2 == 0) {
        run->pace.interval_ns = 0;
        return run->phases.begin + (stretch + 1) * run->stretch_ns;
    }
    if (run->pace.interval_ns <= 0)
        pace_start(&run->pace, run->bench->options->logins, now);
    int64_t due;
    while ((due = pace_due(&run->pace)) <= now && run->fleet.idle != NULL) {
        const struct account *account = &run->accounts.rows[run->pace.sent++ % run->accounts.count];
        snprintf(body, sizeof body, "{\"email\":\"%s\",\"password\":\"%s\"}", account->email, PASSWORD);
        http_call(&run->fleet,
                  &(struct http_call){ .method = "POST", .target = "/user/login", .body = body, .begun_ns = due });
    }
    return due > now ? due : LOOP_NEVER;
}

static int64_t run_tick(void *context, int64_t now)
{
    struct login_run *run = context;
    int64_t wake = phases_tick(&run->phases, now);
    run->pairs.counting = run->phases.now == PHASE_MEASURE;
    if (run->phases.now == PHASE_DRAIN) {
        run->pairs.sending = false;
        pairs_tick(&run->pairs, now);
        return pairs_quiet(&run->pairs) && run->fleet.busy == 0 ? LOOP_DONE : wake;
    }
    int64_t login = login_tick(run, now);
    int64_t due = pairs_tick(&run->pairs, now);
    due = due < login ? due : login;
    return due < wake ? due : wake;
}

static void run_report(const struct login_run *run, const struct options *options)
{
    double quiet = (double)hist_at(&run->without, 0.99);
    report_begin(options);
    report_integer("pairs", options->pairs);
    report_number("offered", options->rate);
    report_number("logins_offered", options->logins);
    report_meter(&run->phases.meter, options, "message", run->pairs.echoes);
    report_hist("echo_without_us", &run->without);
    report_hist("echo_with_us", &run->with);
    report_number("p99_ratio", quiet > 0 ? (double)hist_at(&run->with, 0.99) / quiet : 0);
    report_hist("login_us", &run->login);
    report_integer("logins_done", (int64_t)run->logins);
    report_integer("logins_refused", (int64_t)run->refused);
    pairs_report_losses(&run->pairs);
    report_end();
}

void scenario_login(struct bench *bench)
{
    struct login_run *run = alloc(sizeof *run);
    const struct options *options = bench->options;
    run->bench = bench;
    if (options->floor != 0)
        die("a floor has no logins");
    if (options->rate <= 0 || options->logins <= 0)
        die("login needs --rate and --logins");
    accounts_prepare(&run->accounts, options, bench->loop, bench->state, "l", LOGIN_ACCOUNTS, NAMES_SINGLE);
    pairs_open(&run->pairs, options, bench->loop, bench->state);
    run->pairs.context = run;
    run->pairs.echo_hist = echo_hist;
    run->pairs.peer_hist = peer_hist;
    http_fleet_init(&run->fleet, bench->loop, LOGIN_CLIENTS);
    run->fleet.context = run;
    run->fleet.answer = login_answer;
    run->stretch_ns = (int64_t)(options->seconds * 1e9) + GAP_NS;
    phases_start(&run->phases, options, 2.0 * (double)options->segments * (options->seconds + 1.0));
    pairs_start(&run->pairs, options->rate);
    loop_run(bench->loop, run_tick, run, run->phases.give_up);
    run_report(run, options);
    http_fleet_release(&run->fleet);
    pairs_close(&run->pairs);
    accounts_release(&run->accounts);
    free(run);
}
