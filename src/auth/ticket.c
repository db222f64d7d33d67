/* ticket.c: a ring of those issued, the oldest first, and a table of those still good. */
#include "auth/ticket.h"

#include "os/random.h"
#include "util/map.h"
#include "util/mem.h"

#include <pthread.h>
#include <stdlib.h>

#define BYTES (TICKET_SIZE / 2)

struct ticket {
    unsigned char bytes[BYTES];
    struct ticket_holder holder;
    int64_t issued_ms;
    bool taken;
};

struct tickets {
    pthread_mutex_t lock;
    struct ticket *ring;
    size_t count_max;
    size_t first;
    size_t count;
    struct map good; /* hash of the bytes → struct ticket */
};

struct tickets *tickets_new(size_t count_max)
{
    struct tickets *tickets = mem_zalloc(sizeof(*tickets));
    pthread_mutex_init(&tickets->lock, NULL);
    tickets->count_max = count_max;
    return tickets;
}

void tickets_free(struct tickets **tickets)
{
    if (*tickets == NULL)
        return;
    map_release(&(*tickets)->good);
    pthread_mutex_destroy(&(*tickets)->lock);
    free((*tickets)->ring);
    free(*tickets);
    *tickets = NULL;
}

static void hex_write(const unsigned char *bytes, char *out)
{
    for (size_t i = 0; i < BYTES; i++) {
        out[2 * i] = "0123456789ABCDEF"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789ABCDEF"[bytes[i] & 15];
    }
}

static bool hex_read(struct str text, unsigned char *bytes)
{
    if (text.size != TICKET_SIZE)
        return false;
    for (size_t i = 0; i < TICKET_SIZE; i++) {
        char c = text.ptr[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
        if (digit < 0)
            return false;
        bytes[i / 2] = (unsigned char)(i % 2 == 0 ? digit << 4 : bytes[i / 2] | digit);
    }
    return true;
}

/* Under the lock: from the old end, what was taken or is too old. */
static void sweep(struct tickets *tickets, int64_t now_ms)
{
    while (tickets->count > 0) {
        struct ticket *ticket = &tickets->ring[tickets->first];
        if (!ticket->taken && now_ms - ticket->issued_ms <= TICKET_LIFE_MS)
            return;
        if (!ticket->taken)
            map_remove(&tickets->good, hash_bytes(ticket->bytes, BYTES));
        tickets->first = (tickets->first + 1) % tickets->count_max;
        tickets->count--;
    }
}

enum err ticket_issue(struct tickets *tickets, const struct ticket_holder *holder, int64_t now_ms, char *out)
{
    enum err err = ERR_FULL;
    pthread_mutex_lock(&tickets->lock);
    if (tickets->ring == NULL)
        tickets->ring = mem_zalloc(tickets->count_max * sizeof(*tickets->ring));
    sweep(tickets, now_ms);
    if (tickets->count < tickets->count_max) {
        struct ticket *ticket = &tickets->ring[(tickets->first + tickets->count++) % tickets->count_max];
        *ticket = (struct ticket){ .holder = *holder, .issued_ms = now_ms };
        random_bytes(ticket->bytes, BYTES);
        map_put(&tickets->good, hash_bytes(ticket->bytes, BYTES), ticket);
        hex_write(ticket->bytes, out);
        err = OK;
    }
    pthread_mutex_unlock(&tickets->lock);
    return err;
}

enum err ticket_take(struct tickets *tickets, struct str text, int64_t now_ms, struct ticket_holder *out)
{
    unsigned char bytes[BYTES];
    enum err err = ERR_DENIED;
    if (!hex_read(text, bytes))
        return err;
    pthread_mutex_lock(&tickets->lock);
    uint64_t key = hash_bytes(bytes, BYTES);
    struct ticket *ticket = map_get(&tickets->good, key);
    if (ticket != NULL && memcmp(ticket->bytes, bytes, BYTES) == 0) {
        map_remove(&tickets->good, key);
        ticket->taken = true;
        *out = ticket->holder;
        err = now_ms - ticket->issued_ms <= TICKET_LIFE_MS ? OK : ERR_DENIED;
    }
    pthread_mutex_unlock(&tickets->lock);
    return err;
}
