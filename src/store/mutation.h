/* mutation.h: changes of messages already sent, one counter (mver) for each chat. */
#ifndef IM_STORE_MUTATION_H
#define IM_STORE_MUTATION_H

#include "store/db.h"

struct mutation {
    int64_t id; /* in the order of all chats */
    int64_t chat;
    int64_t mver; /* 1, 2, 3 … for each chat */
    int64_t cmd;  /* 24 recall, 25 edit, 26 delete for all, 27 react, 28 pin */
    int64_t seq;  /* of 26: the first of seqs */
    int64_t actor;
    int64_t created_ms;
    bool on;                /* 27, 28 */
    struct str detail;      /* 27: the emoji; else ptr NULL */
    struct str seqs;        /* 26: a JSON array; else ptr NULL */
    struct str actor_email; /* filled by mutation_page */
};
struct mutation_list {
    struct mutation *rows;
    size_t count;
};

/* The chat's greatest mver, 0 when nothing was ever changed. */
enum err mutation_head(struct db *db, int64_t chat, int64_t *mver);
/* All but id and actor_email are the caller's. ERR_EXISTS: the mver is taken. */
enum err mutation_insert(struct db *db, const struct mutation *mutation);
/* Those with mver > after, in order. */
enum err mutation_page(struct db *db, struct arena *arena, int64_t chat, int64_t after, size_t limit,
                       struct mutation_list *out);
/* Over all chats, those with id > after, in order: for who follows everything. */
enum err mutation_after(struct db *db, struct arena *arena, int64_t after, size_t limit, struct mutation_list *out);

#endif
