/* file_sweep.h: files that nothing refers to any more leave the disk. */
#ifndef IM_API_FILE_SWEEP_H
#define IM_API_FILE_SWEEP_H

#include "live/shard.h"

/* One round, of at most a hundred files, unless the last one is still under way. The loop's thread. */
void file_sweep(struct shard *shard);

#endif
