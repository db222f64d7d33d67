/* shared.c: what happens around a batch when there are other nodes. */
#include "chat/shared_private.h"

#include "chat/directory.h"
#include "chat/event_code.h"
#include "chat/heads.h"
#include "chat/marks.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "route/presence.h"
#include "store/journal.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>

#define BATCH_BYTES_MAX ((size_t)2 * 1024 * 1024) /* of events; far below what a row may hold */

/* ---- too much was missed ---- */

static void behind_tell(struct core *core, uint64_t number)
{
    struct shared *shared = core->shared;
    if (shared->told_behind)
        return;
    shared->told_behind = true;
    atomic_fetch_add(&shared->missed, 1);
    log_warn("node", "missed what other nodes did: all sessions begin anew", LOG_I64("known", (int64_t)shared->number),
             LOG_I64("newest", (int64_t)number));
    struct batch *batch = batch_new(core);
    event_add(&batch->events, EVENT_BEHIND);
    held_add(core, batch, number); /* The commit at hand makes sure of it. */
}

/* Begins anew, as another node, within the batch at hand. */
static enum err rejoin(struct core *core, struct db *db, uint64_t number)
{
    struct shared *shared = core->shared;
    struct arena arena = { 0 };
    struct id_list others;
    behind_tell(core, number);
    directory_forget(core->directory);
    directory_drops_take(core->directory, NULL);
    directory_forget_told(core->directory);
    if (core->heads != NULL)
        heads_forget(core->heads);
    presence_node_gone(core->router->presence, 0, NULL, NULL);
    shared->number = number;
    memset(shared->number_mark, 0, sizeof(shared->number_mark));
    shared->synced = 0;
    shared->joined_ms = clock_mono_ms();
    enum err err =
        peers_join(db, &shared->options, shared->node, &arena, &core->batch->events, &shared->joining, &others);
    if (err == OK)
        peers_set(shared, &others);
    arena_release(&arena);
    return err;
}

/* ---- the writer's hooks ---- */

static enum err hook_open(void *context, struct db *db)
{
    struct core *core = context;
    struct shared *shared = core->shared;
    uint64_t number = 0;
    enum err err = journal_next(db, &number);
    db_wrote_reset(db); /* The counter alone is nothing to commit. */
    number--;           /* of the newest one of the others */
    if (err == OK && number < shared->number && !shared->behind) {
        log_warn("node", "the database has lost what it had committed", LOG_I64("known", (int64_t)shared->number),
                 LOG_I64("newest", (int64_t)number));
        atomic_store(&shared->told_synced, 0);
        follow_lost(core);
    }
    if (err == OK && !shared->behind)
        err = held_prove(core, db); /* They are of a batch that was lost. */
    if (err == OK && !shared->behind)
        err = follow_locked(core, db, number);
    if (err == OK)
        shared->look_again = false;
    if (err == OK && shared->behind)
        err = rejoin(core, db, number);
    if (err != OK)
        return err;
    atomic_store(&shared->looked_ms, clock_mono_ms());
    if (core->marks != NULL)
        marks_at(core->marks, shared->number + 1);
    return OK;
}

/* What nodes tell each other is written even where no other is known: it may just be on its way. */
static bool events_needed(const struct shared *shared, const struct event_list *events)
{
    if (shared->count > 0)
        return true;
    for (size_t i = 0; i < events->count; i++)
        if (events->items[i].type >= EVENT_NODE_CAME)
            return true;
    return false;
}

