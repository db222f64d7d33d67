/* contact_request.h: who asked whom to be friends, a row a pair and direction. */
#ifndef IM_STORE_CONTACT_REQUEST_H
#define IM_STORE_CONTACT_REQUEST_H

#include "store/user.h"

/* A block ends a request that waits, but only in the eyes of who blocks: the other one goes on seeing it wait. */
enum contact_request_state {
    REQUEST_PENDING = 0,
    REQUEST_ACCEPTED = 1,
    REQUEST_REJECTED = 2,
    REQUEST_WITHDRAWN = 3, /* the sender blocks the receiver, who sees it as pending; the sender sees nothing */
    REQUEST_IGNORED = 4,   /* the receiver blocks the sender, who sees it as pending; the receiver sees nothing */
};

struct contact_request {
    int64_t id;
    int64_t sender;
    int64_t receiver;
    struct str content; /* ptr NULL: none */
    enum contact_request_state state;
    int64_t told; /* how often the receiver was told */
    int64_t created_ms;
};

/* A new one, pending. No row of the pair and direction may be there. */
enum err request_insert(struct db *db, int64_t sender, int64_t receiver, struct str content, int64_t now_ms,
                        int64_t *id);
enum err request_by_id(struct db *db, struct arena *arena, int64_t id, struct contact_request *out); /* ERR_NOT_FOUND */
enum err request_between(struct db *db, struct arena *arena, int64_t sender, int64_t receiver,
                         struct contact_request *out); /* ERR_NOT_FOUND */
/* Asked again: new words, and told once more. */
enum err request_repeat(struct db *db, int64_t id, struct str content, int64_t now_ms);
enum err request_set_state(struct db *db, int64_t id, enum contact_request_state state, int64_t now_ms);
enum err request_delete(struct db *db, int64_t id);
/* How many of the sender's are pending. */
enum err request_count_pending(struct db *db, int64_t sender, int64_t *count);

struct request_row {
    struct contact_request request;
    struct user other; /* the other one, as seen by whom the list is for */
};
struct request_list {
    struct request_row *rows;
    size_t count;
};
/* What the user sees of those he sent and those he got: with ids below before, the newest first. */
enum err request_page(struct db *db, struct arena *arena, int64_t user, int64_t before, size_t limit,
                      struct request_list *out);

#endif
