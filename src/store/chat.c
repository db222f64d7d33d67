/* chat.c: conversations. A direct chat's id holds its two users, so that it
 * is known without asking: bit 62, then 31 bits of the lower user id, then 31
 * of the higher. */
#include "store/chat.h"

#include <assert.h>

#include "store/query.h"

#define DIRECT_BIT ((int64_t)1 << 62)
#define USER_BITS 31

int64_t chat_id_direct(int64_t a, int64_t b)
{
    assert(a >= 0 && a <= USER_ID_MAX && b >= 0 && b <= USER_ID_MAX);
    int64_t low = a < b ? a : b;
    int64_t high = a < b ? b : a;
    return DIRECT_BIT | low << USER_BITS | high;
}

bool chat_id_is_direct(int64_t chat)
{
    return chat > 0 && (chat & DIRECT_BIT) != 0;
}

void chat_id_users(int64_t chat, int64_t *low, int64_t *high)
{
    assert(chat_id_is_direct(chat));
    *low = chat >> USER_BITS & USER_ID_MAX;
    *high = chat & USER_ID_MAX;
}

bool group_whole_history(const struct group_state *state, bool configured)
{
    return state->whole_history < 0 ? configured : state->whole_history != 0;
}

enum err group_state(struct db *db, int64_t id, struct group_state *out)
{
    enum err missing = ERR_NOT_FOUND;
    struct query_call call = call_start(db, QUERY_GROUP_STATE);
    call_i64(&call, id);
    if (call_row(&call)) {
        *out = (struct group_state){ call_column_i64(&call, 0), call_column_i64(&call, 1) != 0,
                                     call_column_i64(&call, 2) };
        missing = OK;
    }
    enum err err = call_end(&call);
    return err != OK ? err : missing;
}
