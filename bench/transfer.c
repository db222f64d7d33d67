/* transfer.c: files going up or coming down, many at once, as fast as they can.
 * One thread, bare epoll; what comes is thrown away, what goes is one buffer
 * of random bytes again and again. It drives any HTTP server: the path of each
 * client may hold its number (%d), and anything may be sent as a header. */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"
#include "proc.h"

#define CLIENTS_MAX 4096
#define BUFFER_BYTES ((size_t)1 << 20)
#define HEAD_MAX 8192
#define SAMPLE_NS (100 * NS_PER_MS)
#define PATIENCE_NS (300 * NS_PER_S)

struct client {
    int fd;
    size_t number;
    char head[HEAD_MAX]; /* of the request, then of the answer */
    size_t head_size, head_sent;
    int64_t body_left; /* to be sent, or to come */
    bool answering;    /* the request has left */
    bool headed;       /* the answer's head has come */
    bool done;
};

struct run {
    const char *path;
    const char *headers; /* whole lines, with CR LF */
    struct sockaddr_storage address;
    socklen_t address_size;
    bool upload;
    int64_t bytes;
    size_t count, finished, failed;
    int64_t moved;
    int epoll;
    char *buffer;
    struct proc_set pids;
    int64_t rss_peak_kib;
    struct client clients[CLIENTS_MAX];
};

static void address_find(struct run *run, const char *target)
{
    char host[256];
    const char *colon = strrchr(target, ':');
    struct addrinfo *found;
    if (colon == NULL || (size_t)(colon - target) >= sizeof host)
        die("--target wants host:port");
    snprintf(host, sizeof host, "%.*s", (int)(colon - target), target);
    if (getaddrinfo(host, colon + 1, &(struct addrinfo){ .ai_socktype = SOCK_STREAM }, &found) != 0)
        die("%s is not found", target);
    memcpy(&run->address, found->ai_addr, found->ai_addrlen);
    run->address_size = found->ai_addrlen;
    freeaddrinfo(found);
}

static void request_make(struct run *run, struct client *client)
{
    char path[1024];
    const char *at = strstr(run->path, "%d");
    if (at == NULL)
        snprintf(path, sizeof path, "%s", run->path);
    else
        snprintf(path, sizeof path, "%.*s%zu%s", (int)(at - run->path), run->path, client->number, at + 2);
    const char *method = !run->upload ? "GET" : strncmp(path, "/put/", 5) == 0 ? "PUT" : "POST";
    int size =
        snprintf(client->head, sizeof client->head, "%s %s HTTP/1.1\r\nHost: bench\r\n%s", method, path, run->headers);
    if (run->upload)
        size += snprintf(client->head + size, sizeof client->head - (size_t)size, "Content-Length: %lld\r\n",
                         (long long)run->bytes);
    size += snprintf(client->head + size, sizeof client->head - (size_t)size, "\r\n");
    client->head_size = (size_t)size;
    client->body_left = run->upload ? run->bytes : 0;
}

static void client_begin(struct run *run, size_t number)
{
    struct client *client = &run->clients[number];
    client->number = number;
    client->fd = socket(run->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&run->address, run->address_size) < 0)
        die("no connection: %s", strerror(errno));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    request_make(run, client);
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT, .data.ptr = client };
    epoll_ctl(run->epoll, EPOLL_CTL_ADD, client->fd, &event);
}

static void client_end(struct run *run, struct client *client, bool well)
{
    if (client->done)
        return;
    client->done = true;
    close(client->fd);
    run->finished++;
    if (!well && run->failed++ == 0)
        fprintf(stderr, "a transfer failed, %lld bytes left: %.200s\n", (long long)client->body_left, client->head);
}

/* A buffer at a time, so that all have their turn. */
static void client_send(struct run *run, struct client *client)
{
    ssize_t put;
    if (client->head_sent < client->head_size) {
        put = send(client->fd, client->head + client->head_sent, client->head_size - client->head_sent,
                   MSG_NOSIGNAL | MSG_DONTWAIT | (client->body_left > 0 ? MSG_MORE : 0));
        if (put > 0)
            client->head_sent += (size_t)put;
    } else {
        size_t size = client->body_left < (int64_t)BUFFER_BYTES ? (size_t)client->body_left : BUFFER_BYTES;
        put = send(client->fd, run->buffer, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put > 0) {
            client->body_left -= put;
            run->moved += put;
        }
    }
    if (put < 0 && errno != EAGAIN && errno != EINTR)
        client_end(run, client, false);
    if (client->done || client->head_sent < client->head_size || client->body_left > 0)
        return;
    client->answering = true;
    client->head_size = 0;
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = client };
    epoll_ctl(run->epoll, EPOLL_CTL_MOD, client->fd, &event);
}

