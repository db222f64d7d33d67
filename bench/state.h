/* state.h: what a prepared server already has: tokens, friendships, groups.
 * A text file, key TAB value a line, so that ten thousand accounts are made
 * once and used by every scenario. */
#ifndef IM_BENCH_STATE_H
#define IM_BENCH_STATE_H

#include "common.h"

struct state_entry {
    char *key;
    char *value;
};
struct state {
    const char *path;            /* "" keeps nothing */
    struct state_entry *entries; /* open addressing, a power of two */
    size_t capacity, count;
};

void state_load(struct state *state, const char *path);
void state_save(const struct state *state);
void state_clear(struct state *state);                             /* also frees everything */
const char *state_get(const struct state *state, const char *key); /* NULL when absent */
void state_put(struct state *state, const char *key, const char *value);

#define STATE_KEY_MAX 128
/* The keys that more than one program writes. */
void state_key_token(char key[STATE_KEY_MAX], const char *email);
void state_key_ties(char key[STATE_KEY_MAX], const char *what, const char *prefix, const char *set, size_t count,
                    size_t chats, const char *group);

#endif
