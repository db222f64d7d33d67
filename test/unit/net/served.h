/* served.h: a served port for tests: loops on threads of their own, every
 * conn's history recorded, and blocking client sockets to talk to it. */
#ifndef IM_TEST_SERVED_H
#define IM_TEST_SERVED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdbool.h>

#include "net/listener.h"
#include "util/buf.h"

enum { LOOPS_MAX = 2, SIDES_MAX = 256, WAIT_MS = 20000 };

/* The server's end of one connection. Written by its loop's thread under the
 * world's lock. */
struct side {
    struct world *world;
    struct conn *conn; /* NULL once closed */
    unsigned loop;
    struct buf got;
    unsigned drained;
    bool closed;
    enum conn_end end;
    unsigned closed_calls;
    size_t number; /* free for a test */
};

struct world {
    struct listener_options options; /* set before world_start */
    unsigned loop_count;             /* 0: one */
    /* What a test adds to the recording; on the loop's thread, no lock held. */
    void (*on_accept)(struct side *side);
    void (*on_read)(struct side *side, char *bytes, size_t size);
    void (*on_drained)(struct side *side);
    void (*on_closed)(struct side *side);

    struct loop *loops[LOOPS_MAX];
    pthread_t threads[LOOPS_MAX];
    struct side_context {
        struct world *world;
        unsigned loop;
    } contexts[LOOPS_MAX];
    void *context_list[LOOPS_MAX];
    struct listener *listener;
    unsigned port;
    char path[108];
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct side *sides[SIDES_MAX];
    unsigned side_count;
};

void world_start(struct world *world);
void world_start_unix(struct world *world, const char *path);
void world_end(struct world *world);

/* Runs on that loop's thread and waits for it. */
void world_call(struct world *world, unsigned loop, void (*run)(void *argument), void *argument);

/* Waits until the condition holds; fails the test after WAIT_MS. */
#define world_wait(world, condition)                                                                                   \
    do {                                                                                                               \
        struct timespec until_ = world_deadline();                                                                     \
        int late_ = 0;                                                                                                 \
        pthread_mutex_lock(&(world)->lock);                                                                            \
        while (!(condition) && late_ == 0)                                                                             \
            late_ = pthread_cond_timedwait(&(world)->changed, &(world)->lock, &until_);                                \
        bool held_ = (condition);                                                                                      \
        pthread_mutex_unlock(&(world)->lock);                                                                          \
        if (!held_)                                                                                                    \
            fail_msg("never came true: %s", #condition);                                                               \
    } while (0)
struct timespec world_deadline(void);

/* The index-th accepted conn, waiting for it. */
struct side *world_side(struct world *world, unsigned index);
void side_send(struct side *side, const void *bytes, size_t size);          /* any thread, not the loop's */
enum err side_send_here(struct side *side, const void *bytes, size_t size); /* the loop's thread */
void side_close(struct side *side, unsigned linger_ms);
bool side_is_closed(struct side *side); /* any thread */
void side_pause(struct side *side, bool pause);

/* Clients. */
int dial(const struct world *world); /* with a time-out of WAIT_MS on every call */
void write_all(int fd, const void *bytes, size_t size);
void expect_bytes(int fd, const void *bytes, size_t size);
void expect_end(int fd);   /* orderly */
void expect_reset(int fd); /* after dropping what still comes */
void reset(int fd);        /* closes it the rude way */

/* A small generator whose whole history follows from the seed. */
struct dice {
    uint64_t state;
};
uint64_t dice_seed(const char *test); /* IM_TEST_SEED or a new one; printed */
uint32_t dice_below(struct dice *dice, uint32_t bound);
void dice_fill(struct dice *dice, char *out, size_t size);

int64_t ms_now(void);

#endif
