/* unread.c: a watermark, not a list. */
#include "chat/unread.h"

int64_t unread_after(const struct member *member)
{
    const int64_t marks[] = { member->joined_seq - 1, member->cleared_seq, member->read_seq, member->sent_seq };
    int64_t after = 0;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        after = marks[i] > after ? marks[i] : after;
    return after;
}

int64_t unread_count(int64_t head, int64_t after, int64_t gone)
{
    int64_t count = head - after - gone;
    return count > 0 ? count : 0;
}
