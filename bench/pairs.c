/* pairs.c: session 2k writes to session 2k + 1. */
#include "pairs.h"

#include <stdlib.h>

static void stream_send(struct pairs *pairs, size_t index, int64_t sent_ns)
{
    struct stream *stream = &pairs->streams[index];
    struct mark mark = { .sent_ns = sent_ns, .stream = (uint32_t)index, .number = stream->sent };
    if (!session_send(&pairs->sessions.rows[2 * index], &stream->letter, &mark))
        die("the offered rate is not sustained: %u MiB wait on one socket", LOOP_OUT_MAX >> 20);
    stream->sent++;
    pairs->sent++;
}

/* A repetition is counted by the tally only: it frees no window and has no latency. */
static bool arrival_is_new(struct tally *tally, const struct mark *mark)
{
    uint32_t repeated = tally->repeated;
    tally_add(tally, mark->number);
    return tally->repeated == repeated;
}

static void pairs_echo(struct pairs *pairs, size_t index, const struct mark *mark, int64_t now)
{
    struct hist *hist = pairs->echo_hist(pairs->context, mark->sent_ns);
    if (!arrival_is_new(&pairs->streams[index].echo, mark))
        return;
    pairs->echoed++;
    if (pairs->counting)
        pairs->echoes++;
    if (hist != NULL)
        hist_add(hist, now - mark->sent_ns);
    if (pairs->sending && pairs->pace.interval_ns <= 0)
        stream_send(pairs, index, now);
}

static void pairs_copy(struct pairs *pairs, size_t index, const struct mark *mark, int64_t now)
{
    struct hist *hist = pairs->peer_hist(pairs->context, mark->sent_ns);
    if (!arrival_is_new(&pairs->streams[index].peer, mark))
        return;
    pairs->copied++;
    if (pairs->counting)
        pairs->copies++;
    if (hist != NULL)
        hist_add(hist, now - mark->sent_ns);
}

static void pairs_text(struct session *session, char *payload, size_t size, int64_t now)
{
    struct pairs *pairs = session->all->context;
    struct mark mark;
    if (!mark_find(payload, size, &session->hint, &mark))
        return;
    if (mark.sent_ns < pairs->born || mark.stream != session->index / 2) {
        pairs->foreign++;
        return;
    }
    if (session->index % 2 == 0)
        pairs_echo(pairs, mark.stream, &mark, now);
    else
        pairs_copy(pairs, mark.stream, &mark, now);
}

void pairs_open(struct pairs *pairs, const struct options *options, struct loop *loop, struct state *state)
{
    *pairs = (struct pairs){ .options = options, .count = (size_t)options->pairs, .born = now_ns() };
    accounts_prepare(&pairs->accounts, options, loop, state, "p", 2 * pairs->count, NAMES_PAIRED);
    accounts_pair_up(&pairs->accounts);
    pairs->streams = alloc(pairs->count * sizeof *pairs->streams);
    for (size_t i = 0; i < pairs->count; i++)
        letter_init(&pairs->streams[i].letter, &pairs->accounts.rows[2 * i], 10, pairs->accounts.rows[2 * i + 1].email,
                    (size_t)options->content);
    sessions_init(&pairs->sessions, &pairs->accounts, 2 * pairs->count);
    pairs->sessions.context = pairs;
    pairs->sessions.text = pairs_text;
    sessions_open(&pairs->sessions, 2 * pairs->count);
}

void pairs_start(struct pairs *pairs, double rate)
{
    int64_t now = now_ns();
    pairs->sending = true;
    pace_start(&pairs->pace, rate, now);
    if (rate > 0)
        return;
    for (size_t i = 0; i < pairs->count; i++) {
        for (int64_t k = 0; k < pairs->options->window; k++)
            stream_send(pairs, i, now);
    }
}

int64_t pairs_tick(struct pairs *pairs, int64_t now)
{
    int64_t wake = sessions_tick(&pairs->sessions, now);
    if (pairs->sessions.lost > 0)
        die("%zu sessions were lost under load", pairs->sessions.lost);
    if (!pairs->sending || pairs->pace.interval_ns <= 0)
        return wake;
    int64_t due;
    while ((due = pace_due(&pairs->pace)) <= now) {
        stream_send(pairs, pairs->next, due);
        pairs->next = (pairs->next + 1) % pairs->count;
        pairs->pace.sent++;
    }
    int64_t soon = now + (int64_t)(pairs->options->tick_us * 1e3);
    due = due > soon ? due : soon;
    return due < wake ? due : wake;
}

bool pairs_quiet(const struct pairs *pairs)
{
    return pairs->echoed >= pairs->sent && pairs->copied >= pairs->sent;
}

void pairs_report_losses(const struct pairs *pairs)
{
    uint64_t lost_echoes = 0, lost_copies = 0, repeated = 0, late = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const struct stream *stream = &pairs->streams[i];
        lost_echoes += tally_lost(&stream->echo, stream->sent);
        lost_copies += tally_lost(&stream->peer, stream->sent);
        repeated += stream->echo.repeated + stream->peer.repeated;
        late += stream->echo.late + stream->peer.late;
    }
    report_integer("sent", (int64_t)pairs->sent);
    report_integer("lost_echoes", (int64_t)lost_echoes);
    report_integer("lost_copies", (int64_t)lost_copies);
    report_integer("repeated", (int64_t)repeated);
    report_integer("out_of_order", (int64_t)late);
}

void pairs_close(struct pairs *pairs)
{
    sessions_close(&pairs->sessions);
    accounts_release(&pairs->accounts);
    free(pairs->streams);
    pairs->streams = NULL;
}
