/* follow.c: the thread behind the log.
 * A round reads, in one snapshot of the store, first the changes it has not
 * seen and then the messages, both in pieces, and brings the segments up to
 * date with what the messages say in that snapshot. Doing any of it twice
 * gives the same, so that positions may lag behind the work, never the other
 * way round: after a crash what was done since the last commit is done again. */
#include "search/search_private.h"

#include "os/clock.h"
#include "os/log.h"
#include "store/mutation.h"
#include "util/json.h"
#include "util/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FOLLOW_NICE 19
#define MESSAGES_MAX ((size_t)4096) /* of a round, which costs some questions to the store whatever it finds */
#define MUTATIONS_MAX ((size_t)256)
#define ROUND_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define TOKENS_BYTES_MAX ((size_t)64 * 1024)
#define LINGER_SHARED_MS 200 /* of a database that others ask, too */
#define CHECK_SHARED_MS 1000 /* and whether the index is still the store's is looked at so often there */
#define LINGER_MS 50         /* between rounds, so that a busy log is taken in larger pieces */
#define LOOK_MS 2000         /* without being woken */
#define RETRY_MS 2000
#define GENERATION_MAX 160

enum { CMD_RECALL = 24, CMD_EDIT = 25, CMD_DELETE = 26 };

struct follower {
    struct search *search;
    struct db *db;
    struct index *index;
    struct json_parser *json;
    struct segment *spare;
    struct arena arena;  /* of a round */
    struct arena tokens; /* of some messages */
    char generation[GENERATION_MAX];
    int64_t checked_ms; /* when that was compared with the store's */
    int64_t mutation;   /* changes up to here are done */
    int64_t finished;   /* messages that can be found in finished segments */
    int64_t finished_last;
    bool unclean; /* what was taken out may still be in the WAL */
};

/* ---- the file ---- */

static void readers_close(struct search *search)
{
    pthread_mutex_lock(&search->idle_lock);
    while (search->idle_count > 0)
        index_close(&search->idle[--search->idle_count]);
    pthread_mutex_unlock(&search->idle_lock);
}

static void tail_begin(struct follower *follower, int64_t reached)
{
    struct search *search = follower->search;
    pthread_mutex_lock(&search->tail_lock);
    struct segment *full = search->tail;
    search->tail = follower->spare;
    search->reached = reached;
    pthread_mutex_unlock(&search->tail_lock);
    segment_clear(full);
    follower->spare = full;
}

static enum err position_take(struct follower *follower)
{
    struct index_position position;
    enum err err = index_position(follower->index, &position);
    if (err != OK)
        return err;
    follower->mutation = position.mutation;
    follower->finished = position.indexed;
    follower->finished_last = position.last;
    atomic_store(&follower->search->segments, position.segments);
    atomic_store(&follower->search->last, position.last);
    tail_begin(follower, position.last);
    return OK;
}

static enum err file_open(struct follower *follower, int64_t head)
{
    struct search *search = follower->search;
    struct str generation = str_from(follower->generation);
    enum err err = index_open(search->path, generation, &follower->index);
    if (err == OK)
        err = position_take(follower);
    if (err == OK && follower->finished_last > head)
        err = ERR_PARSE; /* of a log that is not this one */
    if (err == ERR_PARSE) {
        index_close(&follower->index);
        index_remove(search->path);
        err = index_open(search->path, generation, &follower->index);
        if (err == OK)
            err = position_take(follower);
    }
    if (err != OK)
        index_close(&follower->index);
    return err;
}

static void file_close(struct follower *follower)
{
    readers_close(follower->search);
    index_close(&follower->index);
    follower->search->open = false;
}

static enum err file_use(struct follower *follower, int64_t head, bool damaged)
{
    struct search *search = follower->search;
    pthread_rwlock_wrlock(&search->file_lock);
    bool again = follower->index != NULL;
    file_close(follower);
    if (damaged)
        index_remove(search->path);
    enum err err = file_open(follower, head);
    search->open = err == OK;
    if (again || damaged) {
        log_warn("search", "the index is built anew", LOG_I64("damaged", damaged));
        atomic_fetch_add(&search->rebuilds, 1);
    }
    pthread_rwlock_unlock(&search->file_lock);
    return err;
}

/* ---- messages and changes ---- */

static struct segment_message found_as(const struct message *message, struct arena *arena)
{
    bool there = message->state == MESSAGE_THERE && (message->expires_ms == 0 || message->expires_ms > clock_wall_ms());
    struct segment_message out = {
        .id = message->id,
        .chat = message->chat,
        .sender = message->sender,
        .type = message->type,
        .created_ms = message->created_ms,
        .indexed = there && message->type != MESSAGE_TYPE_NOTICE,
    };
    if (out.indexed)
        segment_message_tokens(&out, message->content, arena);
    return out;
}

static enum err tail_finish(struct follower *follower)
{
    struct search *search = follower->search;
    struct segment *tail = search->tail;
    enum err err = index_append(follower->index, tail, follower->mutation);
    if (err != OK)
        return err;
    follower->finished += (int64_t)tail->indexed;
    follower->finished_last = tail->last;
    atomic_fetch_add(&search->segments, 1);
    tail_begin(follower, tail->last);
    return index_checkpoint(follower->index, false);
}

