/* follow.c: what other nodes committed, taken over in its order.
 * Two ways lead to the same code: a batch that holds the lock takes over what
 * it must know before its first job; an idle node looks without the lock,
 * since a batch is there before the next one is.
 * A commit is seen by others before it is on the disk: the database gives its
 * locks up first and syncs then (InnoDB does). A crash in between takes it
 * back, and its numbers are given to other messages. So nobody is told of a
 * batch before it is known to be synced, that is, when a later commit has
 * ended, since the log is synced in the order of commits: one of this node,
 * or one of the batch's own, which goes on only then; or when its author says
 * so (router.h: committed). */
#include "chat/shared_private.h"

#include "chat/directory.h"
#include "chat/event_code.h"
#include "chat/marks.h"
#include "os/clock.h"
#include "os/log.h"
#include "route/presence.h"
#include "store/journal.h"
#include "store/node.h"
#include "util/mem.h"

#define ROWS_AT_ONCE ((size_t)16)
#define HELD_MANY ((size_t)16) /* those that may be told are */

/* ---- hearing ---- */

static void users_heard(struct core *core, int64_t node, const struct event *event)
{
    struct presence *presence = core->router->presence;
    if (event->seq != 0) /* All of them: what was known before goes. */
        presence_node_gone(presence, node, NULL, NULL);
    presence_elsewhere(presence, node, event->targets, event->target_count, event->online);
    for (size_t i = 0; i < event->target_count && event->online; i++)
        directory_heard_presence(core->directory, event->targets[i], true);
    if (event->seq != 0)
        peers_answered(core->shared, node);
}

static void event_heard(struct core *core, int64_t node, const struct event *event)
{
    switch (event->type) {
    case EVENT_MESSAGE:
        directory_heard(core->directory, event->chat, event->seq, event->id);
        break;
    case EVENT_UPDATE:
        if (event->mver > 0)
            directory_heard_change(core->directory, event->chat, event->mver);
        break;
    case EVENT_PRESENCE:
        directory_heard_presence(core->directory, event->actor, event->online);
        break;
    case EVENT_NODE_USERS:
        users_heard(core, node, event);
        break;
    case EVENT_NODE_CAME:
        peers_came(core->shared, event->actor);
        break;
    case EVENT_NODE_WENT:
        peers_went(core, event->actor);
        break;
    case EVENT_FORGET_CHAT:
        directory_drop_chat(core->directory, event->chat);
        break;
    case EVENT_FORGET_MEMBER:
        directory_drop_member(core->directory, event->chat, event->actor);
        break;
    case EVENT_FORGET_ALL:
        directory_forget(core->directory);
        break;
    default:
        break;
    }
}

/* Everything is applied here as it was there, in the same order. */
static void events_heard(struct core *core, int64_t node, uint64_t number, const struct event_list *events)
{
    if (core->marks != NULL)
        marks_at(core->marks, number);
    for (size_t i = 0; i < events->count && core->marks != NULL; i++) {
        if (events->items[i].type != EVENT_FLUSHED)
            continue;
        marks_stored(core->marks, (uint64_t)events->items[i].seq);
        atomic_store(&core->shared->flushed_ms, clock_mono_ms());
    }
    for (size_t i = 0; i < events->count; i++)
        event_heard(core, node, &events->items[i]);
    directory_drops_take(core->directory, NULL); /* Its author noted them. */
    core_moved(core, events);
}

/* ---- held ones ---- */

void held_add(struct core *core, struct batch *batch, uint64_t number)
{
    struct shared *shared = core->shared;
    if (shared->held_count == shared->held_capacity) {
        shared->held_capacity = shared->held_capacity == 0 ? HELD_MANY : 2 * shared->held_capacity;
        shared->held = mem_realloc(shared->held, shared->held_capacity * sizeof(*shared->held));
    }
    shared->held[shared->held_count++] = (struct held){ batch, number };
}

