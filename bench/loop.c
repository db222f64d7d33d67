/* loop.c: the turn. Reads first, writes last, each socket once, so that many
 * messages for one socket leave in one send as they do in the server. */
#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 512
#define CONNECTIONS_PER_SOURCE 8000 /* past half of an address's ephemeral ports, finding a free one gets slow */

static void conn_fail(struct conn *conn, const char *why)
{
    conn_close(conn, true);
    if (conn->kind->closed != NULL)
        conn->kind->closed(conn, why);
}

void loop_init(struct loop *loop, const char *host, const int *ports, size_t port_count)
{
    *loop = (struct loop){ .epoll = epoll_create1(EPOLL_CLOEXEC), .host = host };
    loop->port = ports[0];
    loop->ports = ports;
    loop->port_count = port_count;
    if (loop->epoll < 0)
        die("epoll_create1: %s", strerror(errno));
    loop->scratch = alloc(LOOP_LEFT_MAX + LOOP_READ);
}

void loop_release(struct loop *loop)
{
    close(loop->epoll);
    free(loop->scratch);
    loop->scratch = NULL;
}

static void conn_watch(struct conn *conn, int op, bool write)
{
    struct epoll_event event = { .events = EPOLLIN | (write ? (uint32_t)EPOLLOUT : 0U), .data.ptr = conn };
    if (epoll_ctl(conn->loop->epoll, op, conn->fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
    conn->want_write = write;
}

/* One address has some 28,000 ports towards one server; 127/8 has many. */
static void conn_bind_source(struct loop *loop, int fd)
{
    uint64_t block = loop->sources++ / CONNECTIONS_PER_SOURCE;
    if (strncmp(loop->host, "127.", 4) != 0)
        return;
    int one = 1;
    struct sockaddr_in from = { .sin_family = AF_INET };
    from.sin_addr.s_addr = htonl(0x7f000001U + (uint32_t)(block % 200));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&from, sizeof from) != 0)
        die("bind: %s", strerror(errno));
}

void conn_open(struct conn *conn, struct loop *loop, uint64_t place, const struct conn_kind *kind)
{
    int port = loop->ports[(place + place / loop->port_count) % loop->port_count];
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    if (inet_pton(AF_INET, loop->host, &to.sin_addr) != 1)
        die("%s is not an IPv4 address", loop->host);
    conn->loop = loop;
    conn->kind = kind;
    conn->left_size = conn->out_size = conn->out_sent = 0;
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (conn->fd < 0)
        die("socket: %s (raise `ulimit -n`)", strerror(errno));
    int one = 1;
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    conn_bind_source(loop, conn->fd);
    int err = connect(conn->fd, (struct sockaddr *)&to, sizeof to) == 0 ? 0 : errno;
    conn->connecting = true;
    conn_watch(conn, EPOLL_CTL_ADD, true);
    if (err != 0 && err != EINPROGRESS)
        conn_fail(conn, strerror(err));
}

/* Its memory may be freed right after a close. */
static void conn_undirty(struct conn *conn)
{
    struct conn **at = &conn->loop->dirty;
    while (*at != NULL && *at != conn)
        at = &(*at)->dirty_next;
    if (*at != NULL)
        *at = conn->dirty_next;
    conn->dirty = false;
}

