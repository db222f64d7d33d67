/* net_loop.c: one set of buffers a loop, however many conns it has. */
#include "net/net_loop.h"

#include <stdlib.h>

#include "net/conn_private.h"
#include "util/mem.h"

static void net_loop_free(void *attached)
{
    struct net_loop *net = attached;
    while (net->conns != NULL)
        conn_finish(net->conns, CONN_END_OWN);
    outbox_spares_release(&net->spares);
    buf_release(&net->plain);
    buf_release(&net->wire_spare);
    free(net);
}

struct net_loop *net_loop_of(struct loop *loop)
{
    struct net_loop *net = loop_attached(loop);
    if (net != NULL)
        return net;
    net = mem_alloc(sizeof(*net));
    net->loop = loop;
    net->conns = NULL;
    net->spares = (struct outbox_spares){ 0 };
    net->plain = (struct buf){ 0 };
    net->wire_spare = (struct buf){ 0 };
    loop_attach(loop, net, net_loop_free);
    return net;
}
