/* batch.c: jobs through a fleet. */
#include "batch.h"

#include <stdio.h>
#include <stdlib.h>

#define BREAKS_MAX 100
#define RATE_LIMITED 2108

int64_t answer_code(const struct http_client *client)
{
    char text[24];
    return json_find(client->body, "code", text, sizeof text) ? strtoll(text, NULL, 10) : -1;
}

static void batch_answer(struct http_fleet *fleet, struct http_client *client, int64_t now)
{
    struct batch *batch = fleet->context;
    enum verdict verdict = BATCH_AGAIN;
    if (client->status == 0) {
        if (++batch->breaks > BREAKS_MAX)
            die("%s: connections keep breaking", batch->what);
    } else if (client->status == 429 || client->status == 503 || answer_code(client) == RATE_LIMITED) {
        batch->pause_until = now + NS_PER_S / 4;
    } else {
        verdict = batch->judge(batch, (size_t)client->tag, client);
    }
    if (verdict == BATCH_REFUSED)
        die("%s %llu: HTTP %d %s", batch->what, (unsigned long long)client->tag, client->status, client->body);
    if (verdict == BATCH_AGAIN)
        batch->again[batch->again_count++] = (size_t)client->tag;
    else
        batch->done++;
}

static int64_t batch_tick(void *context, int64_t now)
{
    struct batch *batch = context;
    if (batch->done == batch->count)
        return LOOP_DONE;
    if (now < batch->pause_until)
        return batch->pause_until;
    while (batch->fleet.idle != NULL && (batch->again_count > 0 || batch->next < batch->count)) {
        size_t job = batch->again_count > 0 ? batch->again[--batch->again_count] : batch->next++;
        struct http_call call = { .tag = job, .begun_ns = now };
        batch->body[0] = '\0';
        batch->compose(batch, job, &call);
        http_call(&batch->fleet, &call);
    }
    return LOOP_NEVER;
}

void batch_run(struct batch *batch, struct loop *loop)
{
    int64_t begin = now_ns();
    size_t clients = batch->count < batch->concurrency ? batch->count : batch->concurrency;
    if (batch->count == 0)
        return;
    http_fleet_init(&batch->fleet, loop, clients);
    batch->fleet.context = batch;
    batch->fleet.answer = batch_answer;
    batch->again = alloc(clients * sizeof *batch->again + sizeof *batch->again);
    if (!loop_run(loop, batch_tick, batch, begin + 1800 * NS_PER_S))
        die("%s: only %zu of %zu after half an hour", batch->what, batch->done, batch->count);
    http_fleet_release(&batch->fleet);
    free(batch->again);
    if (batch->count > 50)
        fprintf(stderr, "%s: %zu in %.1f s\n", batch->what, batch->count, (double)(now_ns() - begin) / 1e9);
}