static enum err messages_follow(struct follower *follower)
{
    struct search *search = follower->search;
    struct message_list list;
    enum err err = message_after(follower->db, &follower->arena, search->reached, MESSAGES_MAX, &list);
    for (size_t i = 0; err == OK && i < list.count; i++) {
        struct segment_message message = found_as(&list.rows[i], &follower->tokens);
        if (segment_full(search->tail, message.id))
            err = tail_finish(follower);
        if (err != OK)
            break;
        pthread_mutex_lock(&search->tail_lock);
        segment_add(search->tail, &message);
        search->reached = message.id;
        pthread_mutex_unlock(&search->tail_lock);
        if (follower->tokens.used_bytes > TOKENS_BYTES_MAX)
            arena_release(&follower->tokens);
    }
    arena_release(&follower->tokens);
    return err;
}

/* The messages that a mutation names. */
static enum err seqs_of(struct follower *follower, const struct mutation *mutation, int64_t **seqs, size_t *count)
{
    struct json *json = NULL;
    enum err err = OK;
    *seqs = arena_alloc(&follower->arena, sizeof(**seqs));
    (*seqs)[0] = mutation->seq;
    *count = 1;
    if (mutation->seqs.ptr == NULL)
        return OK;
    err = json_parse(follower->json, &follower->arena, mutation->seqs, &json);
    if (err != OK || json->type != JSON_ARRAY)
        return OK; /* the first is known */
    *seqs = arena_alloc(&follower->arena, (json->count + 1) * sizeof(**seqs));
    *count = 0;
    for (const struct json *item = json->first; item != NULL; item = item->next)
        if (json_i64(item, &(*seqs)[*count]))
            ++*count;
    return OK;
}

struct changed {
    struct segment_message *items;
    size_t count;
    size_t capacity;
};

static void changed_add(struct follower *follower, struct changed *changed, const struct segment_message *message)
{
    if (changed->count == changed->capacity) {
        size_t capacity = changed->capacity == 0 ? 16 : changed->capacity * 2;
        struct segment_message *items = arena_alloc(&follower->arena, capacity * sizeof(*items));
        if (changed->count > 0)
            memcpy(items, changed->items, changed->count * sizeof(*items));
        changed->items = items;
        changed->capacity = capacity;
    }
    changed->items[changed->count++] = *message;
}

static enum err message_changed(struct follower *follower, int64_t chat, int64_t seq, struct changed *changed)
{
    struct search *search = follower->search;
    struct message message;
    enum err err = message_get(follower->db, &follower->arena, chat, seq, &message);
    if (err != OK)
        return err == ERR_NOT_FOUND ? OK : err;
    if (message.id > search->reached)
        return OK; /* it is read below, as it is now */
    struct segment_message now = found_as(&message, &follower->arena);
    if (search->tail->first == 0 || message.id < search->tail->first) {
        changed_add(follower, changed, &now);
        return OK;
    }
    pthread_mutex_lock(&search->tail_lock);
    segment_replace(search->tail, &now);
    pthread_mutex_unlock(&search->tail_lock);
    return OK;
}

static int changed_compare(const void *a, const void *b)
{
    int64_t one = ((const struct segment_message *)a)->id;
    int64_t other = ((const struct segment_message *)b)->id;
    return (one > other) - (one < other);
}

/* One message may have changed twice: it is read once, as it is now. */
static void changed_sort(struct changed *changed)
{
    size_t kept = 0;
    if (changed->count == 0)
        return;
    qsort(changed->items, changed->count, sizeof(*changed->items), changed_compare);
    for (size_t i = 1; i < changed->count; i++)
        if (changed->items[i].id != changed->items[kept].id)
            changed->items[++kept] = changed->items[i];
    changed->count = kept + 1;
}

static enum err changed_write(struct follower *follower, struct changed *changed)
{
    enum err err = OK;
    changed_sort(changed);
    for (size_t at = 0, done = 0; err == OK && at < changed->count; at += done) {
        err = index_replace(follower->index, changed->items + at, changed->count - at, &done);
        follower->unclean = true;
    }
    return err;
}

static enum err mutations_follow(struct follower *follower, bool *more)
{
    struct mutation_list list;
    struct changed changed = { 0 };
    int64_t *seqs;
    size_t count;
    enum err err = mutation_after(follower->db, &follower->arena, follower->mutation, MUTATIONS_MAX, &list);
    for (size_t i = 0; err == OK && i < list.count; i++) {
        const struct mutation *mutation = &list.rows[i];
        if (mutation->cmd != CMD_RECALL && mutation->cmd != CMD_EDIT && mutation->cmd != CMD_DELETE)
            continue;
        err = seqs_of(follower, mutation, &seqs, &count);
        for (size_t j = 0; err == OK && j < count; j++)
            err = message_changed(follower, mutation->chat, seqs[j], &changed);
        if (follower->arena.used_bytes > ROUND_BYTES_MAX && i + 1 < list.count) {
            list.count = i + 1; /* the others in the next round */
            *more = true;
        }
    }
    if (err == OK)
        err = changed_write(follower, &changed);
    if (err != OK || list.count == 0)
        return err;
    follower->mutation = list.rows[list.count - 1].id;
    *more |= list.count == MUTATIONS_MAX;
    if (changed.count == 0)
        return OK; /* it is saved with the next segment */
    struct index_position position;
    err = index_set_mutation(follower->index, follower->mutation);
    if (err == OK)
        err = index_position(follower->index, &position);
    if (err == OK)
        follower->finished = position.indexed;
    return err;
}

