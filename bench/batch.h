/* batch.h: many HTTP calls that prepare a server, so many at a time.
 * A call that is told to wait (429, a full queue) or whose connection broke is
 * made again; what is refused otherwise ends the run with the answer's text. */
#ifndef IM_BENCH_BATCH_H
#define IM_BENCH_BATCH_H

#include "http.h"

enum verdict { BATCH_DONE, BATCH_AGAIN, BATCH_REFUSED };

struct batch {
    const char *what; /* for messages */
    size_t count;     /* jobs 0 … count - 1 */
    size_t concurrency;
    void *context;
    /* Fills method, target, email, token and writes a body, if any, to batch->body. */
    void (*compose)(struct batch *batch, size_t job, struct http_call *call);
    enum verdict (*judge)(struct batch *batch, size_t job, const struct http_client *client);
    char body[512];
    char target[256];
    /* batch.c's own */
    struct http_fleet fleet;
    size_t *again;
    size_t next, again_count, done, breaks;
    int64_t pause_until;
};

void batch_run(struct batch *batch, struct loop *loop);

/* The "code" of an answer, or -1. */
int64_t answer_code(const struct http_client *client);

#endif
