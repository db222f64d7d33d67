/* sync.h: which of a user's chats have news for a device.
 * One pass over three sorted lists: the user's memberships, the device's
 * stored cursors, and what the client says it has. A chat without news costs
 * a look into chat/heads and no query. */
#ifndef IM_CHAT_SYNC_H
#define IM_CHAT_SYNC_H

#include "chat/conversation.h"
#include "store/device_name.h"
#include "store/mutation.h"

struct heads;

#define SYNC_NEW_MESSAGES 20 /* of a chat that the device does not know */
#define SYNC_CHAT_MESSAGES 100
#define SYNC_CHAT_MUTATIONS 200
#define SYNC_CHAT_HIDDEN 1000

/* What the client says of one chat. */
struct sync_listed {
    int64_t chat; /* 0: nobody has that address */
    enum chat_kind kind;
    struct str dst;
    int64_t seq;
    int64_t mver;
};

struct sync_ask {
    int64_t device;
    bool anew;                  /* whatever the device had: as if it were new */
    int64_t after;              /* go on with the chats beyond that one; 0: from the first */
    int64_t pver;               /* the device has personal changes up to here; -1: as far as it confirmed */
    struct sync_listed *listed; /* in any order */
    size_t listed_count;
};

struct sync {
    struct reading reading;
    struct heads *heads;
    uint64_t heads_mark;
    struct marks *marks;
    struct sync_ask ask;
    struct member_state_list states;
    struct device_cursor_list cursors;
    size_t state_at;
    size_t cursor_at;
    size_t listed_at;
};

/* A chat with news. */
struct sync_chat {
    const struct member_state *state;
    bool known; /* by the device: else seq and mver are 0 */
    int64_t seq;
    int64_t mver;
    bool personal; /* the user's own settings of it changed */
};

/* Fills in ask.pver where it is -1. */
enum err sync_begin(struct sync *sync);
/* The next chat with news, by chat id. ERR_NOT_FOUND: there is none left. */
enum err sync_next(struct sync *sync, struct sync_chat *out);
/* Chats that were listed or that the device has cursors of, and that the user is in no more; before sync_next only.
 * Their dst is filled. */
enum err sync_gone(struct sync *sync, struct sync_listed **out, size_t *count);

/* What the device lacks of one chat. */
struct sync_news {
    struct conversation conversation;
    struct str draft; /* when personal */
    struct message_list messages;
    bool newest;                    /* these are the newest ones: what is before them comes by pulling */
    bool more;                      /* messages: there are more after these */
    int64_t from;                   /* messages after this one were looked for */
    struct mutation_list mutations; /* about messages the device has; of an edit, detail is the content now */
    bool mutations_more;
    int64_t mver;              /* how far the mutations go */
    struct hidden_list hidden; /* deleted by the user for himself since ask.pver */
    bool hidden_more;
};
enum err sync_load(struct sync *sync, const struct sync_chat *chat, size_t messages_max, struct sync_news *out);

#endif
