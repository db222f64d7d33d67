/* picture.h: what is made of a picture that came in, and how a worker is
 * asked for it. The worker (media/worker.h) gets one request at a time with
 * descriptors, and gives one answer; neither knows a path. */
#ifndef IM_MEDIA_PICTURE_H
#define IM_MEDIA_PICTURE_H

#include "media/strip.h"

#include <stdint.h>

/* Smaller forms: at most so wide, and four times as high. Stored: bit i of file.thumbs says that width i is there. */
#define PICTURE_WIDTHS 4u
extern const unsigned picture_widths[PICTURE_WIDTHS];
extern const char *const picture_variants[PICTURE_WIDTHS]; /* the same as text */
#define PICTURE_THUMB_MIME "image/webp"

#define PICTURE_BLUR_MAX ((size_t)400)                     /* a data: URL, with its terminating zero */
#define PICTURE_MOVING_PIXELS ((uint64_t)12 * 1000 * 1000) /* of all frames of a smaller form together */

/* In messages and metrics: a number never changes its meaning. */
enum picture_status {
    PICTURE_OK = 0,
    PICTURE_BROKEN = 1,    /* no picture, or not all of one */
    PICTURE_TOO_LARGE = 2, /* more pixels or frames than may be */
    PICTURE_TOO_SLOW = 3,  /* not done in time */
    PICTURE_CRASHED = 4,   /* it ended the worker, twice */
    PICTURE_NO_WORKER = 5, /* the worker can't run */
    PICTURE_NO_SPACE = 6,  /* results could not be written */
    PICTURE_STATUSES = 7,
};

/* Descriptors of a request, in this order. */
enum picture_fd {
    PICTURE_FD_IN,    /* to be read from its start */
    PICTURE_FD_CLEAN, /* this and the next: empty, to be written */
    PICTURE_FD_THUMB, /* one for each width */
    PICTURE_FDS = PICTURE_FD_THUMB + PICTURE_WIDTHS,
};

struct picture_request {
    uint32_t magic;
    uint32_t format; /* enum picture_format */
    uint64_t size;   /* of the input */
    uint64_t pixels_max;
};

struct picture_answer {
    uint32_t magic;
    uint32_t status; /* enum picture_status */
    uint32_t width;  /* as it is shown */
    uint32_t height;
    uint32_t frames;
    uint32_t thumbs;     /* which were written, by bits */
    uint64_t clean_size; /* 0: the input holds nothing but a picture and lies as it is shown; nothing was written */
    char blur[400];      /* a data: URL, zero-terminated; empty: none */
    char text[200];      /* of what went wrong, for the log; zero-terminated */
};

/* The first message of a worker: status PICTURE_OK, or why it can't. */
#define PICTURE_MAGIC 0x696d7031u

struct vips_api;

/* The work itself. fds as above. Nothing of the input's own text comes into the answer but by libvips's errors. */
void picture_work(const struct vips_api *vips, const struct picture_request *request, const int fds[PICTURE_FDS],
                  struct picture_answer *answer);

#endif
