/* cut_fixture.c: one thread, a poll over at most a few pairs of sockets. */
#include "cut_fixture.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/mem.h"

#define PAIRS_MAX 8
#define CHUNK 65536

struct pair {
    int client;
    int server; /* -1 both: free */
};

struct cut {
    pthread_t thread;
    int listener;
    int to_port;
    atomic_bool ending;
    pthread_mutex_t lock;
    enum cut_at at;
    char text[64];
    struct pair pairs[PAIRS_MAX];
};

static int connected(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void pair_close(struct pair *pair)
{
    close(pair->client);
    close(pair->server);
    *pair = (struct pair){ -1, -1 };
}

static void accept_one(struct cut *cut)
{
    int client = accept(cut->listener, NULL, NULL);
    for (size_t i = 0; client >= 0 && i < PAIRS_MAX; i++) {
        if (cut->pairs[i].client >= 0)
            continue;
        cut->pairs[i] = (struct pair){ client, connected(cut->to_port) };
        if (cut->pairs[i].server < 0)
            pair_close(&cut->pairs[i]);
        return;
    }
}

static enum cut_at cut_now(struct cut *cut, const char *bytes, size_t size)
{
    enum cut_at at = CUT_NEVER;
    pthread_mutex_lock(&cut->lock);
    if (cut->at != CUT_NEVER && memmem(bytes, size, cut->text, strlen(cut->text)) != NULL) {
        at = cut->at;
        cut->at = CUT_NEVER;
    }
    pthread_mutex_unlock(&cut->lock);
    return at;
}

/* The server has taken all of it and answered, or hung up. */
static void wait_answer(int fd)
{
    char byte;
    (void)!recv(fd, &byte, 1, MSG_PEEK);
}

static void carry(struct cut *cut, struct pair *pair, bool from_client)
{
    char bytes[CHUNK];
    ssize_t size = recv(from_client ? pair->client : pair->server, bytes, sizeof bytes, 0);
    if (size <= 0) {
        pair_close(pair);
        return;
    }
    enum cut_at at = from_client ? cut_now(cut, bytes, (size_t)size) : CUT_NEVER;
    if (at == CUT_BEFORE) {
        pair_close(pair);
        return;
    }
    (void)!send(from_client ? pair->server : pair->client, bytes, (size_t)size, MSG_NOSIGNAL);
    if (at == CUT_AFTER) {
        wait_answer(pair->server);
        pair_close(pair);
    }
}

static void *run(void *argument)
{
    struct cut *cut = argument;
    while (!atomic_load(&cut->ending)) {
        struct pollfd polled[1 + 2 * PAIRS_MAX];
        polled[0] = (struct pollfd){ .fd = cut->listener, .events = POLLIN };
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            polled[1 + 2 * i] = (struct pollfd){ .fd = cut->pairs[i].client, .events = POLLIN };
            polled[2 + 2 * i] = (struct pollfd){ .fd = cut->pairs[i].server, .events = POLLIN };
        }
        if (poll(polled, 1 + 2 * PAIRS_MAX, 20) <= 0)
            continue;
        for (size_t i = 0; i < PAIRS_MAX; i++) {
            struct pair *pair = &cut->pairs[i];
            if (polled[1 + 2 * i].revents != 0 && pair->client >= 0)
                carry(cut, pair, true);
            else if (polled[2 + 2 * i].revents != 0 && pair->client >= 0)
                carry(cut, pair, false);
        }
        if (polled[0].revents != 0)
            accept_one(cut);
    }
    return NULL;
}

struct cut *cut_new(int to_port, int *port)
{
    struct cut *cut = mem_zalloc(sizeof *cut);
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    cut->to_port = to_port;
    cut->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(cut->listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(cut->listener, 8) != 0)
        abort();
    getsockname(cut->listener, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        cut->pairs[i] = (struct pair){ -1, -1 };
    pthread_mutex_init(&cut->lock, NULL);
    pthread_create(&cut->thread, NULL, run, cut);
    return cut;
}

void cut_set(struct cut *cut, enum cut_at at, const char *text)
{
    pthread_mutex_lock(&cut->lock);
    cut->at = at;
    memcpy(cut->text, text, strlen(text) + 1);
    pthread_mutex_unlock(&cut->lock);
}

void cut_free(struct cut **out)
{
    struct cut *cut = *out;
    atomic_store(&cut->ending, true);
    pthread_join(cut->thread, NULL);
    for (size_t i = 0; i < PAIRS_MAX; i++)
        if (cut->pairs[i].client >= 0)
            pair_close(&cut->pairs[i]);
    close(cut->listener);
    pthread_mutex_destroy(&cut->lock);
    free(cut);
    *out = NULL;
}
