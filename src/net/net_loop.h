/* net_loop.h: what the conns of one loop share: buffers that are only busy
 * within one call, and so need not be any conn's own. */
#ifndef IM_NET_NET_LOOP_H
#define IM_NET_NET_LOOP_H

#include "net/outbox.h"
#include "os/loop.h"
#include "util/buf.h"

enum {
    NET_READ_BYTES = 64 * 1024,    /* one recv(2) */
    NET_SCRATCH_BYTES = 64 * 1024, /* one send(2) of payloads copied together */
};

struct conn;

struct net_loop {
    struct loop *loop;
    struct conn *conns; /* all, newest first */
    struct outbox_spares spares;
    struct buf plain;      /* decrypted bytes, while the owner reads them */
    struct buf wire_spare; /* lent to the TLS conn that is sending */
    char read_buffer[NET_READ_BYTES];
    char scratch[NET_SCRATCH_BYTES];
};

/* Made at the first call for a loop, released by loop_free, which also ends
 * the conns still there (CONN_END_OWN). The loop's thread, or before it runs. */
struct net_loop *net_loop_of(struct loop *loop);

#endif