static enum err hook_close(void *context, struct db *db, bool *wrote)
{
    struct core *core = context;
    struct shared *shared = core->shared;
    struct event_list *events = &core->batch->events;
    struct buf bytes = { 0 };
    directory_drops_take(core->directory, shared->count > 0 ? events : NULL);
    /* What was taken over and may not be on the disk yet wants a commit behind it. */
    *wrote = events->count > 0 || db_wrote(db) || held_unsure(shared);
    shared->pending = 0;
    if (!*wrote)
        return OK;
    bool needed = events_needed(shared, events);
    if (needed)
        event_list_encode(&bytes, events);
    random_bytes(shared->mark, sizeof(shared->mark));
    struct journal_row row = {
        .number = shared->number + 1,
        .node = shared->joining != 0 ? shared->joining : shared->node,
        .flags = events->count > 0 && !needed ? JOURNAL_OMITTED : 0,
        .created_ms = core->now_ms,
        .mark = { shared->mark, sizeof(shared->mark) },
        .events = buf_str(&bytes),
    };
    shared->pending = row.number;
    enum err err = journal_append(db, &row);
    buf_clear(&shared->outgoing);
    if (shared->carried != NULL && shared->count > 0 && bytes.size <= CARRIED_EVENTS_MAX)
        carried_append(&shared->outgoing, shared->options.carry_key, &row, shared->number_mark);
    buf_release(&bytes);
    return err;
}

static bool hook_full(void *context)
{
    return ((struct core *)context)->batch->events.arena.used_bytes > BATCH_BYTES_MAX;
}

static void hook_again(void *context)
{
    struct core *core = context;
    struct event_list *events = &core->batch->events;
    held_publish(core); /* It may take long. */
    core->shared->joining = 0;
    core->shared->pending = 0;
    directory_forget(core->directory);
    directory_drops_take(core->directory, NULL);
    directory_announced_undo(core->directory, 0);
    if (core->marks != NULL)
        marks_undo(core->marks);
    arena_release(&events->arena);
    events->count = 0;
    arena_release(&core->scratch);
    core->now_ms = clock_wall_ms();
}

/* The lock waits for the old transaction's end. That it is seen does not say that it is on the disk, so something is
 * committed behind it. */
static enum err hook_resolve(void *context, struct db *db, bool *happened)
{
    struct shared *shared = ((struct core *)context)->shared;
    uint64_t number = 0;
    held_publish(context);
    enum err err = journal_lock(db, &number);
    *happened = false;
    if (err != OK || number < shared->pending)
        return err == ERR_NOT_FOUND ? ERR_STORE : err;
    err = journal_marked(db, shared->pending, (struct str){ shared->mark, sizeof(shared->mark) }, happened);
    return err == OK && *happened ? journal_touch(db, shared->pending) : err;
}

static enum err lease_look(struct shared *shared, struct db *db)
{
    struct sql *sql = db_sql(db);
    bool renewed = false;
    enum err err = sql->v->begin(sql);
    if (err == OK)
        err = peers_look(shared, db, &renewed);
    if (err == OK && renewed)
        return sql->v->commit(sql);
    sql->v->rollback(sql);
    return err;
}

/* What was hinted at may be known by now: a batch of this node's came first and took it over. */
static void hook_poked(void *context, struct db *db)
{
    struct core *core = context;
    struct shared *shared = core->shared;
    uint64_t wanted = atomic_exchange(&shared->hinted, 0);
    bool looks = wanted > shared->number || (wanted > 0 && shared->held_count > 0);
    enum err err = looks ? follow_look(core, db, wanted) : OK;
    if (err == OK && !shared->look_again && peers_due(shared))
        err = lease_look(shared, db);
    if (err == OK && looks)
        atomic_store(&shared->looked_ms, clock_mono_ms());
    else if (err != OK)
        shared->steady_ms = 0;
    peers_chores(core);
}

static unsigned hook_crowd(void *context)
{
    return peers_crowd(((struct core *)context)->shared);
}

const struct writer_shared shared_hooks = {
    .open = hook_open,
    .close = hook_close,
    .full = hook_full,
    .again = hook_again,
    .resolve = hook_resolve,
    .poked = hook_poked,
    .crowd = hook_crowd,
};

