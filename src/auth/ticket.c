/* ticket.c: what is signed, and which were used.
 * 44 bytes: the user, the token's row, when it was issued, some that are random,
 * and a MAC over all of these. Used ones are remembered as keys of a limit of
 * one: for a little longer than a ticket lives, there is no second. */
#include "auth/ticket.h"

#include "auth/limiter.h"
#include "os/random.h"
#include "util/mem.h"

#include <sodium.h>
#include <stdlib.h>

#define BODY_SIZE ((size_t)28)
#define MAC_SIZE ((size_t)16)
#define BYTES (BODY_SIZE + MAC_SIZE)
#define USED_MAX ((size_t)500000) /* remembered; more than are issued in half a minute */
#define PURPOSE STR("im_service ticket")

_Static_assert(BYTES * 2 == TICKET_SIZE, "two digits a byte");

struct tickets {
    unsigned char key[crypto_generichash_KEYBYTES];
    struct limiter *used;
};

struct tickets *tickets_new(const unsigned char key[TICKET_KEY_SIZE], struct router *router)
{
    struct tickets *tickets = mem_zalloc(sizeof(*tickets));
    /* A key of its own: what is signed for another purpose with that one is no ticket. */
    crypto_generichash(tickets->key, sizeof(tickets->key), (const unsigned char *)PURPOSE.ptr, PURPOSE.size, key,
                       TICKET_KEY_SIZE);
    tickets->used = limiter_new_burst(1000.0 / (TICKET_LIFE_MS + 2 * TICKET_SKEW_MS), 1, USED_MAX);
    if (router != NULL)
        limiter_share(tickets->used, router, "tickets");
    return tickets;
}

void tickets_free(struct tickets **tickets)
{
    if (*tickets == NULL)
        return;
    limiter_free(&(*tickets)->used);
    sodium_memzero((*tickets)->key, sizeof((*tickets)->key));
    free(*tickets);
    *tickets = NULL;
}

static void number_put(unsigned char *out, int64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (unsigned char)((uint64_t)number >> (8 * (size - 1 - i)));
}

static int64_t number_get(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

static void sign(const struct tickets *tickets, const unsigned char *body, unsigned char *mac)
{
    crypto_generichash(mac, MAC_SIZE, body, BODY_SIZE, tickets->key, sizeof(tickets->key));
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

void ticket_issue(const struct tickets *tickets, const struct ticket_holder *holder, int64_t now_ms, char *out)
{
    unsigned char bytes[BYTES];
    number_put(bytes, holder->user, 8);
    number_put(bytes + 8, holder->login, 8);
    number_put(bytes + 16, now_ms, 6);
    random_bytes(bytes + 22, BODY_SIZE - 22);
    sign(tickets, bytes, bytes + BODY_SIZE);
    for (size_t i = 0; i < BYTES; i++) {
        out[2 * i] = "0123456789ABCDEF"[bytes[i] >> 4];
        out[2 * i + 1] = "0123456789ABCDEF"[bytes[i] & 15];
    }
}

enum err ticket_take(struct tickets *tickets, struct str text, int64_t now_ms, struct ticket_holder *out)
{
    unsigned char bytes[BYTES];
    unsigned char mac[MAC_SIZE];
    unsigned retry_after_s;
    if (!hex_read(text, bytes))
        return ERR_DENIED;
    sign(tickets, bytes, mac);
    if (sodium_memcmp(mac, bytes + BODY_SIZE, MAC_SIZE) != 0)
        return ERR_DENIED;
    int64_t age_ms = now_ms - number_get(bytes + 16, 6);
    if (age_ms < -TICKET_SKEW_MS || age_ms > TICKET_LIFE_MS ||
        !limiter_take_text(tickets->used, text, now_ms, &retry_after_s))
        return ERR_DENIED;
    *out = (struct ticket_holder){ number_get(bytes, 8), number_get(bytes + 8, 8) };
    return OK;
}
