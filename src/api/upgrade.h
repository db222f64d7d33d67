/* upgrade.h: from an authenticated GET /chat to a session. */
#ifndef IM_API_UPGRADE_H
#define IM_API_UPGRADE_H

#include "api/call.h"

/* On a worker, the token being right: checks the handshake and loads the snapshot. */
void upgrade_run(struct call *call, struct reader *reader);
/* On the loop: answers 101 and opens the session. */
void upgrade_finish(struct call *call, struct http_conn *conn);

#endif
