/* child.c: starting, talking, ending. */
#include "os/child.h"

#include "os/clock.h"
#include "os/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "/proc/self/exe" /* also when its file was replaced meanwhile */

static enum err failed(const char *call, int code)
{
    log_error("child", "a system call failed", LOG_TEXT("call", call), LOG_TEXT("error", strerror(code)));
    return ERR_SYSTEM;
}

static int spawn(const char *const *arguments, const char *const *environment, int fd, pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    int code = posix_spawn_file_actions_adddup2(&actions, fd, CHILD_FD);
    if (code == 0)
        code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (code == 0)
        code = posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (code == 0) /* It takes char *const, and changes nothing. */
        code = posix_spawn(pid, PROGRAM, &actions, &attributes, (char *const *)arguments, (char *const *)environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

enum err child_start(const char *const *arguments, const char *const *environment, struct child *child)
{
    int fds[2];
    *child = (struct child){ .fd = -1 };
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
        return failed("socketpair", errno);
    int code = spawn(arguments, environment, fds[1], &child->pid);
    close(fds[1]);
    if (code != 0) {
        close(fds[0]);
        child->pid = 0;
        return failed("posix_spawn", code);
    }
    child->fd = fds[0];
    return OK;
}

void child_end(struct child *child)
{
    if (child->pid == 0)
        return;
    close(child->fd);
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *child = (struct child){ .fd = -1 };
}

enum err child_settle(void)
{
    int type = 0;
    socklen_t size = sizeof(type);
    if (getsockopt(CHILD_FD, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_SEQPACKET)
        return ERR_ARG;
    /* Who died before this was heard has closed the socket. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    (void)syscall(SYS_close_range, CHILD_FD + 1, ~0u, 0);
    return OK;
}

enum err child_send(int fd, const void *message, size_t size, const int *fds, size_t fd_count)
{
    union {
        char bytes[CMSG_SPACE(CHILD_FDS_MAX * sizeof(int))];
        struct cmsghdr aligned;
    } control = { .bytes = { 0 } };
    struct iovec part = { .iov_base = (void *)message, .iov_len = size };
    struct msghdr head = { .msg_iov = &part, .msg_iovlen = 1 };
    if (fd_count > CHILD_FDS_MAX)
        return ERR_ARG;
    if (fd_count > 0) {
        head.msg_control = control.bytes;
        head.msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
        struct cmsghdr *rights = CMSG_FIRSTHDR(&head);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
        memcpy(CMSG_DATA(rights), fds, fd_count * sizeof(int));
    }
    ssize_t put;
    do
        put = sendmsg(fd, &head, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    return put == (ssize_t)size ? OK : ERR_CLOSED;
}

/* Whether there is something to read, or an end. */
static enum err wait_for(int fd, int64_t timeout_ms)
{
    int64_t end = timeout_ms < 0 ? 0 : clock_mono_ms() + timeout_ms;
    for (;;) {
        struct pollfd waiting = { .fd = fd, .events = POLLIN };
        int64_t left = timeout_ms < 0 ? -1 : end - clock_mono_ms();
        if (timeout_ms >= 0 && left < 0)
            left = 0;
        int ready = poll(&waiting, 1, left > 3600000 ? 3600000 : (int)left);
        if (ready > 0)
            return OK;
        if (ready < 0 && errno != EINTR)
            return ERR_CLOSED;
        if (ready == 0 && timeout_ms >= 0 && clock_mono_ms() >= end)
            return ERR_TIMEOUT;
    }
}

/* The descriptors of a message; all are closed unless they are as many as expected. */
static enum err rights_take(struct msghdr *head, int *fds, size_t fd_count)
{
    size_t got = 0;
    int found[CHILD_FDS_MAX];
    for (struct cmsghdr *rights = CMSG_FIRSTHDR(head); rights != NULL; rights = CMSG_NXTHDR(head, rights)) {
        if (rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
            continue;
        got = (rights->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        memcpy(found, CMSG_DATA(rights), got * sizeof(int));
        break;
    }
    if (got == fd_count) {
        for (size_t i = 0; i < got; i++)
            fds[i] = found[i];
        return OK;
    }
    for (size_t i = 0; i < got; i++)
        close(found[i]);
    return ERR_PARSE;
}

enum err child_receive(int fd, void *message, size_t size, int *fds, size_t fd_count, int64_t timeout_ms)
{
    union {
        char bytes[CMSG_SPACE(CHILD_FDS_MAX * sizeof(int))];
        struct cmsghdr aligned;
    } control;
    struct iovec part = { .iov_base = message, .iov_len = size };
    struct msghdr head = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)
    };
    enum err err = wait_for(fd, timeout_ms);
    if (err != OK)
        return err;
    ssize_t got;
    do
        got = recvmsg(fd, &head, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return ERR_CLOSED;
    err = rights_take(&head, fds, fd_count);
    return err == OK && ((size_t)got != size || (head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) ? ERR_PARSE : err;
}
