/* account.h: the people of a load, and what ties them together.
 * An account's name is made of the prefix, the letter of its set and its
 * number, so every run finds the same ones again. */
#ifndef IM_BENCH_ACCOUNT_H
#define IM_BENCH_ACCOUNT_H

#include "loop.h"
#include "options.h"
#include "state.h"

#define PASSWORD "bench123"

struct account {
    char email[48];
    char token[64];
};

struct accounts {
    const struct options *options;
    struct loop *loop;
    struct state *state;
    const char *set; /* "p", "g", "i", … */
    struct account *rows;
    size_t count;
};

enum naming { NAMES_SINGLE, NAMES_PAIRED /* 2k is <k>a, 2k + 1 is <k>b */ };

/* Everybody registered or logged in, with a token. On a floor: named only. */
void accounts_prepare(struct accounts *accounts, const struct options *options, struct loop *loop, struct state *state,
                      const char *set, size_t count, enum naming naming);
void accounts_release(struct accounts *accounts);

/* 2k and 2k + 1 become friends. */
void accounts_pair_up(struct accounts *accounts);
/* Each becomes a friend of the chats / 2 next ones, and so of the ones before: chats in all. */
void accounts_ring(struct accounts *accounts, size_t chats);
/* All in one group, made by the first; its id. */
void accounts_group(struct accounts *accounts, char id[32]);

#endif
