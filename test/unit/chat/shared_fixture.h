/* shared_fixture.h: two nodes over one store, and what each of them hears. */
#ifndef IM_TEST_SHARED_FIXTURE_H
#define IM_TEST_SHARED_FIXTURE_H

#include "core_fixture.h"

#define A "a@x.cc"
#define B "b@x.cc"
#define WAIT_MS 10000

struct pair {
    struct node *first;
    struct node *second;
    int64_t a, b;
};

struct pair pair_start(void);
/* Who sleeps for less than that is not taken for dead. */
struct pair pair_start_leased(int64_t lease_ms);
/* Neither looks by itself. carries: rows go along with hints, which the test hands on. */
struct pair pair_asleep(bool carries);
void pair_free(struct pair *pair);
/* What the store says. */
int64_t first_number(struct pair *pair, const char *text);
/* Something is done to the store behind their backs. */
void store_forgets(struct pair *pair, const char *text);

/* Until the node knows of what the other committed. */
void follow(struct node *node, struct node *other);
/* How many such events its loops were told; actor 0: of anybody. online: of presence. */
size_t heard(struct node *node, enum event_type type, int64_t actor, bool online);
void await_heard(struct node *node, enum event_type type, int64_t actor, bool online, size_t count);

/* So many, without making it look. */
void await_messages(struct node *node, size_t count);

enum err send_text(struct node *node, int64_t user, const char *from, const char *to, const char *text);
enum err befriend_run(struct task *task, struct core_tx *tx); /* task->user, who is A, and B */
/* A session of the user's (A's) opens or closes. */
void here(struct node *node, int64_t user, bool opened);

#endif
