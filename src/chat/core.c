/* core.c: jobs in, one mail per loop out.
 * The mail carries the batch's events and the jobs that the loop itself
 * submitted, so that a batch costs each loop one wake-up. */
#include "chat/core_private.h"

#include "chat/cmd.h"
#include "chat/directory.h"
#include "chat/heads.h"
#include "chat/marks.h"
#include "chat/shared.h"
#include "chat/tally.h"
#include "conf/conf.h"
#include "os/clock.h"
#include "util/json.h"
#include "util/mem.h"

#include <stdlib.h>

struct batch *batch_new(struct core *core)
{
    struct batch *batch = mem_zalloc(sizeof(*batch) + core->loop_count * sizeof(batch->mails[0]));
    batch->core = core;
    return batch;
}

void batch_free(struct batch *batch)
{
    event_list_release(&batch->events);
    free(batch);
}

static void batch_arrived(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    struct batch_mail *part = (struct batch_mail *)mail;
    struct batch *batch = part->batch;
    if (batch->events.count > 0)
        batch->core->deliver(part->deliver_context, &batch->events, batch->number);
    struct core_job *job = part->finished_first;
    while (job != NULL) {
        struct core_job *next = job->next_finished;
        job->finished(job);
        job = next;
    }
    if (atomic_fetch_sub_explicit(&batch->refs, 1, memory_order_acq_rel) == 1)
        batch_free(batch);
}

static void batch_begin(void *context)
{
    struct core *core = context;
    core->batch = batch_new(core);
    core->now_ms = clock_wall_ms();
}

void core_moved(struct core *core, const struct event_list *events)
{
    int64_t last_id = 0;
    bool grew = false;
    if (core->heads == NULL || core->marks == NULL)
        return;
    for (size_t i = 0; i < events->count; i++) {
        const struct event *event = &events->items[i];
        if (event->type == EVENT_MESSAGE) {
            const struct event *next = i + 1 < events->count ? &events->items[i + 1] : NULL;
            bool followed = next != NULL && next->type == EVENT_MESSAGE && next->chat == event->chat;
            last_id = event->id;
            /* A run of messages moves them once. */
            if (!followed)
                heads_move(core->heads, event->chat, event->seq, 0);
            if (!followed || next->actor != event->actor)
                marks_move(core->marks, event->chat, event->actor, 0, event->seq);
        } else if (event->type == EVENT_UPDATE && event->mver > 0) {
            heads_move(core->heads, event->chat, 0, event->mver);
            grew = true;
        } else if (event->type == EVENT_UPDATE && event->cmd == CMD_READ && event->seq > 0) {
            marks_move(core->marks, event->chat, event->actor, event->seq, 0);
        }
    }
    if (last_id > 0)
        marks_told(core->marks, last_id);
    if (core->log_grew != NULL && (grew || last_id > 0))
        core->log_grew(core->log_grew_context);
}

static void reached_tell(struct core *core)
{
    if (atomic_load(&core->reach_waiters) == 0)
        return;
    pthread_mutex_lock(&core->reach_lock);
    pthread_cond_broadcast(&core->reached);
    pthread_mutex_unlock(&core->reach_lock);
}

void core_publish(struct core *core, struct batch *batch, uint64_t number)
{
    bool told = batch->events.count > 0;
    if (number != 0) {
        batch->number = number;
        atomic_store_explicit(&core->published, number, memory_order_release);
        if (core->shared != NULL)
            reached_tell(core);
    }
    unsigned parts = 0;
    for (unsigned i = 0; i < core->loop_count; i++)
        if (told || batch->mails[i].finished_first != NULL)
            parts++;
    if (parts == 0) {
        batch_free(batch);
        return;
    }
    atomic_store_explicit(&batch->refs, parts, memory_order_relaxed);
    /* A loop may free the batch as soon as its part is the last: what is
     * still needed is copied out of it first. */
    unsigned loop_count = core->loop_count;
    for (unsigned i = 0; i < loop_count && parts > 0; i++) {
        struct batch_mail *part = &batch->mails[i];
        if (!told && part->finished_first == NULL)
            continue;
        parts--;
        part->batch = batch;
        part->deliver_context = core->deliver_contexts[i];
        part->mail.run = batch_arrived;
        loop_post(core->loops[i], &part->mail);
    }
}