/* ---- rounds ---- */

/* The store's epoch and how often a rebuild was asked for. */
static enum err generation_read(struct follower *follower, char out[GENERATION_MAX])
{
    struct str epoch = STR_NONE;
    int64_t rebuilds = 0;
    enum err err = meta_get(follower->db, &follower->arena, "epoch", &epoch);
    if (err == OK)
        err = meta_get_i64(follower->db, "search", &rebuilds);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    snprintf(out, GENERATION_MAX, "%.*s:%lld", (int)epoch.size, epoch.size == 0 ? "" : epoch.ptr, (long long)rebuilds);
    return OK;
}

static enum err file_check(struct follower *follower, int64_t head)
{
    char generation[GENERATION_MAX];
    bool damaged = atomic_exchange(&follower->search->damaged, false);
    int64_t now_ms = clock_mono_ms();
    if (follower->index != NULL && !damaged && db_sql(follower->db)->v->shared &&
        now_ms - follower->checked_ms < CHECK_SHARED_MS)
        return OK;
    enum err err = generation_read(follower, generation);
    if (err != OK)
        return err;
    follower->checked_ms = now_ms;
    if (follower->index != NULL && !damaged && strcmp(generation, follower->generation) == 0)
        return OK;
    memcpy(follower->generation, generation, sizeof(generation));
    return file_use(follower, head, damaged);
}

static enum err round_run(struct follower *follower, bool *more)
{
    struct search *search = follower->search;
    int64_t head = 0;
    enum err err = message_last_id(follower->db, &head);
    if (err == OK)
        err = file_check(follower, head);
    if (err == OK)
        err = mutations_follow(follower, more);
    if (err == OK)
        err = messages_follow(follower);
    *more |= search->reached < head;
    atomic_store(&search->head, head);
    atomic_store(&search->last, search->reached);
    atomic_store(&search->mutation, follower->mutation);
    atomic_store(&search->indexed, follower->finished + (int64_t)search->tail->indexed);
    return err;
}

static enum err follow(struct follower *follower, bool *more)
{
    enum err err = OK;
    *more = false;
    if (follower->db == NULL)
        err = db_place_open(follower->search->store, SQL_READER, &follower->db);
    if (err != OK)
        return err;
    err = db_read_begin(follower->db);
    if (err == OK) {
        err = round_run(follower, more);
        db_read_end(follower->db);
    }
    arena_release(&follower->arena);
    if (err == ERR_PARSE) {
        atomic_store(&follower->search->damaged, true);
        *more = true; /* at once: the next round begins anew */
        err = OK;
    }
    if (err == OK && !*more && follower->unclean)
        follower->unclean = index_checkpoint(follower->index, true) != OK;
    return err;
}

static struct timespec after_ms(int64_t ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += ms / 1000;
    at.tv_nsec += ms % 1000 * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* false: it is over. */
static bool rest(struct search *search, int64_t ms, bool wakes)
{
    struct timespec until = after_ms(ms);
    int rc = 0;
    pthread_mutex_lock(&search->wake_lock);
    while (!search->stopping && rc == 0 && !(wakes && atomic_load(&search->woken)))
        rc = pthread_cond_timedwait(&search->wake_cond, &search->wake_lock, &until);
    bool goes_on = !search->stopping;
    pthread_mutex_unlock(&search->wake_lock);
    return goes_on;
}

static int64_t linger_ms(const struct follower *follower)
{
    return db_sql(follower->db)->v->shared ? LINGER_SHARED_MS : LINGER_MS;
}

void *search_follow(void *context)
{
    struct follower follower = { .search = context, .spare = mem_alloc(sizeof(struct segment)) };
    struct search *search = context;
    bool more = false;
    segment_init(follower.spare);
    follower.json = json_parser_new();
    setpriority(PRIO_PROCESS, (id_t)gettid(), FOLLOW_NICE);
    for (bool goes_on = true; goes_on;) {
        atomic_store(&search->woken, false); /* before the snapshot: what comes later wakes again */
        enum err err = follow(&follower, &more);
        if (err != OK)
            goes_on = rest(search, RETRY_MS, false);
        else if (more)
            goes_on = rest(search, 0, false);
        else
            goes_on = rest(search, linger_ms(&follower), false) && rest(search, LOOK_MS, true);
    }
    file_close(&follower);
    db_close(&follower.db);
    json_parser_free(&follower.json);
    segment_release(follower.spare);
    free(follower.spare);
    return NULL;
}
