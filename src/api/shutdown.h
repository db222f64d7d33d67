/* shutdown.h: the orderly end of the loops. */
#ifndef IM_API_SHUTDOWN_H
#define IM_API_SHUTDOWN_H

#include "live/service.h"

#include <signal.h>

/* Tells every session and connection to go and waits until they have, at most
 * limit_ms. A further SIGTERM or SIGINT while waiting, or the limit, ends the process right here:
 * what was acknowledged is on disk already. */
void shutdown_drain(struct service *service, const sigset_t *signals, int64_t limit_ms);

/* Stops loops after all mail that was posted before; running: how many run.
 * The caller joins their threads. */
void shutdown_stop_loops(struct service *service, unsigned running);

#endif
