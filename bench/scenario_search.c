/* scenario_search.c: searches over the messages that bench/fill wrote with
 * --text 1: the first page, as a person asks for it, over keep-alive. Every
 * account has twice fan chats. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "batch.h"
#include "phases.h"
#include "scenario.h"
#include "words.h"

struct search_run {
    const struct options *options;
    struct accounts accounts;
    struct http_fleet fleet;
    struct phases phases;
    struct rng rng;
    struct words words;
    uint64_t pages, refused, found, paused;
    struct hist page;
};

/* What is looked for, and whether in one chat. */
struct search_kind {
    const char *name;
    void (*word)(uint64_t rank, char out[WORD_SIZE_MAX]);
    uint64_t rank_first, rank_count;
    bool chat;
    size_t cut; /* the word's first bytes only; 0: all */
};

static const struct search_kind KINDS[] = {
    { "word", word_chinese, 0, WORDS_COUNT, false, 0 },
    { "english", word_english, 0, WORDS_COUNT, false, 0 },
    { "common", word_chinese, 0, 3, false, 0 },
    { "chat", word_chinese, 0, 3, true, 0 },
    { "rare", word_chinese, WORDS_COUNT - 5000, 5000, false, 0 },
    { "letter", word_english, 0, 100, false, 1 },
    { "character", word_chinese, 0, 1000, false, 3 },
    { "character-chat", word_chinese, 0, 1000, true, 3 },
};

static const struct search_kind *kind_of(const char *name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (strcmp(KINDS[i].name, name) == 0)
            return &KINDS[i];
    die("no such kind of search: %s", name);
}

static void percent(char *out, const char *text)
{
    for (; *text != '\0'; text++)
        out += sprintf(out, "%%%02X", (unsigned char)*text);
}

static void search_ask(struct search_run *run, const struct search_kind *kind)
{
    char word[WORD_SIZE_MAX], escaped[3 * WORD_SIZE_MAX + 1], target[512];
    uint64_t fan = (uint64_t)run->options->fan;
    uint64_t chat = rng_below(&run->rng, run->accounts.count * fan);
    size_t reader = chat / fan;
    size_t other = (reader + 1 + chat % fan) % run->accounts.count;
    kind->word(kind->rank_first + rng_below(&run->rng, kind->rank_count), word);
    if (kind->cut > 0)
        word[kind->cut] = '\0';
    percent(escaped, word);
    int size = snprintf(target, sizeof target, "/msg/search?q=%s&limit=%lld", escaped, (long long)run->options->limit);
    if (kind->chat)
        snprintf(target + size, sizeof target - (size_t)size, "&chat=10&dstObj=%s", run->accounts.rows[other].email);
    http_call(&run->fleet, &(struct http_call){ .method = "GET",
                                                .target = target,
                                                .email = run->accounts.rows[reader].email,
                                                .token = run->accounts.rows[reader].token,
                                                .begun_ns = now_ns() });
}

static void search_answer(struct http_fleet *fleet, struct http_client *client, int64_t now)
{
    struct search_run *run = fleet->context;
    if (client->status != 200 || answer_code(client) != 0) {
        if (run->refused++ == 0)
            fprintf(stderr, "a search was refused: HTTP %d %.200s\n", client->status, client->body);
        return;
    }
    if (!phases_counts(&run->phases, client->begun_ns))
        return;
    run->pages++;
    run->found += strstr(client->body, "\"msgs\":[]") == NULL;
    run->paused += strstr(client->body, "\"msgs\":[],\"cursor\"") != NULL;
    hist_add(&run->page, now - client->begun_ns);
}

static int64_t run_tick(void *context, int64_t now)
{
    struct search_run *run = context;
    int64_t wake = phases_tick(&run->phases, now);
    if (run->phases.now == PHASE_DRAIN)
        return run->fleet.busy == 0 ? LOOP_DONE : wake;
    if (run->fleet.failures > 10)
        die("connections keep breaking");
    while (run->fleet.idle != NULL)
        search_ask(run, kind_of(run->options->find));
    return wake;
}

static void run_report(const struct search_run *run)
{
    const struct options *options = run->options;
    report_begin(options);
    report_text("find", options->find);
    report_integer("accounts", (int64_t)run->accounts.count);
    report_integer("clients", options->clients);
    report_integer("limit", options->limit);
    report_meter(&run->phases.meter, options, "page", run->pages);
    report_hist("page_us", &run->page);
    report_integer("with_results", (int64_t)run->found);
    report_integer("empty_with_cursor", (int64_t)run->paused);
    report_integer("refused", (int64_t)run->refused);
    report_end();
}

void scenario_search(struct bench *bench)
{
    struct search_run *run = alloc(sizeof *run);
    const struct options *options = bench->options;
    if (options->floor != 0)
        die("a floor has no search");
    run->options = options;
    kind_of(options->find);
    accounts_prepare(&run->accounts, options, bench->loop, bench->state, "f", (size_t)options->accounts, NAMES_SINGLE);
    rng_seed(&run->rng, (uint64_t)options->seed);
    http_fleet_init(&run->fleet, bench->loop, (size_t)options->clients);
    run->fleet.context = run;
    run->fleet.answer = search_answer;
    phases_start(&run->phases, options, options->seconds);
    loop_run(bench->loop, run_tick, run, run->phases.give_up);
    run_report(run);
    http_fleet_release(&run->fleet);
    accounts_release(&run->accounts);
    free(run);
}
