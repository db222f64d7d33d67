/* hold.c: a count for each fid, 0 being no entry. */
#include "media/hold.h"

#include "util/map.h"
#include "util/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct hold {
    unsigned parts; /* 0: the whole */
};

struct holds {
    pthread_mutex_t lock;
    struct map by_fid; /* a fid's hash → struct hold; two that fall together wait for each other */
};

struct holds *holds_new(void)
{
    struct holds *holds = mem_zalloc(sizeof(*holds));
    pthread_mutex_init(&holds->lock, NULL);
    return holds;
}

void holds_free(struct holds **holds)
{
    if (*holds == NULL)
        return;
    assert((*holds)->by_fid.count == 0);
    map_release(&(*holds)->by_fid);
    pthread_mutex_destroy(&(*holds)->lock);
    free(*holds);
    *holds = NULL;
}

static enum err hold_take(struct holds *holds, struct str fid, bool whole)
{
    uint64_t key = hash_bytes(fid.ptr, fid.size);
    enum err err = OK;
    pthread_mutex_lock(&holds->lock);
    struct hold *hold = map_get(&holds->by_fid, key);
    if (hold == NULL) {
        hold = mem_zalloc(sizeof(*hold));
        hold->parts = whole ? 0 : 1;
        map_put(&holds->by_fid, key, hold);
    } else if (whole || hold->parts == 0) {
        err = ERR_BUSY;
    } else {
        hold->parts++;
    }
    pthread_mutex_unlock(&holds->lock);
    return err;
}

enum err hold_part(struct holds *holds, struct str fid)
{
    return hold_take(holds, fid, false);
}

enum err hold_whole(struct holds *holds, struct str fid)
{
    return hold_take(holds, fid, true);
}

bool hold_any(struct holds *holds, struct str fid)
{
    pthread_mutex_lock(&holds->lock);
    bool any = map_get(&holds->by_fid, hash_bytes(fid.ptr, fid.size)) != NULL;
    pthread_mutex_unlock(&holds->lock);
    return any;
}

void hold_end(struct holds *holds, struct str fid)
{
    uint64_t key = hash_bytes(fid.ptr, fid.size);
    pthread_mutex_lock(&holds->lock);
    struct hold *hold = map_get(&holds->by_fid, key);
    assert(hold != NULL);
    if (hold->parts > 1) {
        hold->parts--;
    } else {
        map_remove(&holds->by_fid, key);
        free(hold);
    }
    pthread_mutex_unlock(&holds->lock);
}