uint64_t shared_ended(struct core *core, const struct event_list *events, enum err result)
{
    struct shared *shared = core->shared;
    uint64_t number = shared->pending;
    int64_t joined = shared->joining;
    shared->pending = 0;
    shared->joining = 0;
    if (result == ERR_UNSURE)
        shared->behind = true; /* What the others think of that batch is not known here. */
    if (result == OK && number != 0)
        shared->synced = number;
    held_publish(core);
    directory_drops_take(core->directory, NULL);
    if (result != OK || number == 0)
        return 0;
    shared->number = number;
    memcpy(shared->number_mark, shared->mark, sizeof(shared->mark));
    if (joined != 0) {
        shared->node = joined;
        shared->since = number;
        shared->behind = false;
        shared->told_behind = false;
    }
    for (size_t i = 0; i < events->count; i++)
        if (events->items[i].type == EVENT_NODE_WENT)
            peers_went(core, events->items[i].actor);
    core->router->v->committed(core->router, number, buf_str(&shared->outgoing));
    return number;
}

void shared_tell_flushed(struct core_tx *tx)
{
    struct event *event = event_add(tx->events, EVENT_FLUSHED);
    event->actor = tx->shared->node;
    event->seq = (int64_t)tx->shared->since;
}

/* ---- any thread ---- */

/* The snapshot holds batches up to there. What is remembered here had better, too. */
static void reach(struct core *core, uint64_t number)
{
    struct timespec until;
    if (core_published(core) >= number)
        return;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += REACH_S;
    atomic_fetch_add(&core->reach_waiters, 1);
    core_follow_to(core, number);
    pthread_mutex_lock(&core->reach_lock);
    while (core_published(core) < number && pthread_cond_timedwait(&core->reached, &core->reach_lock, &until) == 0)
        ;
    pthread_mutex_unlock(&core->reach_lock);
    atomic_fetch_sub(&core->reach_waiters, 1);
}

enum err core_reach(struct core *core, struct db *db)
{
    uint64_t number = 0;
    if (core->shared == NULL)
        return OK;
    enum err err = journal_number(db, &number);
    if (err == OK)
        reach(core, number);
    return err;
}

enum err core_read_begin(struct core *core, struct db *db, uint64_t *out)
{
    uint64_t number = core_published(core);
    enum err err = db_read_begin(db);
    if (err == OK && core->shared != NULL) {
        err = journal_number(db, &number); /* The snapshot begins with it. */
        if (err == OK)
            reach(core, number);
        else
            db_read_end(db);
    }
    if (out != NULL)
        *out = number;
    return err;
}

uint64_t core_fence(struct core *core, uint64_t number)
{
    return core->shared != NULL ? number : core_published(core) + 1; /* At most one is committed and not told yet. */
}

void core_follow_to(struct core *core, uint64_t number)
{
    if (core->shared == NULL || (number != 0 && number <= core_published(core)))
        return;
    uint64_t wanted = number == 0 ? UINT64_MAX : number;
    uint64_t known = atomic_load(&core->shared->hinted);
    while (known < wanted && !atomic_compare_exchange_weak(&core->shared->hinted, &known, wanted))
        ;
    writer_poke(core->writer);
}

void core_committed_elsewhere(struct core *core, uint64_t number, struct str rows)
{
    if (core->shared == NULL)
        return;
    if (core->shared->carried != NULL && rows.size > 0)
        carried_put(core->shared->carried, rows);
    uint64_t known = atomic_load(&core->shared->told_synced);
    while (known < number && !atomic_compare_exchange_weak(&core->shared->told_synced, &known, number))
        ;
    core_follow_to(core, number);
}

void core_follow(struct core *core)
{
    core_follow_to(core, 0);
}

void core_shared_stats(struct core *core, struct shared_stats *out)
{
    struct shared *shared = core->shared;
    *out = (struct shared_stats){ .shared = shared != NULL };
    if (shared == NULL)
        return;
    out->node = atomic_load(&shared->shown_node);
    out->nodes = atomic_load(&shared->shown_count) + 1;
    out->leads = atomic_load(&shared->leads);
    out->number = core_published(core);
    out->behind_ms = clock_mono_ms() - atomic_load(&shared->looked_ms);
    out->flushed_ms = clock_mono_ms() - atomic_load(&shared->flushed_ms);
    out->foreign = atomic_load(&shared->foreign);
    out->carried = atomic_load(&shared->carried_count);
    out->missed = atomic_load(&shared->missed);
    out->syncs = atomic_load(&shared->syncs);
}
