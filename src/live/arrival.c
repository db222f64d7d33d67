/* arrival.c: one job for each coming and going, in the order in which they happen. */
#include "live/arrival.h"

#include "live/catchup.h"

#include "chat/presence.h"
#include "os/log.h"
#include "util/mem.h"

#include <stdlib.h>

struct arrival_job {
    struct core_job job; /* first */
    struct shard *shard;
    int64_t user;
    int64_t named; /* a named device's session opened, and which it is; 0: none */
    unsigned loop;
    uint64_t session;
    size_t email_size;
    char email[];
};

static enum err arrival_run(struct core_job *job, struct core_tx *tx)
{
    struct arrival_job *arrival = (struct arrival_job *)job;
    if (arrival->named != 0) {
        struct event *event = event_add(tx->events, EVENT_OPENED);
        event->actor = arrival->user;
        event->device = arrival->named;
        event->loop = arrival->loop;
        event->session = arrival->session;
    }
    return presence_changed(tx, arrival->user, (struct str){ arrival->email, arrival->email_size });
}

static void arrival_finished(struct core_job *job)
{
    if (job->write.result != OK) /* A notice is a hint; the user's next session puts it right. */
        log_warn("session", "a presence notice was dropped", LOG_TEXT("reason", err_text(job->write.result)));
    struct arrival_job *arrival = (struct arrival_job *)job;
    if (arrival->named != 0)
        catchup_placed(arrival->shard, arrival->session);
    free(job);
}

void arrival_submit(struct session *session, bool opened)
{
    struct arrival_job *arrival = mem_zalloc(sizeof(*arrival) + session->email_size);
    arrival->job.write.single = true; /* It reads only. */
    arrival->job.run = arrival_run;
    arrival->job.finished = arrival_finished;
    arrival->user = session->user;
    arrival->named = opened ? session->named : 0;
    arrival->loop = loop_index(session->shard->loop);
    arrival->shard = session->shard;
    arrival->job.loop = arrival->named != 0 ? session->shard->loop : NULL;
    arrival->session = session->id;
    arrival->email_size = session->email_size;
    memcpy(arrival->email, session->email, session->email_size);
    core_outbox_push(&session->shard->jobs, &arrival->job);
}
