/* pairs.h: N people who each write to one friend.
 * A message is complete when its echo is back; the friend's copy is timed and
 * counted too. Shared by the scenarios that load a server with one-to-one
 * messages. */
#ifndef IM_BENCH_PAIRS_H
#define IM_BENCH_PAIRS_H

#include "phases.h"
#include "session.h"

struct stream {
    struct letter letter;
    struct tally echo, peer;
    uint32_t sent;
};

struct pairs {
    const struct options *options;
    struct accounts accounts;
    struct sessions sessions;
    struct stream *streams;
    size_t count, next;
    struct pace pace;
    int64_t born; /* marks older than this are of earlier runs */
    bool sending;
    bool counting;                 /* arrivals add to echoes and copies */
    uint64_t sent, echoed, copied; /* of all time */
    uint64_t echoes, copies;       /* while counting */
    uint64_t foreign;              /* marks of earlier runs */
    void *context;
    /* Where latencies of a message meant to leave at sent_ns go; NULL: nowhere. */
    struct hist *(*echo_hist)(void *context, int64_t sent_ns);
    struct hist *(*peer_hist)(void *context, int64_t sent_ns);
};

/* Accounts, friendships and open sessions of options->pairs pairs. */
void pairs_open(struct pairs *pairs, const struct options *options, struct loop *loop, struct state *state);
/* Windows (rate 0) or an open loop. */
void pairs_start(struct pairs *pairs, double rate);
int64_t pairs_tick(struct pairs *pairs, int64_t now); /* sends what is due */
bool pairs_quiet(const struct pairs *pairs);          /* everything sent is echoed and delivered */
void pairs_report_losses(const struct pairs *pairs);
void pairs_close(struct pairs *pairs);

#endif
