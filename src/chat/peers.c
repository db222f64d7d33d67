/* peers.c: the other nodes, how one joins and leaves them, and what follows
 * when one dies. */
#include "chat/shared_private.h"

#include "chat/directory.h"
#include "chat/event_code.h"
#include "chat/marks.h"
#include "chat/presence.h"
#include "os/clock.h"
#include "os/log.h"
#include "os/random.h"
#include "route/presence.h"
#include "store/node.h"
#include "store/user.h"
#include "util/mem.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ORPHANS_AT_ONCE ((size_t)64) /* each of them asks the store for his friends */
#define SETTLE_MS 5000               /* so long after joining, who has not answered will not */
#define TRIM_EVERY_MS 5000
#define TRIM_ROUNDS 20
#define CROWD_MS 20 /* a node that committed within this time is one of a crowd */
#define JOIN_ATTEMPTS 50
#define JOIN_NAP_MS 100

/* ---- who is there ---- */

static struct peer *peer_find(struct shared *shared, int64_t node)
{
    for (size_t i = 0; i < shared->count; i++)
        if (shared->peers[i].id == node)
            return &shared->peers[i];
    return NULL;
}

/* What other threads are shown. */
static void peers_show(struct shared *shared)
{
    size_t unanswered = 0;
    bool leads = true;
    for (size_t i = 0; i < shared->count; i++) {
        unanswered += !shared->peers[i].answered;
        leads = leads && shared->peers[i].id > shared->node;
    }
    atomic_store(&shared->shown_node, shared->node);
    atomic_store(&shared->shown_count, shared->count);
    atomic_store(&shared->unanswered, unanswered);
    atomic_store(&shared->leads, leads);
}

static void peer_add(struct shared *shared, int64_t node, bool answered)
{
    if (peer_find(shared, node) != NULL || node == shared->node)
        return;
    shared->peers = mem_realloc(shared->peers, (shared->count + 1) * sizeof(*shared->peers));
    shared->peers[shared->count++] = (struct peer){ .id = node, .answered = answered };
}

void peers_set(struct shared *shared, const struct id_list *others)
{
    shared->count = 0;
    for (size_t i = 0; i < others->count; i++)
        peer_add(shared, others->ids[i], false);
    peers_show(shared);
}

/* Who is new has nobody. */
void peers_came(struct shared *shared, int64_t node)
{
    log_info("node", "another node is here", LOG_I64("node", node));
    peer_add(shared, node, true);
    shared->answer_due = true;
    peers_show(shared);
}

static void orphan_add(void *context, int64_t user)
{
    struct shared *shared = context;
    buf_append(&shared->orphans, &user, sizeof(user));
}

void peers_went(struct core *core, int64_t node)
{
    struct shared *shared = core->shared;
    if (node == shared->node) {
        shared->behind = shared->behind || !shared->leaving;
        return;
    }
    struct peer *peer = peer_find(shared, node);
    if (peer != NULL) {
        log_info("node", "another node is no more", LOG_I64("node", node));
        *peer = shared->peers[--shared->count];
    }
    presence_node_gone(core->router->presence, node, orphan_add, shared);
    peers_show(shared);
}

void peers_answered(struct shared *shared, int64_t node)
{
    struct peer *peer = peer_find(shared, node);
    if (peer != NULL)
        peer->answered = true;
    peers_show(shared);
}

void peers_heard(struct shared *shared, int64_t node, uint64_t number)
{
    struct peer *peer = peer_find(shared, node);
    if (peer == NULL)
        return;
    synced_raise(shared, peer->last);
    peer->last = number;
    peer->heard_ms = clock_mono_ms();
}

unsigned peers_crowd(const struct shared *shared)
{
    unsigned crowd = 1;
    int64_t now_ms = clock_mono_ms();
    for (size_t i = 0; i < shared->count; i++)
        crowd += now_ms - shared->peers[i].heard_ms < CROWD_MS;
    return crowd;
}

static bool settled(struct shared *shared)
{
    return atomic_load(&shared->unanswered) == 0 || clock_mono_ms() - shared->joined_ms > SETTLE_MS;
}

