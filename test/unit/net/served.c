/* served.c: see served.h. */
#include "served.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

static void side_read(void *owner, char *bytes, size_t size)
{
    struct side *side = owner;
    pthread_mutex_lock(&side->world->lock);
    buf_append(&side->got, bytes, size);
    pthread_cond_broadcast(&side->world->changed);
    pthread_mutex_unlock(&side->world->lock);
    if (side->world->on_read != NULL)
        side->world->on_read(side, bytes, size);
}

static void side_drained(void *owner)
{
    struct side *side = owner;
    pthread_mutex_lock(&side->world->lock);
    side->drained++;
    pthread_cond_broadcast(&side->world->changed);
    pthread_mutex_unlock(&side->world->lock);
    if (side->world->on_drained != NULL)
        side->world->on_drained(side);
}

static void side_closed(void *owner, enum conn_end end)
{
    struct side *side = owner;
    struct world *world = side->world;
    if (world->on_closed != NULL)
        world->on_closed(side);
    pthread_mutex_lock(&world->lock);
    side->closed = true;
    side->closed_calls++;
    side->end = end;
    side->conn = NULL;
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

static const struct conn_owner side_calls = { .read = side_read, .drained = side_drained, .closed = side_closed };

static void accepted(struct conn *conn, void *argument)
{
    struct side_context *context = argument;
    struct world *world = context->world;
    struct side *side = mem_zalloc(sizeof(*side));
    side->world = world;
    side->conn = conn;
    side->loop = context->loop;
    conn_set_owner(conn, &side_calls, side);
    if (world->on_accept != NULL)
        world->on_accept(side);
    pthread_mutex_lock(&world->lock);
    assert_true(world->side_count < SIDES_MAX);
    world->sides[world->side_count++] = side;
    pthread_cond_broadcast(&world->changed);
    pthread_mutex_unlock(&world->lock);
}

static void *loop_thread(void *loop)
{
    loop_run(loop);
    return NULL;
}

static void world_prepare(struct world *world)
{
    pthread_mutex_init(&world->lock, NULL);
    pthread_cond_init(&world->changed, NULL);
    if (world->loop_count == 0)
        world->loop_count = 1;
    struct listener_options *options = &world->options;
    if (options->host == NULL)
        options->host = "127.0.0.1";
    if (options->outbox_max == 0)
        options->outbox_max = 64 << 20;
    if (options->conns_max == 0)
        options->conns_max = SIDES_MAX;
    options->accepted = accepted;
    options->contexts = world->context_list;
    for (unsigned i = 0; i < world->loop_count; i++) {
        world->loops[i] = loop_new(i);
        world->contexts[i].world = world;
        world->contexts[i].loop = i;
        world->context_list[i] = &world->contexts[i];
    }
}

static void world_run(struct world *world)
{
    for (unsigned i = 0; i < world->loop_count; i++)
        assert_int_equal(pthread_create(&world->threads[i], NULL, loop_thread, world->loops[i]), 0);
}

void world_start(struct world *world)
{
    world_prepare(world);
    assert_int_equal(listener_open(world->loops, world->loop_count, &world->options, &world->listener, &world->port),
                     OK);
    world_run(world);
}

void world_start_unix(struct world *world, const char *path)
{
    world_prepare(world);
    snprintf(world->path, sizeof(world->path), "%s", path);
    assert_int_equal(listener_open_unix(world->loops[0], path, &world->options, &world->listener), OK);
    world_run(world);
}

void world_end(struct world *world)
{
    for (unsigned i = 0; i < world->loop_count; i++)
        loop_stop(world->loops[i]);
    for (unsigned i = 0; i < world->loop_count; i++)
        pthread_join(world->threads[i], NULL);
    listener_free(&world->listener);
    for (unsigned i = 0; i < world->loop_count; i++)
        loop_free(&world->loops[i]);
    for (unsigned i = 0; i < world->side_count; i++) {
        assert_int_equal(world->sides[i]->closed_calls, 1);
        buf_release(&world->sides[i]->got);
        free(world->sides[i]);
    }
    pthread_cond_destroy(&world->changed);
    pthread_mutex_destroy(&world->lock);
}

struct call {
    struct loop_mail mail;
    void (*run)(void *argument);
    void *argument;
    sem_t done;
};

static void call_run(struct loop_mail *mail, struct loop *loop)
{
    struct call *call = (struct call *)mail;
    (void)loop;
    call->run(call->argument);
    sem_post(&call->done);
}

void world_call(struct world *world, unsigned loop, void (*run)(void *argument), void *argument)
{
    struct call call = { .mail.run = call_run, .run = run, .argument = argument };
    sem_init(&call.done, 0, 0);
    loop_post(world->loops[loop], &call.mail);
    sem_wait(&call.done);
    sem_destroy(&call.done);
}

struct timespec world_deadline(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MS / 1000;
    return until;
}

struct side *world_side(struct world *world, unsigned index)
{
    world_wait(world, world->side_count > index);
    return world->sides[index];
}

struct request {
    struct side *side;
    const void *bytes;
    size_t size;
    unsigned linger_ms;
    bool pause;
};

enum err side_send_here(struct side *side, const void *bytes, size_t size)
{
    if (side->conn == NULL)
        return ERR_CLOSED;
    struct payload *payload = payload_from((struct str){ bytes, size });
    enum err err = conn_send(side->conn, payload);
    payload_unref(&payload);
    return err;
}

static void send_run(void *argument)
{
    struct request *request = argument;
    side_send_here(request->side, request->bytes, request->size);
}

void side_send(struct side *side, const void *bytes, size_t size)
{
    struct request request = { .side = side, .bytes = bytes, .size = size };
    world_call(side->world, side->loop, send_run, &request);
}

static void close_run(void *argument)
{
    struct request *request = argument;
    if (request->side->conn != NULL)
        conn_close(request->side->conn, request->linger_ms);
}

void side_close(struct side *side, unsigned linger_ms)
{
    struct request request = { .side = side, .linger_ms = linger_ms };
    world_call(side->world, side->loop, close_run, &request);
}

static void pause_run(void *argument)
{
    struct request *request = argument;
    if (request->pause)
        conn_pause(request->side->conn);
    else
        conn_resume(request->side->conn);
}

void side_pause(struct side *side, bool pause)
{
    struct request request = { .side = side, .pause = pause };
    world_call(side->world, side->loop, pause_run, &request);
}

int dial(const struct world *world)
{
    struct timeval patience = { .tv_sec = WAIT_MS / 1000 };
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_un un;
    } address = { 0 };
    socklen_t size = sizeof(address.in);
    if (world->path[0] != '\0') {
        address.un.sun_family = AF_UNIX;
        memcpy(address.un.sun_path, world->path, sizeof(address.un.sun_path));
        size = sizeof(address.un);
    } else {
        address.in.sin_family = AF_INET;
        address.in.sin_port = htons((uint16_t)world->port);
        address.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, &address.any, size), 0);
    return fd;
}

