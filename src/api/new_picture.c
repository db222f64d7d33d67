/* new_picture.c: to the picture threads and back. */
#include "api/new_picture.h"

#include "media/pictures.h"

#define RETRY_S 30

bool new_picture_is(const struct call *call, const struct intake_result *result)
{
    return call->service->pictures != NULL && result->type.kind == MEDIA_IMAGE;
}

static void looked_at(struct picture_job *job)
{
    struct new_picture *picture = (struct new_picture *)job;
    call_to_loop(picture->call, picture->next);
}

void new_picture_begin(struct new_picture *picture, struct call *call, const struct intake_result *result,
                       void (*next)(struct call *call))
{
    *picture = (struct new_picture){
        .job = { .fid = result->fid,
                 .format = picture_format_of(str_from(result->type.mime)),
                 .user = call->user,
                 .done = looked_at },
        .call = call,
        .next = next,
        .done = true,
    };
    if (pictures_submit(call->service->pictures, &picture->job) != OK) {
        picture->job.err = ERR_BUSY;
        looked_at(&picture->job);
    }
}

void new_picture_take(const struct new_picture *picture, struct file *row)
{
    const struct picture_job *job = &picture->job;
    if (!picture->done)
        return;
    row->size = job->size;
    row->width = job->width;
    row->height = job->height;
    row->thumbs = job->thumbs;
    if (job->blur[0] != '\0')
        row->blur = str_from(job->blur);
}

bool new_picture_refuse(const struct new_picture *picture, struct call *call)
{
    if (!picture->done)
        return false;
    if (picture->job.err == ERR_BUSY)
        call_reply_busy(call, 503, RETRY_S, "图片处理暂不可用，请稍后再试");
    else if (picture->job.err == ERR_REJECTED)
        call_reply_error(call, 2111,
                         picture->job.status == PICTURE_TOO_LARGE ? "图片像素过多" : "图片无法识别或已损坏");
    else
        return false;
    return true;
}
