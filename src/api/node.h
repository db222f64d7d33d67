/* node.h: what a server needs to be one of several over a store (ARCHITECTURE.md, "Many nodes"). */
#ifndef IM_API_NODE_H
#define IM_API_NODE_H

#include "chat/shared.h"
#include "store/node.h"

struct conf;

#define NODE_FILE "im_service.node" /* in the data directory: who it is at its next start, too */

/* This server is a node from now on; its name lives in the arena, which must outlive the core, as must carry_key
 * (chat/carried.h). Nothing where the store is its own (out->node stays 0). */
enum err node_join(struct db *db, const struct conf *conf, const unsigned char *carry_key, struct arena *arena,
                   struct shared_joined *out);

#endif
