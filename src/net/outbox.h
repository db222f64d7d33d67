/* outbox.h: payloads waiting for one conn, in order.
 * Empty it is a few words; one payload lies in the struct itself, since a
 * fan-out gives most conns one each; only more than one needs a ring. */
#ifndef IM_NET_OUTBOX_H
#define IM_NET_OUTBOX_H

#include "util/err.h"
#include "util/payload.h"

/* Rings of the first size that no outbox uses now, kept by the loop. */
struct outbox_ring;
struct outbox_spares {
    struct outbox_ring *first;
    unsigned count;
};
void outbox_spares_release(struct outbox_spares *spares);

/* Zeroed it is empty. */
struct outbox {
    union {
        struct payload *one;      /* while ring_used is false */
        struct outbox_ring *ring; /* while it is true */
    };
    size_t bytes;       /* waiting, without what was sent of the first payload */
    uint32_t count;     /* payloads waiting */
    uint32_t sent : 31; /* bytes of the first payload gone already */
    uint32_t ring_used : 1;
};

/* At most this many payloads wait, however small they are. */
enum { OUTBOX_COUNT_MAX = 65536 };

/* Takes its own reference. ERR_FULL: would hold more than bytes_max or
 * OUTBOX_COUNT_MAX; nothing was taken. An empty payload leaves no trace. */
enum err outbox_push(struct outbox *outbox, struct outbox_spares *spares, struct payload *payload, size_t bytes_max);

/* The unsent bytes of the first payload; not empty unless the outbox is. */
struct str outbox_first(const struct outbox *outbox);
/* Copies from the front, at most size bytes; returns how many. Nothing is taken out. */
size_t outbox_copy(const struct outbox *outbox, char *out, size_t size);
/* Drops size bytes (at most outbox->bytes) from the front: they are sent. */
void outbox_advance(struct outbox *outbox, struct outbox_spares *spares, size_t size);
/* Drops everything. */
void outbox_clear(struct outbox *outbox, struct outbox_spares *spares);

#endif
