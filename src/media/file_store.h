/* file_store.h: where files go that are not to stay on the local disk.
 * Every file comes in through the disk (media/blob.h), which is the default
 * store. Where another is configured, api/file_carry.c carries them there
 * afterwards. Such a store keeps bytes under names and hands out addresses for
 * them; this is what it must be able to do. All but url may block for as long
 * as the network does: only on threads that are there for it, each with a link
 * of its own. */
#ifndef IM_MEDIA_FILE_STORE_H
#define IM_MEDIA_FILE_STORE_H

#include <stdatomic.h>

#include "util/buf.h"
#include "util/err.h"

enum file_store_op { FILE_STORE_PUT, FILE_STORE_READ, FILE_STORE_REMOVE, FILE_STORE_OPS };

struct file_store_stats {
    atomic_ullong done[FILE_STORE_OPS];
    atomic_ullong failed[FILE_STORE_OPS];
    atomic_ullong us[FILE_STORE_OPS]; /* of both */
};

/* What the store is to tell browsers. */
struct file_store_told {
    struct str type;
    struct str disposition;
    struct str cache_control;
};

/* How somebody puts one file there himself. */
struct file_store_offer {
    struct buf url;     /* for one PUT; the caller releases it */
    struct str type;    /* he must send it as Content-Type, */
    const char *header; /* and this header with */
    char checksum[64];  /* this value */
};

struct file_store;

/* Errors of all: ERR_DENIED: our key may not. ERR_BUSY: the store is ill, or has too much to do. ERR_TIMEOUT, ERR_CLOSED:
 * it can't be reached. ERR_REJECTED: anything else it says. What went wrong was logged. */
struct file_store_calls {
    void (*free)(struct file_store *store);
    /* ending, once set, ends what is under way on the link within a second, with ERR_CLOSED; NULL: nothing does. */
    enum err (*link_new)(struct file_store *store, const atomic_bool *ending, void **link);
    void (*link_free)(struct file_store *store, void *link);
    /* The bytes of an open file, whole or not at all; what had the name is replaced. again: an earlier put may have
     * been cut, and what it left is to be cleared away. */
    enum err (*put)(struct file_store *store, void *link, struct str name, int fd, uint64_t size, bool again);
    /* Exactly size bytes from offset on. ERR_NOT_FOUND. */
    enum err (*read)(struct file_store *store, void *link, struct str name, uint64_t offset, char *bytes, size_t size);
    /* ERR_NOT_FOUND. */
    enum err (*size)(struct file_store *store, void *link, struct str name, uint64_t *size);
    /* OK where there is none, too. */
    enum err (*remove)(struct file_store *store, void *link, struct str name);
    /* An address for one method, which works by itself for half of the configured time at least. The same within that
     * half, so that caches know it. */
    void (*url)(struct file_store *store, struct str method, struct str name, const struct file_store_told *told,
                int64_t now_ms, struct buf *out);
    /* Where browsers reach it: scheme://host. */
    struct str (*origin)(const struct file_store *store);
    /* For just these bytes, until until_ms: the store refuses others. */
    void (*offer)(struct file_store *store, struct str name, uint64_t size, const unsigned char sha256[32],
                  int64_t now_ms, int64_t until_ms, struct file_store_offer *out);
    /* What was put there upon an offer. ERR_NOT_FOUND: nothing. ERR_REJECTED: the store has not looked whether it is what
     * was offered, or it is something else. */
    enum err (*offered)(struct file_store *store, void *link, struct str name, uint64_t size,
                        const unsigned char sha256[32]);
};

struct file_store {
    const struct file_store_calls *v;
    struct file_store_stats stats;
};

#endif
