/* file_stores.h: the store other than the disk, as it is configured: opened at
 * the start, with its threads, and told about to those who watch. */
#ifndef IM_API_FILE_STORES_H
#define IM_API_FILE_STORES_H

#include "live/service.h"

/* With the writer's database, before anything runs. ERR_ARG: the configuration won't do, or lacks a bucket in which
 * files are; it was logged. */
enum err file_stores_open(struct service *service, struct db *db);
enum err file_stores_start(struct service *service); /* the threads */
void file_stores_stop(struct service *service);      /* likewise, after all that uses them */
void file_stores_free(struct service *service);

/* Lines of /metrics; nothing without such a store. */
void file_stores_metrics(struct service *service, struct buf *out);

#endif