/* ---- joining ---- */

static void node_tell(struct event_list *events, enum event_type type, int64_t node)
{
    event_add(events, type)->actor = node;
}

enum err peers_join(struct db *db, const struct shared_options *options, int64_t before, struct arena *arena,
                    struct event_list *events, int64_t *node, struct id_list *others)
{
    struct node_list list;
    enum err err = node_list(db, arena, &list);
    *others = (struct id_list){ .ids = arena_alloc(arena, (list.count + 1) * sizeof(int64_t)) };
    for (size_t i = 0; i < list.count && err == OK; i++) {
        if (list.rows[i].id != before && !str_equal(list.rows[i].name, str_from(options->name))) {
            others->ids[others->count++] = list.rows[i].id;
            continue;
        }
        err = node_delete(db, list.rows[i].id);
        if (list.rows[i].id != before)
            node_tell(events, EVENT_NODE_WENT, list.rows[i].id);
    }
    if (err == OK && before != 0) /* Whoever removed its row may not have told yet; twice is harmless. */
        node_tell(events, EVENT_NODE_WENT, before);
    if (err == OK)
        err = marks_replay_in(db);
    if (err == OK)
        err = node_insert(db, str_from(options->name), node);
    if (err == OK)
        node_tell(events, EVENT_NODE_CAME, *node);
    return err;
}

static enum err join_once(struct db *db, struct shared_joined *joined)
{
    struct event_list events = { 0 };
    struct buf bytes = { 0 };
    random_bytes(joined->mark, sizeof(joined->mark));
    enum err err = journal_next(db, &joined->number);
    if (err == OK)
        err = peers_join(db, &joined->options, 0, &joined->arena, &events, &joined->node, &joined->others);
    event_list_encode(&bytes, &events);
    struct journal_row row = {
        .number = joined->number,
        .node = joined->node,
        .created_ms = clock_wall_ms(),
        .mark = { joined->mark, sizeof(joined->mark) },
        .events = buf_str(&bytes),
    };
    if (err == OK)
        err = journal_append(db, &row);
    buf_release(&bytes);
    event_list_release(&events);
    return err;
}

/* A try whose end is unclear may have left a row: the next one takes its place. */
enum err shared_join(struct db *db, const struct shared_options *options, struct shared_joined *out)
{
    struct sql *sql = db_sql(db);
    enum err err = ERR_BUSY;
    for (unsigned i = 0; i < JOIN_ATTEMPTS && (err == ERR_BUSY || err == ERR_IO || err == ERR_UNSURE); i++) {
        struct timespec wait = { .tv_nsec = JOIN_NAP_MS * 1000000L };
        if (i > 0)
            nanosleep(&wait, NULL);
        *out = (struct shared_joined){ .options = *options };
        err = sql->v->begin(sql);
        if (err == OK)
            err = join_once(db, out);
        if (err == OK)
            err = sql->v->commit(sql);
        if (err != OK)
            sql->v->rollback(sql);
        if (err != OK)
            arena_release(&out->arena);
    }
    return err;
}

struct shared *shared_new(const struct shared_joined *joined)
{
    struct shared *shared = mem_zalloc(sizeof(*shared));
    shared->options = joined->options;
    shared->node = joined->node;
    shared->number = joined->number;
    memcpy(shared->number_mark, joined->mark, sizeof(joined->mark));
    if (joined->options.carry_key != NULL)
        shared->carried = carried_new(joined->options.carry_key);
    shared->since = joined->number;
    shared->synced = joined->number;
    shared->joined_ms = clock_mono_ms();
    shared->looked_ms = shared->joined_ms;
    peers_set(shared, &joined->others);
    return shared;
}

void shared_free(struct shared **shared)
{
    if (*shared == NULL)
        return;
    held_drop(*shared);
    free((*shared)->held);
    carried_free(&(*shared)->carried);
    buf_release(&(*shared)->outgoing);
    free((*shared)->peers);
    buf_release(&(*shared)->orphans);
    free(*shared);
    *shared = NULL;
}

