/* presence.h: who has a session, here and on the other nodes.
 * Sessions here are counted; of the other nodes it is known which users each
 * of them has, as the store's journal tells (chat/journal.h). What every
 * router answers questions from. Thread-safe, but for what is the writer's. */
#ifndef IM_ROUTE_PRESENCE_H
#define IM_ROUTE_PRESENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct presence;

struct presence *presence_new(void);
void presence_free(struct presence **presence);

void presence_opened(struct presence *presence, int64_t user);
void presence_closed(struct presence *presence, int64_t user);
bool presence_here(struct presence *presence, int64_t user);
bool presence_online(struct presence *presence, int64_t user); /* here or elsewhere */
size_t presence_count(struct presence *presence);              /* users here */

/* The writer's thread alone: the node has these users, or has them no more. What is known already changes nothing. */
void presence_elsewhere(struct presence *presence, int64_t node, const int64_t *users, size_t count, bool present);
/* Likewise: that node is no more (0: what is known of all others is forgotten). gone is called for each user who has
 * no session anywhere now; may be NULL. */
void presence_node_gone(struct presence *presence, int64_t node, void (*gone)(void *context, int64_t user),
                        void *context);

#endif
