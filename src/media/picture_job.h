/* picture_job.h: one picture that came in, with the files around it. */
#ifndef IM_MEDIA_PICTURE_JOB_H
#define IM_MEDIA_PICTURE_JOB_H

#include "media/blob.h"
#include "media/picture_worker.h"

struct picture_job {
    struct picture_job *next;
    /* Asked. The file is coming in, under this fid. */
    struct str fid;
    enum picture_format format;
    int64_t user;                          /* whose turn it is, among many */
    void (*done)(struct picture_job *job); /* on a picture thread; has the job then */
    /* Answered. OK: the file and its smaller forms have their places (blob_place). ERR_REJECTED: it is no picture that
     * may be stored, see status. ERR_BUSY: no worker can run now. Or the disk's errors. */
    enum err err;
    enum picture_status status;
    uint32_t width;
    uint32_t height;
    uint32_t thumbs; /* see picture_widths */
    int64_t size;    /* of the file as it is kept */
    char blur[PICTURE_BLUR_MAX];
    /* The queue's. */
    int64_t began_us;
};

/* Runs it, on a worker that is there. ERR_CLOSED, ERR_PARSE: the worker ended itself, and nothing has changed. Else
 * the job holds the answer. */
enum err picture_job_run(struct picture_job *job, const struct blobs *blobs, struct picture_worker *worker,
                         const struct picture_limits *limits);

#endif
