/* redis_server.h: a real redis-server of a test's own, and a server that only plays one. */
#ifndef IM_TEST_REDIS_SERVER_H
#define IM_TEST_REDIS_SERVER_H

#include <sys/types.h>

#include "util/str.h"

struct redis_server {
    pid_t pid;
    int port;
    const char *password; /* NULL: none */
};

/* port 0 takes a free one and keeps it; returns once it answers. */
void redis_server_start(struct redis_server *server);
void redis_server_kill(struct redis_server *server);
/* One command, its reply as text. false: refused, or nobody answers. */
bool redis_server_ask(const struct redis_server *server, size_t count, const char **words, char *out, size_t out_size);

/* Answers whoever connects with first, then with every piece that is sent to it by again, until it is stopped. */
struct fake_server {
    int fd;
    int port;
    unsigned long thread;
    struct str first;
    struct str again;
    _Atomic int connections;
    _Atomic bool ending;
};
void fake_server_start(struct fake_server *server, struct str first, struct str again);
void fake_server_stop(struct fake_server *server);

#endif
