/* ticket.h: tickets, which open one socket within half a minute and keep tokens
 * out of proxies' logs (PROTOCOL.md, v2: opening). In memory, bounded, thread-safe. */
#ifndef IM_AUTH_TICKET_H
#define IM_AUTH_TICKET_H

#include <stdint.h>

#include "util/err.h"
#include "util/str.h"

#define TICKET_SIZE 32 /* upper-case hex digits */
#define TICKET_LIFE_MS 30000

struct tickets;

struct ticket_holder {
    int64_t user;
    int64_t login; /* the token's row it was asked for with */
};

struct tickets *tickets_new(size_t count_max);
void tickets_free(struct tickets **tickets);
/* Writes TICKET_SIZE digits. ERR_FULL: too many are out. */
enum err ticket_issue(struct tickets *tickets, const struct ticket_holder *holder, int64_t now_ms, char *out);
/* Takes it: it is good once. ERR_DENIED. */
enum err ticket_take(struct tickets *tickets, struct str ticket, int64_t now_ms, struct ticket_holder *out);

#endif
