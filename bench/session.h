/* session.h: people online: many /chat sockets, opened so many at a time.
 * A session answers pings, beats its heart, and hands every text frame to the
 * scenario. */
#ifndef IM_BENCH_SESSION_H
#define IM_BENCH_SESSION_H

#include "account.h"
#include "hist.h"
#include "mark.h"

struct sessions;

struct session {
    struct conn conn; /* first: a conn is its session */
    struct sessions *all;
    const struct account *account;
    size_t hint; /* where the last mark stood */
    int64_t begun_ns;
    uint32_t index;
    uint32_t mask; /* of the last frame */
    bool open;
};

struct sessions {
    struct loop *loop;
    const struct options *options;
    struct session *rows;
    size_t count;
    void *context;
    /* May be NULL. The payload is the session's until the call returns. */
    void (*text)(struct session *session, char *payload, size_t size, int64_t now);
    size_t begun, opened, lost, refused;
    size_t pings, texts;
    struct hist connects; /* connect() to 101 */
    bool ending;
    int64_t heart_ns, heart_next;
    size_t heart_at;
    size_t open_to; /* sessions_open: up to here */
};

/* Session i is of account i modulo the accounts. */
void sessions_init(struct sessions *sessions, const struct accounts *accounts, size_t count);
/* Opens sessions [begun, to) and waits for them; dies when one is refused. */
void sessions_open(struct sessions *sessions, size_t to);
void session_begin(struct session *session);                   /* one, without waiting */
void sessions_close(struct sessions *sessions);                /* all, and frees */
int64_t sessions_tick(struct sessions *sessions, int64_t now); /* hearts; the next time it wants to be asked */

/* What a sender's messages to one chat have in common. */
struct letter {
    char head[192]; /* up to the content */
    size_t head_size;
    size_t content; /* bytes of it */
};
void letter_init(struct letter *letter, const struct account *from, int cmd, const char *to, size_t content);
/* false: the outgoing buffer is at its bound. */
bool session_send(struct session *session, const struct letter *letter, const struct mark *mark);

#endif
