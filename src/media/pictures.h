/* pictures.h: the workers that look at pictures, and who waits for them.
 * A thread each holds one worker process and gives it one picture at a time;
 * users take turns. A worker starts with the first picture (and once shortly
 * after the server, so that it is known whether it can), ends after a while
 * without any, and one that can't start is tried again less and less often;
 * meanwhile pictures are refused, and nothing else is. */
#ifndef IM_MEDIA_PICTURES_H
#define IM_MEDIA_PICTURES_H

#include "media/picture_job.h"

struct pictures;

struct pictures_options {
    const struct blobs *blobs;
    unsigned workers;
    size_t queue_max;
    struct picture_limits limits;
};

enum err pictures_new(const struct pictures_options *options, struct pictures **out);
/* Runs what is queued, then ends threads and workers. */
void pictures_free(struct pictures **pictures);

/* ERR_FULL: the queue is at its bound, the job was not taken. Any thread. */
enum err pictures_submit(struct pictures *pictures, struct picture_job *job);

#define PICTURES_BUCKETS 9
extern const double pictures_buckets_s[PICTURES_BUCKETS - 1]; /* upper bounds; the last has none */

struct pictures_stats {
    uint64_t results[PICTURE_STATUSES];
    uint64_t seconds_in[PICTURES_BUCKETS]; /* not cumulated */
    double seconds_sum;
    uint64_t restarts; /* of workers that were killed, died, or could not start */
    size_t waiting;
    bool broken;    /* no worker can run */
    char text[200]; /* why */
};
void pictures_stats(struct pictures *pictures, struct pictures_stats *out);
const char *picture_status_name(enum picture_status status); /* for metrics */

#endif
