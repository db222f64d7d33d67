/* search.c: beginning, ending, waking. The work is done in follow.c. */
#include "search/search_private.h"

#include "os/log.h"
#include "util/mem.h"

#include <stdlib.h>

#define REBUILDS_KEY "search"

static void condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

/* Who replaces the file must get its turn, however many searches follow one another. */
static void file_lock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
}

enum err search_new(const struct db_place *store, const char *path, struct search **out)
{
    struct search *search = mem_zalloc(sizeof(*search));
    search->store = store;
    search->path = mem_dup(path, strlen(path) + 1);
    search->tail = mem_alloc(sizeof(*search->tail));
    segment_init(search->tail);
    pthread_mutex_init(&search->wake_lock, NULL);
    pthread_mutex_init(&search->tail_lock, NULL);
    pthread_mutex_init(&search->idle_lock, NULL);
    condition_init(&search->wake_cond);
    file_lock_init(&search->file_lock);
    search->running = pthread_create(&search->thread, NULL, search_follow, search) == 0;
    if (!search->running) {
        search_free(&search);
        return ERR_SYSTEM;
    }
    pthread_setname_np(search->thread, "im-search");
    *out = search;
    return OK;
}

void search_stop(struct search *search)
{
    if (search == NULL || !search->running)
        return;
    pthread_mutex_lock(&search->wake_lock);
    search->stopping = true;
    pthread_cond_signal(&search->wake_cond);
    pthread_mutex_unlock(&search->wake_lock);
    pthread_join(search->thread, NULL);
    search->running = false;
}

void search_free(struct search **search_ptr)
{
    struct search *search = *search_ptr;
    if (search == NULL)
        return;
    search_stop(search);
    segment_release(search->tail);
    free(search->tail);
    free(search->path);
    pthread_mutex_destroy(&search->wake_lock);
    pthread_mutex_destroy(&search->tail_lock);
    pthread_mutex_destroy(&search->idle_lock);
    pthread_cond_destroy(&search->wake_cond);
    pthread_rwlock_destroy(&search->file_lock);
    free(search);
    *search_ptr = NULL;
}

void search_wake(struct search *search)
{
    if (atomic_exchange(&search->woken, true))
        return; /* it knows */
    pthread_mutex_lock(&search->wake_lock);
    pthread_cond_signal(&search->wake_cond);
    pthread_mutex_unlock(&search->wake_lock);
}

enum err search_rebuild(struct db *db)
{
    int64_t count = 0;
    enum err err = meta_get_i64(db, REBUILDS_KEY, &count);
    return err == OK || err == ERR_NOT_FOUND ? meta_put_i64(db, REBUILDS_KEY, count + 1) : err;
}

void search_stats(struct search *search, struct search_stats *out)
{
    *out = (struct search_stats){
        .last = atomic_load(&search->last),
        .head = atomic_load(&search->head),
        .mutation = atomic_load(&search->mutation),
        .indexed = atomic_load(&search->indexed),
        .segments = atomic_load(&search->segments),
        .rebuilds = atomic_load(&search->rebuilds),
    };
}
