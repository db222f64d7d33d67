/* file_carry.h: carries files that came in through the disk to the store where
 * they are to stay, and removes objects of files that are gone. In rounds, one
 * at a time, on threads of its own: nobody waits for it, and what fails is
 * tried again. */
#ifndef IM_API_FILE_CARRY_H
#define IM_API_FILE_CARRY_H

#include "live/shard.h"

/* Begins a round, unless one is under way or it is too early after a failure. On the loop. */
void file_carry(struct shard *shard);

#endif
