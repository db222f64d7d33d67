/* loop.h: one thread, one epoll, thousands of sockets.
 * A turn reads every readable socket once (up to LOOP_READ bytes), lets its
 * owner parse in place, and then writes each socket that has something to
 * say once. Owners embed struct conn; nothing is allocated per message. */
#ifndef IM_BENCH_LOOP_H
#define IM_BENCH_LOOP_H

#include "common.h"

#define LOOP_READ (256U << 10)
#define LOOP_LEFT_MAX (512U << 10) /* an unfinished frame or head may not be longer */
#define LOOP_OUT_MAX (8U << 20)    /* bytes waiting on one socket: beyond it the load is not sustained */
#define LOOP_NEVER INT64_MAX
#define LOOP_DONE (-1)

struct loop;
struct conn;

struct conn_kind {
    void (*opened)(struct conn *conn);
    /* Returns how many bytes were used up; the rest comes again with more. */
    size_t (*bytes)(struct conn *conn, char *bytes, size_t size, int64_t now);
    void (*closed)(struct conn *conn, const char *why); /* not called for conn_close */
};

struct conn {
    int fd; /* -1: closed */
    struct loop *loop;
    const struct conn_kind *kind;
    struct conn *dirty_next;
    char *left; /* read but not yet used up */
    uint32_t left_size, left_capacity;
    uint32_t out_size, out_sent, out_capacity;
    char *out;
    bool dirty, connecting, want_write;
};

struct loop {
    int epoll;
    struct conn *dirty;
    char *scratch;
    const char *host;
    int port;         /* the first of */
    const int *ports; /* nodes, which take turns at being connected to */
    size_t port_count;
    uint64_t sources; /* connections opened: chooses the source address */
    uint64_t bytes_in, bytes_out, sends, receives;
    bool write_failed; /* an outgoing buffer reached its bound */
};

/* host and ports are borrowed; at least one port. */
void loop_init(struct loop *loop, const char *host, const int *ports, size_t port_count);
void loop_release(struct loop *loop);

/* Runs turns until tick returns LOOP_DONE (true) or deadline passes (false).
 * tick is asked before each wait and returns when it wants to be asked next. */
typedef int64_t loop_tick(void *context, int64_t now);
bool loop_run(struct loop *loop, loop_tick *tick, void *context, int64_t deadline);

/* Starts connecting; a failure is reported through closed, later or at once. */
/* place: nodes take turns, and each turn begins with another one. So of many nodes places 2k and 2k + 1 are on two, and
 * each has as many of the first kind as of the second. */
void conn_open(struct conn *conn, struct loop *loop, uint64_t place, const struct conn_kind *kind);
/* reset: the peer gets an RST and no port is kept in TIME_WAIT. */
void conn_close(struct conn *conn, bool reset);

/* Room for size bytes at the end of what waits; they count at once and leave
 * at the end of the turn. NULL when the bound is reached. */
char *conn_reserve(struct conn *conn, size_t size);
void conn_write(struct conn *conn, const void *bytes, size_t size);

#endif