void held_publish(struct core *core)
{
    struct shared *shared = core->shared;
    size_t count = 0;
    while (count < shared->held_count && shared->held[count].number <= shared->synced) {
        core_publish(core, shared->held[count].batch, shared->held[count].number);
        count++;
    }
    shared->held_count -= count;
    if (count > 0 && shared->held_count > 0)
        memmove(shared->held, shared->held + count, shared->held_count * sizeof(*shared->held));
}

void held_drop(struct shared *shared)
{
    for (size_t i = 0; i < shared->held_count; i++)
        batch_free(shared->held[i].batch);
    shared->held_count = 0;
}

void follow_lost(struct core *core)
{
    held_drop(core->shared);
    if (core->shared->carried != NULL)
        carried_forget(core->shared->carried);
    if (core->marks != NULL)
        marks_forget(core->marks);
    core->shared->behind = true;
}

/* A database that crashed since may have lost them. In a transaction. */
enum err held_prove(struct core *core, struct db *db)
{
    struct shared *shared = core->shared;
    bool same = false;
    if (shared->held_count == 0)
        return OK;
    enum err err = journal_marked(db, shared->number, (struct str){ shared->number_mark, JOURNAL_MARK_SIZE }, &same);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (same)
        return OK;
    log_warn("node", "the database has lost what another node was committing",
             LOG_I64("number", (int64_t)shared->number));
    follow_lost(core);
    return OK;
}

/* ---- taking over ---- */

/* What it tells is held. ERR_NOT_FOUND: this and what follows can't be taken over. */
static enum err row_take(struct core *core, const struct journal_row *row)
{
    struct shared *shared = core->shared;
    if (row->number != shared->number + 1 || row->node == shared->node || (row->flags & JOURNAL_OMITTED) != 0 ||
        row->mark.size != JOURNAL_MARK_SIZE)
        return ERR_NOT_FOUND;
    struct batch *batch = batch_new(core);
    enum err err = row->events.size == 0 ? OK : event_list_decode(row->events, &batch->events);
    if (err != OK) {
        log_error("node", "the events of another node can't be read; do all run the same version?",
                  LOG_I64("node", row->node), LOG_I64("number", (int64_t)row->number));
        batch_free(batch);
        return ERR_NOT_FOUND;
    }
    events_heard(core, row->node, row->number, &batch->events);
    shared->number = row->number;
    memcpy(shared->number_mark, row->mark.ptr, JOURNAL_MARK_SIZE);
    peers_heard(shared, row->node, row->number);
    atomic_fetch_add(&shared->foreign, 1);
    held_add(core, batch, row->number);
    return shared->behind ? ERR_NOT_FOUND : OK;
}

/* What came along with a hint, up to that number, as far as there is no hole: take is told each of it. Its author had
 * ended the commit when it went. */
static enum err carried_follow(struct core *core, uint64_t upto,
                               enum err (*take)(struct core *core, const struct journal_row *row))
{
    struct shared *shared = core->shared;
    bool there = shared->carried != NULL;
    enum err err = OK;
    while (err == OK && there && shared->number < upto) {
        struct arena arena = { 0 };
        struct journal_row row;
        there = carried_take(shared->carried, &arena, shared->number, shared->number_mark, &row);
        if (there) {
            synced_raise(shared, row.number);
            atomic_fetch_add(&shared->carried_count, 1);
            err = take(core, &row);
        }
        arena_release(&arena);
    }
    return err;
}

/* Told together with what the batch at hand tells, one commit later, so that loops are woken once for both; but for
 * what may be told while somebody waits. */
static enum err row_take_locked(struct core *core, const struct journal_row *row)
{
    enum err err = row_take(core, row);
    if (core->shared->held_count >= HELD_MANY || atomic_load(&core->reach_waiters) > 0)
        held_publish(core);
    return err;
}

