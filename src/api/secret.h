/* secret.h: the key of what the server signs for itself: addresses of files, tickets. */
#ifndef IM_API_SECRET_H
#define IM_API_SECRET_H

#include "store/db.h"

#define SECRET_SIZE 32

/* A node by itself has it in its directory. Nodes that share a store have it from there, since any of them may be shown
 * what another one signed; the first of them brings its own. Any error: it can't be had. */
enum err secret_settle(struct db *db, const char *data, unsigned char key[SECRET_SIZE]);

#endif
