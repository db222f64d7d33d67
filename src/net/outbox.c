/* outbox.c: what waits for one client.
 * Its bound is what keeps a stalled phone from holding everyone's memory;
 * who passes it is closed, and history lets him catch up. */
#include "net/outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "util/mem.h"

enum {
    RING_SLOTS_FIRST = 16, /* a burst of a busy group in one turn */
    SPARES_MAX = 1024,     /* 150 KiB a loop */
};

struct outbox_ring {
    union {
        uint32_t head;            /* in use: index of the first payload */
        struct outbox_ring *next; /* spare */
    };
    uint32_t slot_count; /* a power of two */
    struct payload *slots[];
};

static_assert(sizeof(struct outbox) == 24, "a part of every idle conn");

static struct outbox_ring *ring_take(struct outbox_spares *spares)
{
    struct outbox_ring *ring = spares->first;
    if (ring != NULL) {
        spares->first = ring->next;
        spares->count--;
    } else {
        ring = mem_alloc(sizeof(*ring) + RING_SLOTS_FIRST * sizeof(ring->slots[0]));
        ring->slot_count = RING_SLOTS_FIRST;
    }
    ring->head = 0;
    return ring;
}

static void ring_give(struct outbox_spares *spares, struct outbox_ring *ring)
{
    if (ring->slot_count != RING_SLOTS_FIRST || spares->count >= SPARES_MAX) {
        free(ring);
        return;
    }
    ring->next = spares->first;
    spares->first = ring;
    spares->count++;
}

void outbox_spares_release(struct outbox_spares *spares)
{
    while (spares->first != NULL) {
        struct outbox_ring *ring = spares->first;
        spares->first = ring->next;
        free(ring);
    }
    spares->count = 0;
}

static struct payload **ring_slot(struct outbox_ring *ring, uint32_t index)
{
    return &ring->slots[(ring->head + index) & (ring->slot_count - 1)];
}

static struct outbox_ring *ring_grow(struct outbox_ring *ring, uint32_t count)
{
    uint32_t slot_count = ring->slot_count * 2;
    struct outbox_ring *larger = mem_alloc(sizeof(*larger) + slot_count * sizeof(larger->slots[0]));
    larger->head = 0;
    larger->slot_count = slot_count;
    for (uint32_t i = 0; i < count; i++)
        larger->slots[i] = *ring_slot(ring, i);
    free(ring);
    return larger;
}

static struct payload *payload_at(const struct outbox *outbox, uint32_t index)
{
    assert(index < outbox->count);
    return outbox->ring_used ? *ring_slot(outbox->ring, index) : outbox->one;
}

enum err outbox_push(struct outbox *outbox, struct outbox_spares *spares, struct payload *payload, size_t bytes_max)
{
    if (payload->size == 0)
        return OK;
    if (payload->size > INT32_MAX || outbox->bytes > bytes_max || payload->size > bytes_max - outbox->bytes ||
        outbox->count >= OUTBOX_COUNT_MAX)
        return ERR_FULL;
    payload_ref(payload);
    if (outbox->count == 0 && !outbox->ring_used) {
        outbox->one = payload;
    } else {
        if (!outbox->ring_used) {
            struct outbox_ring *ring = ring_take(spares);
            ring->slots[0] = outbox->one;
            outbox->ring = ring;
            outbox->ring_used = 1;
        } else if (outbox->count == outbox->ring->slot_count) {
            outbox->ring = ring_grow(outbox->ring, outbox->count);
        }
        *ring_slot(outbox->ring, outbox->count) = payload;
    }
    outbox->count++;
    outbox->bytes += payload->size;
    return OK;
}

struct str outbox_first(const struct outbox *outbox)
{
    if (outbox->count == 0)
        return STR_NONE;
    const struct payload *payload = payload_at(outbox, 0);
    return (struct str){ payload->bytes + outbox->sent, payload->size - outbox->sent };
}

size_t outbox_copy(const struct outbox *outbox, char *out, size_t size)
{
    size_t copied = 0;
    size_t skip = outbox->sent;
    for (uint32_t i = 0; i < outbox->count && copied < size; i++) {
        const struct payload *payload = payload_at(outbox, i);
        size_t part = payload->size - skip;
        if (part > size - copied)
            part = size - copied;
        memcpy(out + copied, payload->bytes + skip, part);
        copied += part;
        skip = 0;
    }
    return copied;
}

static void drop_first(struct outbox *outbox)
{
    struct payload *payload = payload_at(outbox, 0);
    if (outbox->ring_used)
        outbox->ring->head = (outbox->ring->head + 1) & (outbox->ring->slot_count - 1);
    outbox->count--;
    outbox->sent = 0;
    payload_unref(&payload);
}

void outbox_advance(struct outbox *outbox, struct outbox_spares *spares, size_t size)
{
    assert(size <= outbox->bytes);
    outbox->bytes -= size;
    while (size > 0) {
        size_t first = outbox_first(outbox).size;
        if (size < first) {
            outbox->sent += (uint32_t)size & INT32_MAX;
            return;
        }
        size -= first;
        drop_first(outbox);
    }
    if (outbox->count > 0)
        return;
    if (outbox->ring_used)
        ring_give(spares, outbox->ring);
    outbox->one = NULL;
    outbox->ring_used = 0;
}

void outbox_clear(struct outbox *outbox, struct outbox_spares *spares)
{
    outbox_advance(outbox, spares, outbox->bytes);
}
