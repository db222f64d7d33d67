/* redis_server.c: processes and sockets of the router's tests. */
#include "unit.h"

#include "redis_server.h"

#include <arpa/inet.h>
#include <hiredis.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int listen_free(int *port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

static redisContext *dial(const struct redis_server *server)
{
    struct timeval limit = { .tv_sec = 2 };
    redisContext *redis = redisConnectWithTimeout("127.0.0.1", server->port, limit);
    if (redis != NULL && redis->err == 0 && server->password != NULL)
        freeReplyObject(redisCommand(redis, "AUTH %s", server->password));
    return redis;
}

bool redis_server_ask(const struct redis_server *server, size_t count, const char **words, char *out, size_t out_size)
{
    redisContext *redis = dial(server);
    bool answered = false;
    if (redis != NULL && redis->err == 0) {
        redisReply *reply = redisCommandArgv(redis, (int)count, words, NULL);
        answered = reply != NULL && reply->type != REDIS_REPLY_ERROR;
        if (answered && reply->type == REDIS_REPLY_INTEGER)
            snprintf(out, out_size, "%lld", reply->integer);
        else if (answered && reply->str != NULL)
            snprintf(out, out_size, "%s", reply->str);
        freeReplyObject(reply);
    }
    if (redis != NULL)
        redisFree(redis);
    return answered;
}

void redis_server_start(struct redis_server *server)
{
    char port[16], out[64];
    if (server->port == 0)
        close(listen_free(&server->port));
    snprintf(port, sizeof(port), "%d", server->port);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (freopen("/dev/null", "w", stdout) == NULL)
            _exit(126);
        execlp("redis-server", "redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly",
               "no", "--dir", "/tmp", server->password != NULL ? "--requirepass" : NULL, server->password, NULL);
        _exit(127);
    }
    for (int i = 0; i < 1000; i++) {
        if (redis_server_ask(server, 1, (const char *[]){ "PING" }, out, sizeof(out)))
            return;
        poll(NULL, 0, 10);
    }
    fail_msg("redis-server does not answer");
}

void redis_server_kill(struct redis_server *server)
{
    if (server->pid <= 0)
        return;
    kill(server->pid, SIGKILL);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
}

/* ---- the fake ---- */

static void piece_send(int fd, struct str text)
{
    ssize_t sent = send(fd, text.ptr, text.size, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)sent; /* Who hangs up on us is right. */
}

static void *fake_main(void *argument)
{
    struct fake_server *server = argument;
    struct pollfd polled[17] = { { .fd = server->fd, .events = POLLIN } };
    nfds_t count = 1;
    char bytes[4096];
    while (!server->ending) {
        if (poll(polled, count, 20) <= 0)
            continue;
        for (nfds_t i = count - 1; i > 0; i--) {
            if (polled[i].revents == 0)
                continue;
            if (recv(polled[i].fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0) {
                piece_send(polled[i].fd, server->again);
                continue;
            }
            close(polled[i].fd);
            polled[i] = polled[--count];
        }
        if ((polled[0].revents & POLLIN) != 0 && count < 17) {
            int fd = accept(server->fd, NULL, NULL);
            polled[count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
            server->connections++;
            piece_send(fd, server->first);
        }
    }
    for (nfds_t i = 0; i < count; i++)
        close(polled[i].fd);
    return NULL;
}

void fake_server_start(struct fake_server *server, struct str first, struct str again)
{
    *server = (struct fake_server){ .first = first, .again = again };
    server->fd = listen_free(&server->port);
    assert_int_equal(pthread_create(&server->thread, NULL, fake_main, server), 0);
}

void fake_server_stop(struct fake_server *server)
{
    server->ending = true;
    pthread_join(server->thread, NULL);
}
