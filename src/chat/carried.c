/* carried.c: a sealed row is a size, a nonce, and the sealed body with its tag
 * (XChaCha20-Poly1305, by libsodium). The body: number, node, the mark before,
 * its own, events. Numbers are in little endian. Rows of several nodes may
 * come out of order, so that a few numbers ahead have a place. */
#include "chat/carried.h"

#include "os/random.h"
#include "util/mem.h"

#include <endian.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_SIZE ((size_t)crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
#define TAG_SIZE ((size_t)crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define PURPOSE STR("rows of the journal")
#define AHEAD ((uint64_t)64)
#define SPARE_MAX ((size_t)64 * 1024) /* kept for the next ones */

struct head {
    uint64_t number;
    uint64_t node;
    char before[JOURNAL_MARK_SIZE];
    char mark[JOURNAL_MARK_SIZE];
};

struct place {
    uint64_t number; /* 0: empty */
    struct buf body;
};

struct carried {
    unsigned char key[CARRIED_KEY_SIZE];
    pthread_mutex_t lock;
    struct buf came; /* by any thread, under the lock */
    struct buf spare;
    struct buf opened;          /* the body at hand */
    struct place places[AHEAD]; /* by number */
    size_t waiting;             /* bytes in them */
};

void carried_key(const unsigned char secret[CARRIED_KEY_SIZE], unsigned char key[CARRIED_KEY_SIZE])
{
    crypto_generichash(key, CARRIED_KEY_SIZE, (const unsigned char *)PURPOSE.ptr, PURPOSE.size, secret,
                       CARRIED_KEY_SIZE);
}

static unsigned char *bytes_of(const char *text)
{
    return (unsigned char *)(uintptr_t)text;
}

/* The body is built where it will stand, and sealed there. */
void carried_append(struct buf *out, const unsigned char key[CARRIED_KEY_SIZE], const struct journal_row *row,
                    const char before[JOURNAL_MARK_SIZE])
{
    char nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    static const char tag[crypto_aead_xchacha20poly1305_ietf_ABYTES];
    struct head head = { .number = htole64(row->number), .node = htole64((uint64_t)row->node) };
    size_t body_size = sizeof(head) + row->events.size;
    uint32_t size = htole32((uint32_t)(body_size + TAG_SIZE));
    memcpy(head.before, before, JOURNAL_MARK_SIZE);
    memcpy(head.mark, row->mark.ptr, JOURNAL_MARK_SIZE);
    random_bytes(nonce, sizeof(nonce));
    buf_append(out, &size, sizeof(size));
    buf_append(out, nonce, sizeof(nonce));
    size_t at = out->size;
    buf_append(out, &head, sizeof(head));
    buf_append_str(out, row->events);
    buf_append(out, tag, sizeof(tag));
    crypto_aead_xchacha20poly1305_ietf_encrypt(bytes_of(out->ptr + at), NULL, bytes_of(out->ptr + at), body_size, NULL,
                                               0, NULL, bytes_of(nonce), key);
}

struct carried *carried_new(const unsigned char key[CARRIED_KEY_SIZE])
{
    struct carried *carried = mem_zalloc(sizeof(*carried));
    memcpy(carried->key, key, CARRIED_KEY_SIZE);
    pthread_mutex_init(&carried->lock, NULL);
    return carried;
}

static void place_empty(struct carried *carried, struct place *place)
{
    carried->waiting -= place->body.size;
    place->number = 0;
    buf_release(&place->body);
}

static void places_empty(struct carried *carried)
{
    for (size_t i = 0; i < AHEAD; i++)
        place_empty(carried, &carried->places[i]);
}

void carried_free(struct carried **carried)
{
    if (*carried == NULL)
        return;
    places_empty(*carried);
    buf_release(&(*carried)->came);
    buf_release(&(*carried)->spare);
    buf_release(&(*carried)->opened);
    pthread_mutex_destroy(&(*carried)->lock);
    sodium_memzero((*carried)->key, CARRIED_KEY_SIZE);
    free(*carried);
    *carried = NULL;
}

