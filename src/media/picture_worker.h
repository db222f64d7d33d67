/* picture_worker.h: one worker process, from the server's side.
 * It is started when it is needed, replaced after some hundred pictures, and
 * killed when it takes too long. Nothing that it says is believed before it
 * was looked at. Belongs to one thread at a time; everything may block. */
#ifndef IM_MEDIA_PICTURE_WORKER_H
#define IM_MEDIA_PICTURE_WORKER_H

#include "media/picture.h"
#include "os/child.h"

#define PICTURE_WORKER_JOBS 200u /* then another begins anew: what is left of a stranger's in its memory goes with it */

struct picture_limits {
    int64_t time_ms;
    uint64_t pixels_max;
    uint64_t size_max; /* of a picture coming in, in bytes */
};

struct picture_worker {
    struct child child;
    unsigned jobs;
};

/* Starts one, unless there is one. Not OK: text (200 bytes) says why. */
enum err picture_worker_start(struct picture_worker *worker, const struct picture_limits *limits, char *text);
void picture_worker_end(struct picture_worker *worker);

/* One request. OK: answer is the worker's, and well-formed, whatever its status. ERR_TIMEOUT, ERR_CLOSED (it died),
 * ERR_PARSE (it spoke nonsense): the worker has been ended. */
enum err picture_worker_ask(struct picture_worker *worker, const struct picture_limits *limits,
                            const struct picture_request *request, const int fds[PICTURE_FDS],
                            struct picture_answer *answer);

#endif
