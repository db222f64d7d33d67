/* scenario_history.c: the newest page of a chat, over keep-alive.
 * Either the chats of the pairs scenario, or (--fan) those that bench/fill
 * made: account i has a chat with each of the fan next ones, and chat number
 * c is account c / fan's with its (c mod fan + 1)-th next. */
#include <stdio.h>
#include <stdlib.h>

#include "batch.h"
#include "phases.h"
#include "scenario.h"
#include "account.h"

struct history_run {
    const struct options *options;
    struct accounts accounts;
    struct http_fleet fleet;
    struct phases phases;
    struct rng rng;
    struct zipf zipf;
    uint64_t chats, pages, refused, bytes;
    struct hist page;
};

/* Rank to chat: a fixed scramble, the same as bench/fill's, so that hot chats are everybody's. */
static uint64_t chat_pick(struct history_run *run)
{
    uint64_t rank = run->options->zipf > 0 ? zipf_next(&run->zipf, &run->rng) : rng_below(&run->rng, run->chats);
    return scramble(rank, run->chats);
}

static void history_ask(struct history_run *run)
{
    uint64_t chat = chat_pick(run);
    uint64_t fan = (uint64_t)run->options->fan;
    size_t reader = fan == 0 ? 2 * chat : chat / fan;
    size_t other = fan == 0 ? reader + 1 : (reader + 1 + chat % fan) % run->accounts.count;
    char target[256];
    if (run->options->pull != 0)
        snprintf(target, sizeof target, "/msg/pull?chat=10&dstObj=%s&limit=%lld", run->accounts.rows[other].email,
                 (long long)run->options->limit);
    else
        snprintf(target, sizeof target, "/msg/friend_msg_list?userEmail=%s&dstObj=%s&limit=%lld",
                 run->accounts.rows[reader].email, run->accounts.rows[other].email, (long long)run->options->limit);
    http_call(&run->fleet, &(struct http_call){ .method = "GET",
                                                .target = target,
                                                .email = run->accounts.rows[reader].email,
                                                .token = run->accounts.rows[reader].token,
                                                .begun_ns = now_ns() });
}

static void history_answer(struct http_fleet *fleet, struct http_client *client, int64_t now)
{
    struct history_run *run = fleet->context;
    if (client->status != 200 || answer_code(client) != 0) {
        if (run->refused++ == 0)
            fprintf(stderr, "a page was refused: HTTP %d %.200s\n", client->status, client->body);
        return;
    }
    if (!phases_counts(&run->phases, client->begun_ns))
        return;
    run->pages++;
    run->bytes += client->body_size;
    hist_add(&run->page, now - client->begun_ns);
}

static int64_t run_tick(void *context, int64_t now)
{
    struct history_run *run = context;
    int64_t wake = phases_tick(&run->phases, now);
    if (run->phases.now == PHASE_DRAIN)
        return run->fleet.busy == 0 ? LOOP_DONE : wake;
    if (run->fleet.failures > 10)
        die("connections keep breaking");
    while (run->fleet.idle != NULL)
        history_ask(run);
    return wake;
}

static void run_report(const struct history_run *run)
{
    const struct options *options = run->options;
    report_begin(options);
    report_integer("chats", (int64_t)run->chats);
    report_integer("accounts", (int64_t)run->accounts.count);
    report_integer("clients", options->clients);
    report_integer("limit", options->limit);
    report_integer("pull", options->pull);
    report_number("zipf", options->zipf);
    report_meter(&run->phases.meter, options, "page", run->pages);
    report_number("bytes_each", run->pages == 0 ? 0 : (double)run->bytes / (double)run->pages);
    report_hist("page_us", &run->page);
    report_integer("refused", (int64_t)run->refused);
    report_end();
}

void scenario_history(struct bench *bench)
{
    struct history_run *run = alloc(sizeof *run);
    const struct options *options = bench->options;
    if (options->floor != 0)
        die("a floor has no history");
    run->options = options;
    if (options->fan > 0) {
        size_t people = options->accounts > 0 ? (size_t)options->accounts : 2000;
        accounts_prepare(&run->accounts, options, bench->loop, bench->state, "f", people, NAMES_SINGLE);
        run->chats = people * (uint64_t)options->fan;
    } else {
        accounts_prepare(&run->accounts, options, bench->loop, bench->state, "p", 2 * (size_t)options->pairs,
                         NAMES_PAIRED);
        accounts_pair_up(&run->accounts);
        run->chats = (uint64_t)options->pairs;
    }
    rng_seed(&run->rng, (uint64_t)options->seed);
    zipf_init(&run->zipf, run->chats, options->zipf > 0 ? options->zipf : 1.0);
    http_fleet_init(&run->fleet, bench->loop, (size_t)options->clients);
    run->fleet.context = run;
    run->fleet.answer = history_answer;
    phases_start(&run->phases, options, options->seconds);
    loop_run(bench->loop, run_tick, run, run->phases.give_up);
    run_report(run);
    http_fleet_release(&run->fleet);
    accounts_release(&run->accounts);
    free(run);
}
