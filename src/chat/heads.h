/* heads.h: the head of every chat in use, for all threads.
 * The greatest seq and the greatest mver of a chat, so that bringing a device
 * up to date asks the store only about chats that changed. The writer moves
 * them after each commit and before the loops are told, so that whoever has
 * heard of a message finds a head that holds it. A reader that had to ask the
 * store may leave what it found, unless the table was emptied meanwhile:
 * its answer could be older than what was forgotten. Bounded. */
#ifndef IM_CHAT_HEADS_H
#define IM_CHAT_HEADS_H

#include <stdbool.h>
#include <stdint.h>

struct heads;

struct head {
    int64_t seq;
    int64_t mver;
};

struct heads *heads_new(void);
void heads_free(struct heads **heads);

/* false: not known here. */
bool heads_get(struct heads *heads, int64_t chat, struct head *out);
/* The writer's, of what is committed: only ever forward. mver 0 leaves that one alone, seq 0 likewise. */
void heads_move(struct heads *heads, int64_t chat, int64_t seq, int64_t mver);

/* The writer's: what others changed was missed. */
void heads_forget(struct heads *heads);

/* A reader's: take the mark before the snapshot is opened. */
uint64_t heads_mark(struct heads *heads);
void heads_offer(struct heads *heads, uint64_t mark, int64_t chat, struct head head);

#endif
