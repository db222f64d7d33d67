/* cut_fixture.h: a connection that breaks at a chosen moment: a proxy in front of the MySQL server of the tests. */
#ifndef IM_TEST_CUT_FIXTURE_H
#define IM_TEST_CUT_FIXTURE_H

struct cut;

enum cut_at {
    CUT_NEVER,
    CUT_BEFORE, /* the packet with that text never reaches the server */
    CUT_AFTER,  /* it does, and its answer never comes back */
};

/* Listens on 127.0.0.1 and connects each who comes to that port. */
struct cut *cut_new(int to_port, int *port);
/* At the next packet from a client that holds text, once. */
void cut_set(struct cut *cut, enum cut_at at, const char *text);
void cut_free(struct cut **cut);

#endif
