/* loop.h: one thread, its sockets' events, its mailbox, its timers.
 * The seam between the server and libuv: what lives on a loop is touched by
 * that loop's thread alone, everything else is posted to it. In one turn a
 * loop takes all mail and reads all that is ready; then it runs what was
 * deferred, which is where each socket is written once. */
#ifndef IM_OS_LOOP_H
#define IM_OS_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "util/err.h"

struct loop;
struct uv_loop_s;

/* Intrusive: embed it, and find your struct from it. Owned by the loop from
 * loop_post until run is called, then by run. */
struct loop_mail {
    struct loop_mail *next;
    void (*run)(struct loop_mail *mail, struct loop *loop);
};

/* Runs once at the end of the current turn, in the order deferred. A node
 * that is queued already stays where it is; one deferred by deferred work
 * runs in the same turn, or in the next one, which then does not wait. */
struct loop_deferred {
    struct loop_deferred *next;
    bool queued;
    void (*run)(struct loop_deferred *deferred);
};

struct loop_timer; /* owned by the loop; freed by loop_timer_free */

/* Also makes the process ignore SIGPIPE: who has loops has sockets, and a
 * peer that went away is an error code there. */
struct loop *loop_new(unsigned index);
/* After loop_run returned, or if it never ran. Mail and deferred work still
 * there is run first, since nobody else can free it; then what was attached
 * is released. What these may touch or post to must still stand. */
void loop_free(struct loop **loop);
unsigned loop_index(const struct loop *loop);

/* For net/ only: the engine below, and one thing of its own kept by the
 * loop, which loop_free hands to release before the engine goes. */
struct uv_loop_s *loop_uv(struct loop *loop);
void loop_attach(struct loop *loop, void *attached, void (*release)(void *attached));
void *loop_attached(const struct loop *loop); /* NULL when nothing is */

/* Runs on the calling thread until loop_stop. */
void loop_run(struct loop *loop);
/* Any thread: finishes the turn, then loop_run returns. */
void loop_stop(struct loop *loop);

/* Any thread, the loop's own too. First in, first out for all senders together; wakes the loop
 * only when its mailbox was empty. */
void loop_post(struct loop *loop, struct loop_mail *mail);

/* This loop's thread only. */
void loop_defer(struct loop *loop, struct loop_deferred *deferred);
struct loop_timer *loop_timer_new(struct loop *loop, void (*fired)(void *context), void *context);
void loop_timer_start(struct loop_timer *timer, uint64_t first_ms, uint64_t repeat_ms); /* repeat 0: once */
void loop_timer_stop(struct loop_timer *timer);
void loop_timer_free(struct loop_timer **timer);
/* Monotonic milliseconds, as of the start of this turn: cheap. The loop's
 * timers run on the same clock. */
int64_t loop_now_ms(const struct loop *loop);

#endif