static void batch_end(void *context, enum err result)
{
    struct core *core = context;
    struct batch *batch = core->batch;
    core->batch = NULL;
    arena_release(&core->scratch);
    if (result != OK) {
        directory_forget(core->directory);
        directory_announced_undo(core->directory, 0);
        batch->events.count = 0;
        if (core->marks != NULL)
            marks_undo(core->marks);
    }
    directory_announced_keep(core->directory);
    if (core->marks != NULL)
        marks_keep(core->marks);
    core_moved(core, &batch->events);
    if (core->marks != NULL && marks_waiting(core->marks) >= MARKS_WAITING_MAX)
        core_marks_flush(core); /* Before the next round of housekeeping: what waits has a bound. */
    uint64_t number = 0;
    if (core->shared != NULL)
        number = shared_ended(core, &batch->events, result);
    else if (batch->events.count > 0)
        number = atomic_load_explicit(&core->published, memory_order_relaxed) + 1; /* Only this thread writes it. */
    core_publish(core, batch, number);
}

static enum err job_apply(struct write_job *write, struct db *db)
{
    struct core_job *job = (struct core_job *)write;
    struct core *core = job->core;
    struct core_tx tx = {
        .core = core,
        .db = db,
        .arena = &core->scratch,
        .events = &core->batch->events,
        .directory = core->directory,
        .marks = core->marks,
        .tally = core->tally,
        .router = core->router,
        .json = core->json,
        .policy = &core->policy,
        .shared = core->shared,
        .now_ms = core->now_ms,
    };
    size_t events_before = core->batch->events.count;
    size_t announced_before = directory_announced(core->directory);
    enum err err = job->run(job, &tx);
    if (err != OK) { /* It tells nobody anything, and what it wrote is undone. */
        for (size_t i = events_before; i < core->batch->events.count; i++)
            if (core->batch->events.items[i].chat != 0)
                directory_drop_chat(core->directory, core->batch->events.items[i].chat);
        core->batch->events.count = events_before;
        directory_announced_undo(core->directory, announced_before);
    }
    return err;
}

static void job_done(struct write_job *write)
{
    struct core_job *job = (struct core_job *)write;
    struct core *core = job->core;
    if (job->loop == NULL) {
        job->finished(job);
        return;
    }
    struct batch_mail *part = &core->batch->mails[loop_index(job->loop)];
    job->next_finished = NULL;
    if (part->finished_last == NULL)
        part->finished_first = job;
    else
        part->finished_last->next_finished = job;
    part->finished_last = job;
}

struct core_policy core_policy_of(const struct conf *conf)
{
    return (struct core_policy){
        .strangers = conf->strangers,
        .contact_requests = conf->contact_requests,
        .whole_history = conf->whole_history,
        .recall_ms = conf->recall_ms,
        .edit_ms = conf->edit_ms,
        .group_size_max = conf->group_size_max,
        .sticker_sharing = conf->sticker_sharing,
        .sticker_max = conf->sticker_max,
    };
}

/* Everything but the writer and its connection. */
static void core_release(struct core *core)
{
    directory_free(&core->directory);
    json_parser_free(&core->json);
    tally_free(&core->tally);
    shared_free(&core->shared);
    pthread_cond_destroy(&core->reached);
    pthread_mutex_destroy(&core->reach_lock);
    free(core);
}

