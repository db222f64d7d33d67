/* roll_call.c: a mail that goes round the loops. */
#include "live/roll_call.h"

#include "live/session.h"
#include "util/mem.h"

#include <stdlib.h>

static void roll_add(struct roll_call *roll, const struct session *session)
{
    if (roll->count == roll->capacity) {
        roll->capacity = roll->capacity == 0 ? 8 : roll->capacity * 2;
        roll->entries = mem_realloc(roll->entries, roll->capacity * sizeof(*roll->entries));
    }
    roll->entries[roll->count++] = (struct roll_entry){ session->device, session->named };
}

static void roll_arrived(struct loop_mail *mail, struct loop *loop)
{
    struct roll_call *roll = (struct roll_call *)mail;
    struct shard *shard = roll->service->shards[loop_index(loop)];
    for (struct session *session = session_first(shard, roll->user); session != NULL; session = session->user_next)
        if (!session->closing)
            roll_add(roll, session);
    if (++roll->next < roll->service->shard_count)
        loop_post(roll->service->loops[roll->next], &roll->mail);
    else
        roll->called(roll);
}

void roll_call_begin(struct roll_call *roll, struct service *service)
{
    roll->service = service;
    roll->mail.run = roll_arrived;
    loop_post(service->loops[0], &roll->mail);
}

void roll_call_release(struct roll_call *roll)
{
    free(roll->entries);
    roll->entries = NULL;
    roll->count = 0;
    roll->capacity = 0;
}