void core_settle(struct core *core, int64_t timeout_ms)
{
    int64_t until_ms = clock_mono_ms() + timeout_ms;
    struct timespec wait = { .tv_nsec = 5 * 1000000L };
    while (core->shared != NULL && atomic_load(&core->shared->unanswered) > 0 && clock_mono_ms() < until_ms) {
        core_follow(core);
        nanosleep(&wait, NULL);
    }
}

static enum err leave_run(struct core_job *job, struct core_tx *tx)
{
    struct shared *shared = job->core->shared;
    int64_t node = shared->joining != 0 ? shared->joining : shared->node;
    enum err err = node_delete(tx->db, node);
    node_tell(tx->events, EVENT_NODE_WENT, node);
    shared->leaving = true;
    return err == ERR_NOT_FOUND ? OK : err;
}

static void leave_finished(struct core_job *job)
{
    (void)job;
}

void shared_leave(struct core *core)
{
    if (core->shared == NULL)
        return;
    core->shared->leave = (struct core_job){ .run = leave_run, .finished = leave_finished };
    (void)core_submit(core, &core->shared->leave); /* Else its lease runs out. */
}

/* ---- leases ---- */

bool peers_due(const struct shared *shared)
{
    return !shared->leaving && !shared->behind && clock_mono_ms() - shared->renewed_ms >= shared->options.lease_ms / 5;
}

enum err peers_look(struct shared *shared, struct db *db, bool *renewed)
{
    int64_t now_ms = clock_mono_ms();
    struct arena arena = { 0 };
    struct node_list list;
    enum err err = node_renew(db, shared->node);
    if (err == ERR_NOT_FOUND) {
        log_warn("node", "the other nodes took this one for dead", LOG_I64("node", shared->node));
        shared->behind = true;
        return OK;
    }
    if (err == OK)
        err = node_list(db, &arena, &list);
    *renewed = err == OK;
    /* Where nobody could renew, because the store was away, nobody is dead. */
    if (err == OK && (shared->steady_ms == 0 || now_ms - shared->renewed_ms > shared->options.lease_ms / 2))
        shared->steady_ms = now_ms;
    bool steady = now_ms - shared->steady_ms > shared->options.lease_ms;
    for (size_t i = 0; err == OK && steady && i < list.count; i++)
        if (list.rows[i].id != shared->node && list.rows[i].unseen_ms > shared->options.lease_ms)
            shared->expire_due = true;
    if (err == OK)
        shared->renewed_ms = now_ms;
    arena_release(&arena);
    return err;
}

static enum err nodes_expire(struct core_tx *tx)
{
    struct shared *shared = tx->shared;
    struct node_list list;
    enum err err = node_list(tx->db, tx->arena, &list);
    for (size_t i = 0; i < list.count && err == OK; i++) {
        if (list.rows[i].id == shared->node || list.rows[i].unseen_ms <= shared->options.lease_ms)
            continue;
        log_warn("node", "a node was not heard of for too long", LOG_I64("node", list.rows[i].id),
                 LOG_I64("ms", list.rows[i].unseen_ms));
        err = node_delete(tx->db, list.rows[i].id);
        node_tell(tx->events, EVENT_NODE_WENT, list.rows[i].id);
    }
    return err;
}

/* ---- whom this node has ---- */

void shared_tell_here(struct core_tx *tx, int64_t user)
{
    struct shared *shared = tx->shared;
    bool here = presence_here(tx->router->presence, user);
    if (!directory_tell_here(tx->directory, user, here) || shared->count == 0)
        return;
    int64_t *target = arena_alloc(&tx->events->arena, sizeof(*target));
    struct event *event = event_add(tx->events, EVENT_NODE_USERS);
    *target = user;
    event->actor = shared->node;
    event->online = here;
    event->targets = target;
    event->target_count = 1;
}

bool shared_knows_gone(struct core_tx *tx, int64_t user)
{
    if (settled(tx->shared))
        return true;
    orphan_add(tx->shared, user);
    return false;
}