void write_all(int fd, const void *bytes, size_t size)
{
    const char *rest = bytes;
    while (size > 0) {
        ssize_t sent = send(fd, rest, size, MSG_NOSIGNAL);
        assert_true(sent > 0);
        rest += sent;
        size -= (size_t)sent;
    }
}

void expect_bytes(int fd, const void *bytes, size_t size)
{
    char *got = mem_alloc(size + 1);
    size_t have = 0;
    while (have < size) {
        ssize_t more = recv(fd, got + have, size - have, 0);
        if (more <= 0)
            fail_msg("the stream ended after %zu of %zu bytes: %s", have, size, more == 0 ? "end" : strerror(errno));
        have += (size_t)more;
    }
    assert_memory_equal(got, bytes, size);
    free(got);
}

void expect_end(int fd)
{
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

void expect_reset(int fd)
{
    char bytes[65536];
    ssize_t size;
    while ((size = recv(fd, bytes, sizeof(bytes), 0)) > 0)
        ;
    assert_int_equal(size, -1);
    assert_int_equal(errno, ECONNRESET);
}

void reset(int fd)
{
    struct linger now = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(fd);
}

uint64_t dice_seed(const char *test)
{
    uint64_t seed = 0;
    const char *given = getenv("IM_TEST_SEED");
    if (given != NULL)
        seed = strtoull(given, NULL, 10);
    else if (getrandom(&seed, sizeof(seed), 0) != (ssize_t)sizeof(seed))
        abort();
    print_message("%s: IM_TEST_SEED=%llu\n", test, (unsigned long long)seed);
    return seed;
}

/* splitmix64 */
static uint64_t dice_next(struct dice *dice)
{
    uint64_t z = (dice->state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t dice_below(struct dice *dice, uint32_t bound)
{
    return (uint32_t)(dice_next(dice) % bound);
}

void dice_fill(struct dice *dice, char *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (char)dice_next(dice);
}

int64_t ms_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool side_is_closed(struct side *side)
{
    pthread_mutex_lock(&side->world->lock);
    bool closed = side->closed;
    pthread_mutex_unlock(&side->world->lock);
    return closed;
}
