/* shard.c: a loop's sessions and rooms, and the once-a-second round. */
#include "live/shard.h"

#include "live/acks.h"
#include "live/compress.h"
#include "live/cursors.h"
#include "live/seen.h"
#include "live/session.h"
#include "util/mem.h"

#include <assert.h>
#include <stdlib.h>

#define TICK_MS 1000
#define ACK_TICKS 4
#define SWEEP_TICKS 5 /* every session is looked at for silence once in so many ticks */

static void shard_ticked(void *context);

struct shard *shard_new(struct service *service, struct loop *loop)
{
    struct shard *shard = mem_zalloc(sizeof(*shard));
    shard->service = service;
    shard->loop = loop;
    shard->jobs.loop = loop;
    shard->json = json_parser_new();
    shard->tick = loop_timer_new(loop, shard_ticked, shard);
    loop_timer_start(shard->tick, TICK_MS, TICK_MS);
    return shard;
}

void shard_free(struct shard **out)
{
    struct shard *shard = *out;
    if (shard == NULL)
        return;
    assert(shard->sessions.count == 0);
    loop_timer_free(&shard->tick);
    if (shard->drain != NULL)
        loop_timer_free(&shard->drain);
    cursors_drop(shard);
    acks_drop(shard);
    seen_drop(shard);
    compress_forget(shard);
    map_release(&shard->sessions);
    map_release(&shard->users);
    map_release(&shard->rooms);
    map_release(&shard->watched);
    map_release(&shard->admins);
    json_parser_free(&shard->json);
    arena_release(&shard->arena);
    buf_release(&shard->frame);
    free(shard);
    *out = NULL;
}

static void pings_send(struct shard *shard)
{
    struct session *next;
    for (struct session *session = shard->active; session != NULL; session = next) {
        next = session->active_next;
        session_ping(session);
    }
}

/* Looks at a part of the sessions for silence: the table is walked by slots, so
 * that one tick costs a fifth of it. */
static void silence_sweep(struct shard *shard, int64_t now_ms)
{
    size_t capacity = shard->sessions.capacity;
    bool hurried = shard->service->conf->ping_ms < SWEEP_TICKS * TICK_MS;
    size_t part = hurried ? capacity : capacity / SWEEP_TICKS + 1;
    for (size_t i = 0; i < part && i < capacity; i++) {
        size_t at = (shard->sweep_cursor + i) % capacity;
        struct session *session = shard->sessions.slots[at].value;
        if (shard->sessions.slots[at].key != 0)
            session_check(session, now_ms);
    }
    if (capacity > 0)
        shard->sweep_cursor = (shard->sweep_cursor + part) % capacity;
}

static void shard_ticked(void *context)
{
    struct shard *shard = context;
    int64_t now_ms = loop_now_ms(shard->loop);
    metric_set(&shard->metrics, METRIC_HTTP_CONNECTIONS, http_server_count(shard->http));
    pings_send(shard);
    silence_sweep(shard, now_ms);
    cursors_flush(shard);
    seen_flush(shard);
    if (++shard->ticks % ACK_TICKS == 0)
        acks_flush(shard);
    http_server_tick(shard->http, now_ms);
}