/* All of them; and what this node remembers of marks is in the store then, where the new one finds it. */
static enum err answer(struct core_tx *tx)
{
    struct id_list users;
    struct event *event = event_add(tx->events, EVENT_NODE_USERS);
    directory_told_here(tx->directory, &tx->events->arena, &users);
    event->actor = tx->shared->node;
    event->online = true;
    event->seq = 1;
    event->targets = users.ids;
    event->target_count = users.count;
    if (tx->marks == NULL || marks_waiting(tx->marks) == 0)
        return OK;
    tx->shared->chore.flushes = true;
    enum err err = marks_flush(tx->marks, tx->db);
    if (err == OK)
        shared_tell_flushed(tx);
    return err;
}

/* Every node looks at them: the first one's batch tells, the others then find nothing to tell. */
static enum err orphans_look(struct core_tx *tx)
{
    struct shared *shared = tx->shared;
    size_t count = shared->orphans.size / sizeof(int64_t);
    struct chore *chore = &shared->chore;
    enum err err = OK;
    chore->orphans = count < ORPHANS_AT_ONCE ? count : ORPHANS_AT_ONCE;
    for (size_t i = 0; i < chore->orphans && err == OK; i++) {
        int64_t id;
        struct user user;
        memcpy(&id, shared->orphans.ptr + i * sizeof(id), sizeof(id));
        if (!directory_is_announced(tx->directory, id) || tx->router->v->online(tx->router, id))
            continue;
        err = user_by_id(tx->db, tx->arena, id, &user);
        if (err == OK)
            err = presence_told(tx, id, user.email, false);
        else if (err == ERR_NOT_FOUND)
            err = OK;
    }
    return err;
}

static enum err journal_shorten(struct core_tx *tx)
{
    bool more = true;
    enum err err = OK;
    for (unsigned i = 0; i < TRIM_ROUNDS && more && err == OK; i++)
        err = journal_trim(tx->db, tx->now_ms - tx->shared->options.keep_ms, &more);
    tx->shared->chore.trims_more = more;
    return err;
}

/* ---- chores ---- */

static enum err chore_run(struct core_job *job, struct core_tx *tx)
{
    struct chore *chore = (struct chore *)job;
    struct shared *shared = tx->shared;
    enum err err = OK;
    chore->flushes = false;
    chore->orphans = 0;
    if (shared->expire_due)
        err = nodes_expire(tx);
    if (err == OK && chore->answers)
        err = answer(tx);
    if (err == OK && shared->orphans.size > 0 && settled(shared))
        err = orphans_look(tx);
    if (err == OK && chore->trims)
        err = journal_shorten(tx);
    return err;
}

static void chore_finished(struct core_job *job)
{
    struct chore *chore = (struct chore *)job;
    struct shared *shared = job->core->shared;
    bool done = job->write.result == OK;
    chore->running = false;
    if (chore->flushes)
        marks_flushed(job->core->marks, done);
    if (!done) {
        shared->answer_due |= chore->answers;
        return;
    }
    shared->expire_due = false;
    if (chore->trims && !chore->trims_more)
        shared->trimmed_ms = clock_mono_ms();
    if (chore->orphans > 0) /* Those added meanwhile stand behind them. */
        buf_consume(&shared->orphans, chore->orphans * sizeof(int64_t));
    peers_chores(job->core);
}

void peers_chores(struct core *core)
{
    struct shared *shared = core->shared;
    struct chore *chore = &shared->chore;
    if (chore->running || shared->leaving)
        return;
    bool orphans = shared->orphans.size > 0 && settled(shared);
    bool trims = atomic_load(&shared->leads) && clock_mono_ms() - shared->trimmed_ms > TRIM_EVERY_MS;
    if (!shared->behind && !shared->look_again && !shared->answer_due && !shared->expire_due && !orphans && !trims)
        return;
    chore->job = (struct core_job){ .run = chore_run, .finished = chore_finished };
    chore->answers = shared->answer_due;
    chore->trims = trims;
    shared->answer_due = false;
    chore->running = core_submit(core, &chore->job) == OK;
    shared->answer_due |= !chore->running && chore->answers;
}