enum err core_new(const struct core_options *options, struct core **out)
{
    struct core *core = mem_zalloc(sizeof(*core));
    core->policy = options->policy;
    core->router = options->router;
    core->loops = options->loops;
    core->loop_count = options->loop_count;
    core->deliver = options->deliver;
    core->deliver_contexts = options->deliver_contexts;
    core->directory = directory_new();
    core->json = json_parser_new();
    core->heads = options->heads;
    core->marks = options->marks;
    core->tally = tally_new();
    core->log_grew = options->log_grew;
    core->log_grew_context = options->log_grew_context;
    pthread_mutex_init(&core->reach_lock, NULL);
    pthread_cond_init(&core->reached, NULL);
    if (options->shared != NULL) {
        core->shared = shared_new(options->shared);
        core->published = options->shared->number;
        directory_note_drops(core->directory);
    }
    struct writer_options writer = {
        .shared = options->shared != NULL ? &shared_hooks : NULL,
        .queue_max = options->queue_max,
        .batch_max = options->batch_max,
        .db = options->db,
        .batch_begin = batch_begin,
        .batch_end = batch_end,
        .context = core,
    };
    enum err err = writer_new(&writer, &core->writer);
    if (err != OK) {
        core_release(core);
        return err;
    }
    core->db = options->db;
    *out = core;
    return OK;
}

static enum err flush_run(struct core_job *job, struct core_tx *tx)
{
    (void)job;
    bool waiting = marks_waiting(tx->marks) > 0;
    enum err err = marks_flush(tx->marks, tx->db);
    if (err == OK && waiting && tx->shared != NULL)
        shared_tell_flushed(tx);
    return err == OK ? tally_tell(tx->tally, tx) : err;
}

static void flush_finished(struct core_job *job)
{
    marks_flushed(job->core->marks, job->write.result == OK);
    tally_told(job->core->tally, job->write.result == OK);
    atomic_store(&job->core->flushing, false);
}

void core_marks_flush(struct core *core)
{
    if (core->marks == NULL || (marks_waiting(core->marks) == 0 && !tally_waiting(core->tally)) ||
        atomic_exchange(&core->flushing, true))
        return;
    core->flush = (struct core_job){ .run = flush_run, .finished = flush_finished };
    if (core_submit(core, &core->flush) != OK)
        atomic_store(&core->flushing, false); /* The next one does it. */
}

bool core_readers_waiting(const struct core *core)
{
    return tally_waiting(core->tally);
}

void core_stop(struct core *core)
{
    core_marks_flush(core);
    shared_leave(core);
    writer_stop(core->writer);
}

void core_free(struct core **core)
{
    if (*core == NULL)
        return;
    writer_free(&(*core)->writer);
    arena_release(&(*core)->scratch);
    db_close(&(*core)->db);
    core_release(*core);
    *core = NULL;
}

static void job_prepare(struct core *core, struct core_job *job)
{
    job->core = core;
    job->write.apply = job_apply;
    job->write.done = job_done;
}

enum err core_submit(struct core *core, struct core_job *job)
{
    job_prepare(core, job);
    return writer_submit(core->writer, &job->write);
}

static void outbox_turn_ended(struct loop_deferred *deferred)
{
    struct core_outbox *outbox = (struct core_outbox *)deferred;
    struct core_job *job = outbox->first;
    struct core_job *last = outbox->last;
    size_t count = outbox->count;
    outbox->first = NULL;
    outbox->last = NULL;
    outbox->count = 0;
    enum err err = writer_submit_all(outbox->core->writer, &job->write, &last->write, count);
    while (err != OK && job != NULL) {
        struct core_job *next = (struct core_job *)job->write.next;
        job->write.result = err;
        job->finished(job);
        job = next;
    }
}

void core_outbox_push(struct core_outbox *outbox, struct core_job *job)
{
    job_prepare(outbox->core, job);
    job->write.next = NULL;
    if (outbox->last == NULL)
        outbox->first = job;
    else
        outbox->last->write.next = &job->write;
    outbox->last = job;
    outbox->count++;
    outbox->turn_end.run = outbox_turn_ended;
    loop_defer(outbox->loop, &outbox->turn_end);
}

uint64_t core_published(struct core *core)
{
    return atomic_load_explicit(&core->published, memory_order_acquire);
}

int64_t core_trouble_ms(struct core *core)
{
    return writer_trouble_ms(core->writer);
}

size_t core_queued(struct core *core)
{
    return writer_queued(core->writer);
}

void core_stats(struct core *core, struct writer_stats *out)
{
    writer_stats(core->writer, out);
}
