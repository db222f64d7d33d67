/* child.h: this program once more, as a process that does one kind of work,
 * and the socket between the two. Messages are whole (SOCK_SEQPACKET), and
 * carry descriptors (SCM_RIGHTS, unix(7)). Everything here may block. */
#ifndef IM_OS_CHILD_H
#define IM_OS_CHILD_H

#include "util/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_FD 3 /* the child's end */
#define CHILD_FDS_MAX 8

struct child {
    pid_t pid; /* 0: none */
    int fd;
};

/* Starts it with these arguments (NULL ends them) and this environment. It has /dev/null as its input and output, our
 * stderr, CHILD_FD, and nothing else. ERR_SYSTEM. */
enum err child_start(const char *const *arguments, const char *const *environment, struct child *child);
/* Kills it, if it is there, and waits for its end. */
void child_end(struct child *child);

/* In the child, first: it dies with whoever started it, and takes no signals meant for that one. ERR_ARG: nobody of
 * ours started this process. */
enum err child_settle(void);

/* One message. ERR_CLOSED: nobody is there. */
enum err child_send(int fd, const void *message, size_t size, const int *fds, size_t fd_count);
/* The next message, of exactly that size, with as many descriptors. timeout_ms -1: for ever. ERR_TIMEOUT, ERR_CLOSED;
 * ERR_PARSE: any other message, which is gone. */
enum err child_receive(int fd, void *message, size_t size, int *fds, size_t fd_count, int64_t timeout_ms);

#endif
