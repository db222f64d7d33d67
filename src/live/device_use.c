/* device_use.c: a write an hour, not one a request. */
#include "live/device_use.h"

#include "store/device.h"
#include "util/mem.h"

#include <stdlib.h>

#define TOUCH_AFTER_MS (INT64_C(60) * 60 * 1000) /* a token's last use is written once an hour at most */

struct touch_job {
    struct core_job job; /* first */
    int64_t device;
    int64_t used_ms;
};

static enum err touch_run(struct core_job *job, struct core_tx *tx)
{
    struct touch_job *touch = (struct touch_job *)job;
    return device_touch(tx->db, touch->device, touch->used_ms);
}

static void touch_finished(struct core_job *job)
{
    free(job);
}

int64_t device_used(struct service *service, int64_t device, int64_t used_ms, int64_t now_ms)
{
    int64_t after_ms = service->conf->token_idle_ms / 4;
    if (now_ms - used_ms < (after_ms < TOUCH_AFTER_MS ? after_ms : TOUCH_AFTER_MS))
        return used_ms;
    struct touch_job *touch = mem_zalloc(sizeof(*touch));
    touch->job.write.single = true;
    touch->job.run = touch_run;
    touch->job.finished = touch_finished;
    touch->device = device;
    touch->used_ms = now_ms;
    if (core_submit(service->core, &touch->job) != OK) {
        free(touch); /* The next use notes it. */
        return used_ms;
    }
    return now_ms;
}
