/* device_use.h: noting that a device is in use, lazily: its token expires when
 * it was not for long (accounts.token_idle). */
#ifndef IM_LIVE_DEVICE_USE_H
#define IM_LIVE_DEVICE_USE_H

#include "live/service.h"

/* The device is in use now: notes it if that was long ago (used_ms). Returns when it was noted last. */
int64_t device_used(struct service *service, int64_t device, int64_t used_ms, int64_t now_ms);

#endif
