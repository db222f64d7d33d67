/* watch.c: who watches whom on one loop. */
#include "live/watch.h"

#include "live/session.h"
#include "util/mem.h"

#include <stdlib.h>

struct watcher {
    struct session *session;
    uint32_t slot; /* where the session keeps this watch */
};

/* One user whom sessions of this loop watch. */
struct watched {
    int64_t user;
    struct watcher *watchers;
    uint32_t count;
    uint32_t capacity;
};

struct watch {
    int64_t user;
    struct watched *watched; /* NULL: ended */
    uint32_t place;          /* where in watched->watchers the session stands */
    bool begun;              /* it is told of changes */
    bool known;              /* online says how he is */
    bool online;
};

struct watch_list {
    uint64_t number;
    size_t count;
    struct watch items[]; /* by user */
};

static void watched_enter(struct shard *shard, struct session *session, uint32_t slot)
{
    struct watch *watch = &session->watch->items[slot];
    struct watched *watched = map_get(&shard->watched, (uint64_t)watch->user);
    if (watched == NULL) {
        watched = mem_zalloc(sizeof(*watched));
        watched->user = watch->user;
        map_put(&shard->watched, (uint64_t)watch->user, watched);
    }
    if (watched->count == watched->capacity) {
        watched->capacity = watched->capacity == 0 ? 2 : watched->capacity * 2;
        watched->watchers = mem_realloc(watched->watchers, watched->capacity * sizeof(*watched->watchers));
    }
    watch->watched = watched;
    watch->place = watched->count;
    watched->watchers[watched->count++] = (struct watcher){ session, slot };
}

/* The list stays dense: its last element moves into the gap and is told. */
static void watched_leave(struct shard *shard, struct watch *watch)
{
    struct watched *watched = watch->watched;
    if (watched == NULL)
        return;
    struct watcher last = watched->watchers[--watched->count];
    watched->watchers[watch->place] = last;
    last.session->watch->items[last.slot].place = watch->place;
    watch->watched = NULL;
    if (watched->count == 0) {
        map_remove(&shard->watched, (uint64_t)watched->user);
        free(watched->watchers);
        free(watched);
    }
}

void watch_release(struct session *session)
{
    struct watch_list *list = session->watch;
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        watched_leave(session->shard, &list->items[i]);
    free(list);
    session->watch = NULL;
}

bool watch_set(struct session *session, const int64_t *users, size_t count, uint64_t number)
{
    if (session->watch != NULL && session->watch->number > number)
        return false;
    watch_release(session);
    struct watch_list *list = mem_zalloc(sizeof(*list) + count * sizeof(list->items[0]));
    list->number = number;
    list->count = count;
    session->watch = list;
    for (size_t i = 0; i < count; i++) {
        list->items[i].user = users[i];
        watched_enter(session->shard, session, (uint32_t)i);
    }
    return true;
}

/* NULL: the session does not watch him. */
static struct watch *watch_find(struct session *session, int64_t user)
{
    struct watch_list *list = session->watch;
    size_t low = 0;
    size_t high = list == NULL ? 0 : list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list->items[middle].user < user)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = list != NULL && low < list->count && list->items[low].user == user;
    return found && list->items[low].watched != NULL ? &list->items[low] : NULL;
}

bool watch_begin(struct session *session, int64_t user, uint64_t number, bool *online)
{
    struct watch *watch = watch_find(session, user);
    if (watch == NULL || session->watch->number != number || watch->begun)
        return false;
    if (watch->known)
        *online = watch->online;
    watch->begun = true;
    watch->known = true;
    watch->online = *online;
    return true;
}

bool watch_news(struct session *session, int64_t user, bool online)
{
    struct watch *watch = watch_find(session, user);
    if (watch == NULL)
        return true;
    bool news = !watch->known || watch->online != online;
    watch->known = true;
    watch->online = online;
    return news;
}

void watch_tell(struct shard *shard, int64_t user, bool online,
                void (*tell)(struct session *session, const void *context), const void *context)
{
    struct watched *watched = map_get(&shard->watched, (uint64_t)user);
    for (uint32_t i = 0; watched != NULL && i < watched->count; i++) {
        struct session *session = watched->watchers[i].session;
        struct watch *watch = &session->watch->items[watched->watchers[i].slot];
        bool news = !watch->known || watch->online != online;
        watch->known = true;
        watch->online = online;
        if (news && watch->begun)
            tell(session, context);
    }
}

void watch_each_of(struct shard *shard, int64_t user, void (*found)(void *context, const struct watch_pair *pair),
                   void *context)
{
    struct watched *watched = map_get(&shard->watched, (uint64_t)user);
    for (uint32_t i = 0; watched != NULL && i < watched->count; i++) {
        const struct session *session = watched->watchers[i].session;
        found(context, &(struct watch_pair){ session->id, session->watch->number, session->user, user });
    }
}

void watch_each_by(struct session *session, void (*found)(void *context, const struct watch_pair *pair), void *context)
{
    const struct watch_list *list = session->watch;
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (list->items[i].watched != NULL)
            found(context, &(struct watch_pair){ session->id, list->number, session->user, list->items[i].user });
}

void watch_pair_end(struct shard *shard, const struct watch_pair *pair)
{
    struct session *session = session_find(shard, pair->session);
    struct watch *watch = session == NULL ? NULL : watch_find(session, pair->user);
    if (watch != NULL && session->watch->number == pair->number)
        watched_leave(shard, watch);
}

void watch_end(struct shard *shard, int64_t watcher, int64_t user)
{
    for (struct session *session = session_first(shard, watcher); session != NULL; session = session->user_next) {
        struct watch *watch = watch_find(session, user);
        if (watch != NULL)
            watched_leave(shard, watch);
    }
}
