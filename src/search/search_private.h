/* search_private.h: what the thread and the finders share. Inside search/ only. */
#ifndef IM_SEARCH_SEARCH_PRIVATE_H
#define IM_SEARCH_SEARCH_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "search/index.h"
#include "search/search.h"

#define SEARCH_READERS_IDLE_MAX 16

/* Two locks. tail_lock guards the segment in memory and is held for microseconds. file_lock is held shared by
 * every search that runs and alone by who replaces the file, which is rare. */
struct search {
    const struct db_place *store;
    char *path;
    pthread_t thread;
    bool running;

    pthread_mutex_t wake_lock;
    pthread_cond_t wake_cond;
    atomic_bool woken;
    bool stopping; /* under wake_lock */

    pthread_mutex_t tail_lock;
    struct segment *tail; /* the thread's to change, with the lock */
    int64_t reached;      /* ids up to here were seen: in the tail or before it */

    pthread_rwlock_t file_lock;
    pthread_mutex_t idle_lock;
    struct index *idle[SEARCH_READERS_IDLE_MAX];
    size_t idle_count;

    bool open;           /* the file is there; under file_lock */
    atomic_bool damaged; /* somebody found the file so */
    _Atomic int64_t last, head, mutation, indexed, segments, rebuilds;
};

/* The thread's (search/follow.c). */
void *search_follow(void *search);

#endif