void conn_close(struct conn *conn, bool reset)
{
    if (conn->fd < 0)
        return;
    if (conn->dirty)
        conn_undirty(conn);
    if (reset) {
        struct linger linger = { .l_onoff = 1, .l_linger = 0 };
        setsockopt(conn->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    close(conn->fd);
    conn->fd = -1;
    free(conn->left);
    free(conn->out);
    conn->left = conn->out = NULL;
    conn->left_size = conn->left_capacity = 0;
    conn->out_size = conn->out_sent = conn->out_capacity = 0;
}

char *conn_reserve(struct conn *conn, size_t size)
{
    if (conn->out_size + size > LOOP_OUT_MAX) {
        conn->loop->write_failed = true;
        return NULL;
    }
    if (conn->out_size + size > conn->out_capacity) {
        size_t capacity = conn->out_capacity == 0 ? 512 : conn->out_capacity;
        while (capacity < conn->out_size + size)
            capacity *= 2;
        conn->out = grow(conn->out, capacity);
        conn->out_capacity = (uint32_t)capacity;
    }
    if (!conn->dirty) {
        conn->dirty = true;
        conn->dirty_next = conn->loop->dirty;
        conn->loop->dirty = conn;
    }
    char *room = conn->out + conn->out_size;
    conn->out_size += (uint32_t)size;
    return room;
}

void conn_write(struct conn *conn, const void *bytes, size_t size)
{
    char *room = conn_reserve(conn, size);
    if (room != NULL)
        memcpy(room, bytes, size);
}

static void conn_flush(struct conn *conn)
{
    if (conn->fd < 0 || conn->connecting || conn->out_size == 0)
        return;
    ssize_t sent = send(conn->fd, conn->out + conn->out_sent, conn->out_size - conn->out_sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        conn_fail(conn, strerror(errno));
        return;
    }
    conn->loop->sends++;
    if (sent > 0) {
        conn->out_sent += (uint32_t)sent;
        conn->loop->bytes_out += (uint64_t)sent;
    }
    bool rest = conn->out_sent < conn->out_size;
    if (!rest)
        conn->out_size = conn->out_sent = 0;
    if (rest != conn->want_write)
        conn_watch(conn, EPOLL_CTL_MOD, rest);
}

/* Sockets dirtied while flushing (a failure told its owner, who wrote elsewhere) wait for the next turn. */
static void loop_flush(struct loop *loop)
{
    struct conn *conn = loop->dirty;
    loop->dirty = NULL;
    while (conn != NULL) {
        struct conn *next = conn->dirty_next;
        conn->dirty = false;
        conn_flush(conn);
        conn = next;
    }
}

static void conn_keep_left(struct conn *conn, const char *bytes, size_t size)
{
    if (size > LOOP_LEFT_MAX)
        die("the server sent a frame or head of more than %u bytes", LOOP_LEFT_MAX);
    if (size > conn->left_capacity) {
        conn->left = grow(conn->left, size);
        conn->left_capacity = (uint32_t)size;
    }
    if (size > 0)
        memcpy(conn->left, bytes, size);
    conn->left_size = (uint32_t)size;
}

static void conn_read(struct conn *conn)
{
    struct loop *loop = conn->loop;
    size_t left = conn->left_size;
    ssize_t got = recv(conn->fd, loop->scratch + left, LOOP_READ, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        conn_fail(conn, got == 0 ? "closed by the server" : strerror(errno));
        return;
    }
    loop->receives++;
    loop->bytes_in += (uint64_t)got;
    if (left > 0)
        memcpy(loop->scratch, conn->left, left);
    size_t size = left + (size_t)got;
    size_t used = conn->kind->bytes(conn, loop->scratch, size, now_ns());
    if (conn->fd >= 0)
        conn_keep_left(conn, loop->scratch + used, size - used);
}

static void conn_connected(struct conn *conn)
{
    int err = 0;
    socklen_t size = sizeof err;
    getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &err, &size);
    if (err != 0) {
        conn_fail(conn, strerror(err));
        return;
    }
    conn->connecting = false;
    conn_watch(conn, EPOLL_CTL_MOD, false);
    conn->kind->opened(conn);
    if (conn->fd >= 0)
        conn_flush(conn); /* what was written while connecting */
}

static void loop_event(const struct epoll_event *event)
{
    struct conn *conn = event->data.ptr;
    if (conn->fd < 0)
        return;
    if (conn->connecting) {
        if ((event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0)
            conn_connected(conn);
        return;
    }
    if ((event->events & EPOLLOUT) != 0)
        conn_flush(conn);
    if (conn->fd >= 0 && (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
        conn_read(conn);
}

static void loop_wait(struct loop *loop, int64_t ns)
{
    struct epoll_event events[EVENTS_MAX];
    struct timespec timeout = { .tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S) };
    int count = epoll_pwait2(loop->epoll, events, EVENTS_MAX, &timeout, NULL);
    if (count < 0 && errno != EINTR)
        die("epoll_pwait2: %s", strerror(errno));
    for (int i = 0; i < count; i++)
        loop_event(&events[i]);
}

bool loop_run(struct loop *loop, loop_tick *tick, void *context, int64_t deadline)
{
    for (;;) {
        int64_t now = now_ns();
        int64_t wake = tick(context, now);
        if (wake == LOOP_DONE)
            return true;
        if (now >= deadline)
            return false;
        loop_flush(loop);
        int64_t until = wake < deadline ? wake : deadline;
        int64_t wait = until - now;
        if (wait > NS_PER_S)
            wait = NS_PER_S;
        if (loop->dirty != NULL)
            wait = 0;
        loop_wait(loop, wait < 0 ? 0 : wait);
    }
}
