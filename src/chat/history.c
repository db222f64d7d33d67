/* history.c: pages of the log with the names that a frame needs. */
#include "chat/history.h"

#include "chat/policy.h"
#include "store/user.h"

/* The user at the other end, by id; a page asks for few different ones. */
struct peer {
    int64_t id;
    struct str email;
};
#define PEERS_MAX 64

static enum err peer_email(struct db *db, struct arena *arena, struct peer *peers, size_t *count, int64_t id,
                           struct str *email)
{
    for (size_t i = *count; i > 0; i--) {
        if (peers[i - 1].id == id) {
            *email = peers[i - 1].email;
            return OK;
        }
    }
    struct user user;
    enum err err = user_by_id(db, arena, id, &user);
    if (err != OK)
        return err;
    *email = user.email;
    peers[*count % PEERS_MAX] = (struct peer){ id, user.email };
    if (*count < PEERS_MAX)
        (*count)++;
    return OK;
}

static enum err names_fill(struct db *db, struct arena *arena, struct message_list *list)
{
    struct peer peers[PEERS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct message *message = &list->rows[i];
        if (!chat_id_is_direct(message->chat)) {
            message->dst = arena_format(arena, "%lld", (long long)message->chat);
            continue;
        }
        int64_t low, high;
        chat_id_users(message->chat, &low, &high);
        enum err err = peer_email(db, arena, peers, &count, message->sender == low ? high : low, &message->dst);
        if (err != OK)
            return err;
    }
    return OK;
}

enum err history_page(struct db *db, struct arena *arena, int64_t user, int64_t chat, int64_t before, size_t limit,
                      struct message_list *out)
{
    enum err err = policy_read(db, user, chat);
    if (err == OK)
        err = message_page(db, arena, chat, before, limit, out);
    if (err == OK)
        err = names_fill(db, arena, out);
    return err;
}

enum err history_backlog(struct db *db, struct arena *arena, struct member_chat *chats, size_t count, size_t limit,
                         struct message_list *out, bool *more)
{
    enum err err = message_backlog(db, arena, chats, count, limit, out, more);
    if (err == OK)
        err = names_fill(db, arena, out);
    return err;
}
