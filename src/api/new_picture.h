/* new_picture.h: a picture that has come in, on its way through a worker,
 * between its last byte and its row. */
#ifndef IM_API_NEW_PICTURE_H
#define IM_API_NEW_PICTURE_H

#include "api/call.h"
#include "api/new_file.h"
#include "media/picture_job.h"

struct new_picture {
    struct picture_job job; /* first */
    struct call *call;
    void (*next)(struct call *call);
    bool done; /* job has results */
};

/* Whether it is one that has to be looked at: it has no place yet. */
bool new_picture_is(const struct call *call, const struct intake_result *result);

/* Hands the call, and picture, to the picture threads. next runs on the call's loop, with job.err; OK: the file has its
 * place. result must outlive that. */
void new_picture_begin(struct new_picture *picture, struct call *call, const struct intake_result *result,
                       void (*next)(struct call *call));
/* What is known of it by now, into the row. */
void new_picture_take(const struct new_picture *picture, struct file *row);
/* The refusal; false: job.err is none of this. */
bool new_picture_refuse(const struct new_picture *picture, struct call *call);

#endif
