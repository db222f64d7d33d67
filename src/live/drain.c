/* drain.c: SIGTERM, as the sessions of a loop see it.
 * Nobody is cut off in the middle: what a session has sent and we have read is
 * stored and acknowledged first. v2 is told when to come back, so all of it goes
 * at once. v1 can't be told and comes back after its own pause, all together, so
 * those sessions go a few at a time; each is pushed nothing any more, and waited
 * for until it has confirmed what it was, or it would be pushed that again. */
#include "live/session.h"

#include "live/acks.h"
#include "live/cursors.h"
#include "os/random.h"

#include <stddef.h>

#define TICK_MS 50
#define SPREAD_S 10       /* v2: so that not everybody comes back at once */
#define V1_SPREAD_MS 5000 /* or half of server.shutdown, if that is less */
#define V1_AT_ONCE 100    /* that need no spreading */
#define V1_QUIET_MS 1500  /* to confirm what it was pushed: pings may go once a second */

void shard_renew(struct shard *shard)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(&shard->sessions, &cursor, &key, &value))
        session_end(value, "drain", 1 + random_below(SPREAD_S));
}

static size_t v1_budget(const struct shard *shard)
{
    int64_t spread_ms = shard->service->conf->shutdown_ms / 2;
    if (spread_ms > V1_SPREAD_MS)
        spread_ms = V1_SPREAD_MS;
    size_t part = shard->leaving_v1 * TICK_MS / (size_t)(spread_ms > TICK_MS ? spread_ms : TICK_MS) + 1;
    return part > V1_AT_ONCE ? part : V1_AT_ONCE;
}

static void saved(struct core_job *job)
{
    struct shard *shard = (struct shard *)((char *)job - offsetof(struct shard, saving));
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(&shard->sessions, &cursor, &key, &value)) {
        struct session *session = value;
        if (session->leaving == SESSION_SAVING)
            session_end(session, "drain", 0);
    }
    shard->is_saving = false;
}

static enum err nothing_run(struct core_job *job, struct core_tx *tx)
{
    (void)job;
    (void)tx;
    return OK;
}

/* Where a session goes next, maybe to another node, its cursors are read from the store: so they are there before it
 * is told to go. */
static void save(struct shard *shard)
{
    size_t count = 0;
    size_t cursor = 0;
    uint64_t key;
    void *value;
    cursors_flush(shard);
    if (shard->is_saving || shard->cursors != NULL) /* The writer is full: at the next tick. */
        return;
    while (map_next(&shard->sessions, &cursor, &key, &value)) {
        struct session *session = value;
        if (session->leaving == SESSION_SAVES) {
            session->leaving = SESSION_SAVING;
            count++;
        }
    }
    if (count == 0)
        return;
    shard->saving =
        (struct core_job){ .write.single = true, .loop = shard->loop, .run = nothing_run, .finished = saved };
    shard->is_saving = true;
    core_outbox_push(&shard->jobs, &shard->saving);
}

static void leave_next(struct shard *shard)
{
    size_t budget = v1_budget(shard);
    size_t cursor = 0;
    uint64_t key;
    void *value;
    while (map_next(&shard->sessions, &cursor, &key, &value)) {
        struct session *session = value;
        if (session->v2 || session->closing)
            continue;
        if (session->leaving == SESSION_STAYS && budget > 0) {
            session_leave(session, SESSION_LEAVES, 0);
            budget--;
        } else if (session->leaving == SESSION_LEAVES &&
                   loop_now_ms(shard->loop) - session->leaving_ms >= V1_QUIET_MS) {
            session_leave(session, SESSION_LEAVES_NOW, 0);
        } else if (session->leaving == SESSION_LEAVES) {
            session_ping(session);
        }
    }
}

static void drain_ticked(void *context)
{
    struct shard *shard = context;
    leave_next(shard);
    save(shard);
}

void shard_drain(struct shard *shard)
{
    size_t cursor = 0;
    uint64_t key;
    void *value;
    http_server_drain(shard->http);
    while (map_next(&shard->sessions, &cursor, &key, &value)) {
        struct session *session = value;
        if (session->v2)
            session_leave(session, SESSION_LEAVES_NOW, 1 + random_below(SPREAD_S));
        else
            shard->leaving_v1++;
    }
    shard->drain = loop_timer_new(shard->loop, drain_ticked, shard);
    loop_timer_start(shard->drain, TICK_MS, TICK_MS);
    drain_ticked(shard);
    acks_flush(shard);
    cursors_flush(shard);
}
