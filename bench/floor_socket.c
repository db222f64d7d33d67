/* floor_socket.c: the least that sockets cost.
 * One thread, bare epoll, WebSocket frames of the sizes a server would send,
 * no JSON, no store, no accounts. It answers every /chat upgrade, and then
 * either sends each frame to its peer and back (the email's last letter before
 * the @ is swapped, a and b), or to everybody (--broadcast). A turn reads all
 * that is ready, then sends once per socket. What a server costs beyond this
 * is its own doing. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "ws.h"

#define EVENTS_MAX 512
#define READ_SIZE (256U << 10)
#define FRAME_MAX (64U << 10)
#define OUT_MAX (4U << 20)
/* What a server's frame has beyond the client's: "id":12345678, and ,"deleteTimestamp":0 */
#define PAD 34
#define CLIENTS_MAX 65536

struct buffer {
    char *ptr;
    size_t size, capacity, sent;
};

struct client {
    int fd;
    bool upgraded, dirty, waiting;
    struct client *peer, *dirty_next;
    size_t slot; /* in everybody */
    struct buffer in, out;
    char email[64];
};

struct server {
    int epoll, listener;
    bool broadcast;
    struct client *everybody[CLIENTS_MAX];
    size_t count;
    struct client *dirty;
    struct buffer turn; /* broadcast: what everybody gets this turn */
    char *scratch;
};

static void buffer_add(struct buffer *buffer, const void *bytes, size_t size)
{
    if (buffer->size + size > buffer->capacity) {
        buffer->capacity = buffer->capacity == 0 ? 1024 : buffer->capacity;
        while (buffer->capacity < buffer->size + size)
            buffer->capacity *= 2;
        buffer->ptr = grow(buffer->ptr, buffer->capacity);
    }
    memcpy(buffer->ptr + buffer->size, bytes, size);
    buffer->size += size;
}

static void buffer_free(struct buffer *buffer)
{
    free(buffer->ptr);
    *buffer = (struct buffer){ .ptr = NULL };
}

/* The frame as a server would send it: unmasked, PAD blanks longer. */
static void frame_add(struct buffer *out, const char *payload, size_t size)
{
    static const char BLANKS[PAD + 1] = "                                  ";
    unsigned char head[4];
    size_t length = size + PAD;
    size_t head_size = length < 126 ? 2 : 4;
    head[0] = 0x80U | WS_TEXT;
    head[1] = (unsigned char)(length < 126 ? length : 126);
    head[2] = (unsigned char)(length >> 8);
    head[3] = (unsigned char)length;
    buffer_add(out, head, head_size);
    buffer_add(out, payload, size);
    buffer_add(out, BLANKS, PAD);
}

