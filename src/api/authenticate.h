/* authenticate.h: who is asking (PROTOCOL.md, Auth). */
#ifndef IM_API_AUTHENTICATE_H
#define IM_API_AUTHENTICATE_H

#include "api/call.h"

/* On a worker: email and token, each as a header or, failing that, a query
 * parameter. Fills user, device, email and token of the call. ERR_DENIED:
 * missing, wrong, expired. The device's last use is noted lazily. */
enum err authenticate(struct call *call, struct reader *reader);
#endif
