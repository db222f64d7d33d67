/* ticket.h: tickets, which open one socket within half a minute and keep tokens
 * out of proxies' logs (PROTOCOL.md, v2: opening). A ticket says itself whose it
 * is and is signed, so that the node that is shown it need not be the one that
 * issued it. Thread-safe. */
#ifndef IM_AUTH_TICKET_H
#define IM_AUTH_TICKET_H

#include "util/err.h"
#include "util/str.h"

#define TICKET_SIZE 88 /* upper-case hex digits */
#define TICKET_KEY_SIZE 32
#define TICKET_LIFE_MS 30000
#define TICKET_SKEW_MS 5000 /* by which clocks of nodes may differ */

struct tickets;
struct router;

struct ticket_holder {
    int64_t user;
    int64_t login; /* the token's row it was asked for with */
};

/* key: of all nodes. router: that a ticket was used is asked of the other nodes too; it ends before. NULL: there are
 * none. */
struct tickets *tickets_new(const unsigned char key[TICKET_KEY_SIZE], struct router *router);
void tickets_free(struct tickets **tickets);
/* Writes TICKET_SIZE digits. now_ms: Unix time, here and below. */
void ticket_issue(const struct tickets *tickets, const struct ticket_holder *holder, int64_t now_ms, char *out);
/* Takes it: it is good once; while nodes can't ask each other, once on each. ERR_DENIED. May wait ROUTER_WAIT_MS. */
enum err ticket_take(struct tickets *tickets, struct str ticket, int64_t now_ms, struct ticket_holder *out);

#endif