enum err follow_locked(struct core *core, struct db *db, uint64_t upto)
{
    struct shared *shared = core->shared;
    enum err err = carried_follow(core, upto, row_take_locked);
    while (err == OK && shared->number < upto) {
        struct arena arena = { 0 };
        struct journal_list list;
        err = journal_read(db, &arena, shared->number, ROWS_AT_ONCE, &list);
        for (size_t i = 0; i < list.count && err == OK; i++)
            err = row_take_locked(core, &list.rows[i]);
        if (err == OK && list.count == 0)
            err = ERR_NOT_FOUND;
        arena_release(&arena);
    }
    if (err != ERR_NOT_FOUND)
        return err;
    shared->behind = true;
    return OK;
}

/* Rows up to that number are taken and told. The lock will show what follows a hole. */
static void rows_take(struct core *core, const struct journal_list *list, uint64_t upto)
{
    struct shared *shared = core->shared;
    enum err err = OK;
    for (size_t i = 0; i < list->count && list->rows[i].number <= upto && err == OK; i++)
        err = row_take(core, &list->rows[i]);
    held_publish(core);
    if (err != OK)
        shared->look_again = true;
}

/* Reads on, in one transaction with a write of this node's own: when it has ended, what it saw is on the disk. */
static enum err rows_read_synced(struct core *core, struct db *db, struct arena *arena, struct journal_list *list)
{
    struct shared *shared = core->shared;
    struct sql *sql = db_sql(db);
    enum err err = sql->v->begin(sql);
    if (err == OK)
        err = held_prove(core, db);
    if (err == OK && !shared->behind)
        err = journal_read(db, arena, shared->number, ROWS_AT_ONCE, list);
    if (err == OK && !shared->behind)
        err = node_renew(db, shared->node);
    if (err == ERR_NOT_FOUND)
        shared->behind = !shared->leaving; /* It was taken for dead. */
    if (err == OK && !shared->behind)
        return sql->v->commit(sql);
    sql->v->rollback(sql);
    return err == OK ? ERR_NOT_FOUND : err;
}

static enum err look_synced(struct core *core, struct db *db)
{
    struct shared *shared = core->shared;
    enum err err = OK;
    bool more = true;
    while (err == OK && more) {
        struct arena arena = { 0 };
        struct journal_list list = { 0 };
        err = rows_read_synced(core, db, &arena, &list);
        if (err == OK) {
            synced_raise(shared, list.count > 0 ? list.rows[list.count - 1].number : shared->number);
            atomic_fetch_add(&shared->syncs, 1);
            rows_take(core, &list, UINT64_MAX);
        }
        more = list.count == ROWS_AT_ONCE && !shared->look_again;
        arena_release(&arena);
    }
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err follow_look(struct core *core, struct db *db, uint64_t wanted)
{
    struct shared *shared = core->shared;
    enum err err = OK;
    bool unsure = false;
    if (shared->behind)
        return OK;
    if (shared->held_count > 0)
        return look_synced(core, db); /* They are of a batch that failed, and may be gone. */
    synced_raise(shared, atomic_load(&shared->told_synced));
    err = carried_follow(core, UINT64_MAX, row_take);
    held_publish(core);
    if (err != OK)
        shared->look_again = true;
    if (err != OK || shared->behind || wanted <= shared->number)
        return OK;
    for (bool more = true; err == OK && more;) {
        struct arena arena = { 0 };
        struct journal_list list;
        err = journal_read(db, &arena, shared->number, ROWS_AT_ONCE, &list);
        if (err == OK) {
            rows_take(core, &list, shared->synced);
            unsure = list.count > 0 && list.rows[list.count - 1].number > shared->synced;
        }
        more = list.count == ROWS_AT_ONCE && !unsure && !shared->look_again;
        arena_release(&arena);
    }
    if (err != OK || shared->look_again || !unsure || wanted <= shared->synced)
        return err;
    return look_synced(core, db);
}