void carried_put(struct carried *carried, struct str bytes)
{
    pthread_mutex_lock(&carried->lock);
    if (carried->came.size + bytes.size > CARRIED_WAITING_MAX)
        buf_clear(&carried->came); /* Whoever takes none for so long reads the store. */
    if (bytes.size <= CARRIED_WAITING_MAX)
        buf_append_str(&carried->came, bytes);
    pthread_mutex_unlock(&carried->lock);
}

/* What was sealed with another key, or changed since, is nobody's. */
static bool unseal(struct carried *carried, const char *nonce, struct str sealed)
{
    struct buf *opened = &carried->opened;
    buf_clear(opened);
    buf_reserve(opened, sealed.size);
    opened->size = sealed.size - TAG_SIZE;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(bytes_of(opened->ptr), NULL, NULL, bytes_of(sealed.ptr),
                                                      sealed.size, NULL, 0, bytes_of(nonce), carried->key) == 0;
}

static void place_fill(struct carried *carried, struct str body, uint64_t after)
{
    struct head head;
    memcpy(&head, body.ptr, sizeof(head));
    uint64_t number = le64toh(head.number);
    if (number <= after || number - after > AHEAD || carried->waiting + body.size > CARRIED_WAITING_MAX)
        return;
    struct place *place = &carried->places[number % AHEAD];
    place_empty(carried, place);
    place->number = number;
    buf_append_str(&place->body, body);
    carried->waiting += body.size;
}

/* Nothing that follows bytes of another shape can be found. */
static void sort_out(struct carried *carried, struct str bytes, uint64_t after)
{
    uint32_t size;
    while (bytes.size >= sizeof(size) + NONCE_SIZE) {
        memcpy(&size, bytes.ptr, sizeof(size));
        size = le32toh(size);
        const char *nonce = bytes.ptr + sizeof(size);
        struct str sealed = { nonce + NONCE_SIZE, size };
        size_t rest = bytes.size - sizeof(size) - NONCE_SIZE;
        if (size < sizeof(struct head) + TAG_SIZE || size > rest)
            return;
        if (unseal(carried, nonce, sealed))
            place_fill(carried, buf_str(&carried->opened), after);
        bytes = (struct str){ sealed.ptr + size, rest - size };
    }
}

static void came_take(struct carried *carried, uint64_t after)
{
    pthread_mutex_lock(&carried->lock);
    struct buf came = carried->came;
    carried->came = carried->spare;
    carried->spare = came; /* not looked at by others */
    pthread_mutex_unlock(&carried->lock);
    sort_out(carried, buf_str(&carried->spare), after);
    buf_clear(&carried->spare);
    if (carried->spare.capacity > SPARE_MAX)
        buf_release(&carried->spare);
}

bool carried_take(struct carried *carried, struct arena *arena, uint64_t number, const char mark[JOURNAL_MARK_SIZE],
                  struct journal_row *out)
{
    struct head head;
    came_take(carried, number);
    struct place *place = &carried->places[(number + 1) % AHEAD];
    if (place->number != number + 1)
        return false;
    struct str body = arena_str(arena, buf_str(&place->body));
    place_empty(carried, place);
    memcpy(&head, body.ptr, sizeof(head));
    if (memcmp(head.before, mark, JOURNAL_MARK_SIZE) != 0)
        return false;
    *out = (struct journal_row){
        .number = number + 1,
        .node = (int64_t)le64toh(head.node),
        .mark = { body.ptr + offsetof(struct head, mark), JOURNAL_MARK_SIZE },
        .events = { body.ptr + sizeof(head), body.size - sizeof(head) },
    };
    return true;
}

void carried_forget(struct carried *carried)
{
    pthread_mutex_lock(&carried->lock);
    buf_clear(&carried->came);
    pthread_mutex_unlock(&carried->lock);
    places_empty(carried);
}