static void watch(struct server *server, struct client *client, int op)
{
    struct epoll_event event = { .events = EPOLLIN | (client->waiting ? (uint32_t)EPOLLOUT : 0U), .data.ptr = client };
    if (epoll_ctl(server->epoll, op, client->fd, &event) != 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void mark_dirty(struct server *server, struct client *client)
{
    if (client->dirty)
        return;
    client->dirty = true;
    client->dirty_next = server->dirty;
    server->dirty = client;
}

/* Clients are freed between turns only: events of this turn may still name them. */
static void client_drop(struct server *server, struct client *client)
{
    if (client->fd < 0)
        return;
    close(client->fd);
    client->fd = -1;
    if (client->peer != NULL)
        client->peer->peer = NULL;
    client->peer = NULL;
    server->everybody[client->slot] = server->everybody[--server->count];
    server->everybody[client->slot]->slot = client->slot;
    mark_dirty(server, client);
}

static void client_flush(struct server *server, struct client *client)
{
    struct buffer *out = &client->out;
    ssize_t sent = send(client->fd, out->ptr + out->sent, out->size - out->sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        client_drop(server, client);
        return;
    }
    out->sent += sent > 0 ? (size_t)sent : 0;
    bool waiting = out->sent < out->size;
    if (!waiting)
        out->size = out->sent = 0;
    else if (out->size > OUT_MAX)
        client_drop(server, client);
    if (client->fd >= 0 && waiting != client->waiting) {
        client->waiting = waiting;
        watch(server, client, EPOLL_CTL_MOD);
    }
}

/* One buffer for all: nothing is copied unless a socket is full. */
static void broadcast_flush(struct server *server)
{
    struct buffer *turn = &server->turn;
    for (size_t i = server->count; turn->size > 0 && i > 0; i--) {
        struct client *client = server->everybody[i - 1];
        if (!client->upgraded)
            continue;
        ssize_t sent = client->out.size > 0 ? 0 : send(client->fd, turn->ptr, turn->size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            client_drop(server, client);
            continue;
        }
        size_t done = sent > 0 ? (size_t)sent : 0;
        if (done < turn->size) {
            buffer_add(&client->out, turn->ptr + done, turn->size - done);
            mark_dirty(server, client);
        }
    }
    turn->size = 0;
}

static void server_flush(struct server *server)
{
    broadcast_flush(server);
    while (server->dirty != NULL) {
        struct client *client = server->dirty;
        server->dirty = client->dirty_next;
        client->dirty = false;
        if (client->fd >= 0 && client->out.size > 0)
            client_flush(server, client);
        if (client->fd < 0 && !client->dirty) {
            buffer_free(&client->in);
            buffer_free(&client->out);
            free(client);
        }
    }
}

/* Connects are rare beside messages, so a scan finds a peer. */
static void peer_find(struct server *server, struct client *client)
{
    char wanted[sizeof client->email];
    memcpy(wanted, client->email, sizeof wanted);
    char *at = strchr(wanted, '@');
    if (server->broadcast || at == NULL || at == wanted || (at[-1] != 'a' && at[-1] != 'b'))
        return;
    at[-1] = at[-1] == 'a' ? 'b' : 'a';
    for (size_t i = server->count; i > 0; i--) {
        struct client *other = server->everybody[i - 1];
        if (other->upgraded && other->peer == NULL && strcmp(other->email, wanted) == 0) {
            client->peer = other;
            other->peer = client;
            return;
        }
    }
}

static size_t client_upgrade(struct server *server, struct client *client, const char *bytes, size_t size)
{
    static const char REPLY[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: " WS_ACCEPT "\r\n\r\n";
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    if (end == NULL)
        return 0;
    const char *email = memmem(bytes, (size_t)(end - bytes), "email=", 6);
    size_t length = email == NULL ? 0 : strcspn(email + 6, "& ");
    if (length == 0 || length >= sizeof client->email) {
        client_drop(server, client);
        return size;
    }
    memcpy(client->email, email + 6, length);
    client->upgraded = true;
    peer_find(server, client);
    buffer_add(&client->out, REPLY, sizeof REPLY - 1);
    mark_dirty(server, client);
    return (size_t)(end - bytes) + 4;
}

/* One masked frame; 0: not all there. Only text frames go anywhere. */
static size_t client_frame(struct server *server, struct client *client, char *bytes, size_t size)
{
    unsigned char *in = (unsigned char *)bytes;
    if (size < 6)
        return 0;
    size_t length = in[1] & 0x7fU;
    size_t head = length == 126 ? 8 : 6;
    if (size < head)
        return 0;
    if (length == 126)
        length = (size_t)in[2] << 8 | in[3];
    if ((in[1] & 0x80U) == 0 || length == 127 || (in[0] & 0x0fU) == WS_CLOSE) {
        client_drop(server, client);
        return size;
    }
    if (size < head + length)
        return 0;
    uint32_t mask;
    memcpy(&mask, in + head - 4, 4);
    ws_mask(in + head, length, mask);
    if ((in[0] & 0x0fU) != WS_TEXT)
        return head + length;
    if (server->broadcast) {
        frame_add(&server->turn, bytes + head, length);
    } else {
        frame_add(&client->out, bytes + head, length);
        mark_dirty(server, client);
        if (client->peer != NULL) {
            frame_add(&client->peer->out, bytes + head, length);
            mark_dirty(server, client->peer);
        }
    }
    return head + length;
}

static void client_read(struct server *server, struct client *client)
{
    size_t left = client->in.size;
    ssize_t got = recv(client->fd, server->scratch + left, READ_SIZE, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        client_drop(server, client);
        return;
    }
    if (left > 0)
        memcpy(server->scratch, client->in.ptr, left);
    size_t size = left + (size_t)got, used = 0, step = 1;
    while (client->fd >= 0 && used < size && step > 0) {
        char *at = server->scratch + used;
        step = client->upgraded ? client_frame(server, client, at, size - used)
                                : client_upgrade(server, client, at, size - used);
        used += step;
    }
    client->in.size = 0;
    if (size - used > FRAME_MAX)
        client_drop(server, client);
    else if (used < size)
        buffer_add(&client->in, server->scratch + used, size - used);
}

static void server_accept(struct server *server)
{
    for (int i = 0; i < 64; i++) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (server->count == CLIENTS_MAX) {
            close(fd);
            return;
        }
        int one = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct client *client = alloc(sizeof *client);
        client->fd = fd;
        client->slot = server->count;
        server->everybody[server->count++] = client;
        watch(server, client, EPOLL_CTL_ADD);
    }
}

static void server_turn(struct server *server)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(server->epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < count; i++) {
        struct client *client = events[i].data.ptr;
        if (client == NULL) {
            server_accept(server);
            continue;
        }
        if (client->fd >= 0 && (events[i].events & EPOLLOUT) != 0)
            client_flush(server, client);
        if (client->fd >= 0 && (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            client_read(server, client);
    }
    server_flush(server);
}

static void server_listen(struct server *server, int port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = NULL };
    socklen_t size = sizeof at;
    int one = 1;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (server->epoll < 0 || bind(server->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(server->listener, 4096) != 0 || getsockname(server->listener, (struct sockaddr *)&at, &size) != 0 ||
        epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event) != 0)
        die("cannot listen on port %d: %s", port, strerror(errno));
    printf("listening 127.0.0.1:%d\n", ntohs(at.sin_port));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct server server;
    struct rlimit limit;
    int port = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--broadcast") == 0)
            server.broadcast = true;
        else if (strncmp(argv[i], "--port=", 7) == 0)
            port = atoi(argv[i] + 7);
        else
            die("floor_socket [--port=N] [--broadcast]");
    }
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    server.scratch = alloc(READ_SIZE + FRAME_MAX);
    server_listen(&server, port);
    for (;;)
        server_turn(&server);
}
