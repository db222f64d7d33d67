/* shutdown.c: waiting for the last byte, within bounds. */
#include "api/shutdown.h"

#include "api/admin_socket.h"
#include "live/shard.h"
#include "os/clock.h"
#include "os/log.h"
#include "util/mem.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 20

struct drain {
    struct loop_mail mail; /* first */
    struct shard *shard;
    struct loop_timer *timer;
    atomic_bool empty;
};

static void drain_look(void *context)
{
    struct drain *drain = context;
    struct shard *shard = drain->shard;
    if (shard->sessions.count > 0 || shard->admins.count > 0 || http_server_count(shard->http) > 0 ||
        atomic_load(&shard->transfers) > 0)
        return;
    loop_timer_free(&drain->timer);
    atomic_store(&drain->empty, true);
}

static void drain_begin(struct loop_mail *mail, struct loop *loop)
{
    struct drain *drain = (struct drain *)mail;
    shard_drain(drain->shard);
    admin_socket_drain(drain->shard);
    drain->timer = loop_timer_new(loop, drain_look, drain);
    loop_timer_start(drain->timer, 1, LOOK_MS);
}

static bool all_empty(struct drain *drains, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!atomic_load(&drains[i].empty))
            return false;
    return true;
}

void shutdown_drain(struct service *service, const sigset_t *signals, int64_t limit_ms)
{
    struct drain *drains = mem_zalloc(service->shard_count * sizeof(*drains));
    for (unsigned i = 0; i < service->shard_count; i++) {
        drains[i].shard = service->shards[i];
        drains[i].mail.run = drain_begin;
        loop_post(service->loops[i], &drains[i].mail);
    }
    int64_t limit = clock_mono_ms() + limit_ms;
    while (!all_empty(drains, service->shard_count)) {
        struct timespec wait = { .tv_nsec = LOOK_MS * 1000000L };
        int signal_number = sigtimedwait(signals, NULL, &wait);
        bool again = signal_number == SIGTERM || signal_number == SIGINT;
        if (again || clock_mono_ms() > limit) {
            log_warn("server", again ? "ended at once" : "ended with connections open");
            _exit(0);
        }
    }
    free(drains);
}

struct stop {
    struct loop_mail mail; /* first */
};

static void stop_arrived(struct loop_mail *mail, struct loop *loop)
{
    free(mail);
    loop_stop(loop);
}

void shutdown_stop_loops(struct service *service, unsigned running)
{
    for (unsigned i = 0; i < running; i++) {
        struct stop *stop = mem_zalloc(sizeof(*stop));
        stop->mail.run = stop_arrived;
        loop_post(service->loops[i], &stop->mail);
    }
}