/* The head of the answer; what of its body came with it counts. */
static void head_take(struct run *run, struct client *client)
{
    ssize_t got =
        recv(client->fd, client->head + client->head_size, sizeof client->head - 1 - client->head_size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        client_end(run, client, false);
        return;
    }
    client->head_size += (size_t)got;
    client->head[client->head_size] = '\0';
    const char *end = strstr(client->head, "\r\n\r\n");
    if (end == NULL)
        return;
    const char *length = strcasestr(client->head, "\r\nContent-Length:");
    if (client->head[9] != '2' || length == NULL) {
        client_end(run, client, client->head[9] == '2');
        return;
    }
    int64_t came = (int64_t)client->head_size - (end + 4 - client->head);
    client->headed = true;
    client->body_left = strtoll(length + 17, NULL, 10) - came;
    if (!run->upload)
        run->moved += came;
    else if (client->body_left == 0 && strstr(end, "\"code\":") != NULL && strstr(end, "\"code\":0") == NULL)
        client_end(run, client, false);
    if (client->body_left <= 0)
        client_end(run, client, true);
}

static void body_take(struct run *run, struct client *client)
{
    size_t size = client->body_left < (int64_t)BUFFER_BYTES ? (size_t)client->body_left : BUFFER_BYTES;
    ssize_t got = recv(client->fd, run->buffer, size, MSG_DONTWAIT | MSG_TRUNC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        client_end(run, client, false);
        return;
    }
    client->body_left -= got;
    if (!run->upload)
        run->moved += got;
    if (client->body_left == 0)
        client_end(run, client, true);
}

static void sample(struct run *run)
{
    int64_t kib = proc_rss_kib(&run->pids);
    if (kib > run->rss_peak_kib)
        run->rss_peak_kib = kib;
}

static void transfer_all(struct run *run, int64_t begin)
{
    struct epoll_event events[256];
    int64_t sampled = 0;
    while (run->finished < run->count) {
        int64_t now = now_ns();
        int ready = epoll_wait(run->epoll, events, 256, 50);
        if (now - begin > PATIENCE_NS)
            die("not finished after five minutes");
        for (int i = 0; i < ready; i++) {
            struct client *client = events[i].data.ptr;
            if (client->done)
                continue;
            if ((events[i].events & EPOLLIN) != 0 && !client->answering) {
                client->answering = true; /* Refused before all was sent. */
                client->head_size = 0;
            }
            if (!client->answering)
                client_send(run, client);
            else if (!client->headed)
                head_take(run, client);
            else
                body_take(run, client);
        }
        if (now - sampled >= SAMPLE_NS) {
            sampled = now;
            sample(run);
        }
    }
}

int main(int argc, char **argv)
{
    struct run *run = alloc(sizeof *run);
    struct proc_set self;
    const char *target = NULL;
    run->path = "/";
    run->headers = "";
    run->count = 1;
    run->bytes = 1 << 20;
    for (int i = 1; i < argc; i++) {
        const char *value = strchr(argv[i], '=');
        value = value == NULL ? "" : value + 1;
        if (strcmp(argv[i], "upload") == 0)
            run->upload = true;
        else if (strncmp(argv[i], "--target=", 9) == 0)
            target = value;
        else if (strncmp(argv[i], "--path=", 7) == 0)
            run->path = value;
        else if (strncmp(argv[i], "--headers=", 10) == 0)
            run->headers = value;
        else if (strncmp(argv[i], "--clients=", 10) == 0)
            run->count = strtoul(value, NULL, 10);
        else if (strncmp(argv[i], "--bytes=", 8) == 0)
            run->bytes = strtoll(value, NULL, 10);
        else if (strncmp(argv[i], "--pid=", 6) != 0 || !proc_set_parse(&run->pids, value))
            if (strcmp(argv[i], "download") != 0)
                die("usage: transfer upload|download --target=host:port --path=/… --headers=… --clients=N --bytes=N "
                    "--pid=N,…");
    }
    if (target == NULL || run->count < 1 || run->count > CLIENTS_MAX || run->pids.count == 0)
        die("--target and --pid are wanted, and 1 to %d clients", CLIENTS_MAX);
    address_find(run, target);
    struct rng rng;
    rng_seed(&rng, 1);
    run->buffer = alloc(BUFFER_BYTES);
    for (size_t i = 0; i < BUFFER_BYTES / 8; i++)
        ((uint64_t *)(void *)run->buffer)[i] = rng_next(&rng);
    run->epoll = epoll_create1(EPOLL_CLOEXEC);
    proc_set_self(&self);
    int64_t rss_before = proc_rss_kib(&run->pids);
    int64_t cpu = proc_cpu_us(&run->pids);
    int64_t own = proc_cpu_us(&self);
    int64_t begin = now_ns();
    for (size_t i = 0; i < run->count; i++)
        client_begin(run, i);
    transfer_all(run, begin);
    double seconds = (double)(now_ns() - begin) / (double)NS_PER_S;
    sample(run);
    printf("{\"scenario\":\"%s\",\"clients\":%zu,\"bytes\":%lld,\"failed\":%zu,\"seconds\":%.3f,\"mb_per_s\":%.1f,"
           "\"server_cpu_s\":%.2f,\"own_cpu_s\":%.2f,\"rss_before_kib\":%lld,\"rss_peak_kib\":%lld}\n",
           run->upload ? "upload" : "download", run->count, (long long)run->moved, run->failed, seconds,
           (double)run->moved / 1e6 / seconds, (double)(proc_cpu_us(&run->pids) - cpu) / 1e6,
           (double)(proc_cpu_us(&self) - own) / 1e6, (long long)rss_before, (long long)run->rss_peak_kib);
    return run->failed == 0 ? 0 : 1;
}
