/* listeners.h: the addresses of the configuration (listen, tls.listen) and the administrator's socket. */
#ifndef IM_API_LISTENERS_H
#define IM_API_LISTENERS_H

#include "live/service.h"
#include "net/listener.h"

struct listeners {
    struct listener *http; /* and TLS on the same port, unless that has one of its own */
    struct listener *https;
    struct listener *admin;
};

/* Before the loops run; prints the address of each port. tls: NULL for none; it outlives the listeners. What failed is
 * logged; what was opened before it stays in out. */
enum err listeners_open(struct service *service, struct tls *tls, struct listeners *out);
/* Accepts no more; connections live on. All of them are open. */
void listeners_stop(struct listeners *listeners);
/* After the loops have ended, before they are freed; whichever there are. */
void listeners_free(struct listeners *listeners);

#endif
