/* listener.c: the doors.
 * Each loop has a listening socket of its own on the same port; the kernel
 * spreads connections over them. Everything of a door happens on its loop's
 * thread, so stopping is a piece of mail. */
#include "net/listener.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/conn_private.h"
#include "net/listen_socket.h"
#include "os/log.h"
#include "util/mem.h"

enum {
    ACCEPTS_PER_TURN = 64,
    /* Without a free descriptor a waiting connection stays ready, and polling
     * for it would spin. */
    PAUSE_MS = 100,
    COMPLAIN_MS = 60 * 1000, /* at most one log line in this time */
};

struct door {
    struct loop_mail stop_mail; /* the first member */
    struct net_loop *net;
    struct conn_origin *origin;
    conn_accepted accepted;
    void *context;
    unsigned conns_max;
    int fd;
    bool shut;
    unsigned refs; /* the listener's, and the poll handle's until it is closed */
    int64_t complained_ms;
    struct loop_timer *pause;
    uv_poll_t poll;
};

struct listener {
    atomic_bool stopped;
    char *path; /* of a socket file */
    unsigned door_count;
    struct door *doors[];
};

static enum err door_open(struct listener *listener, struct loop *loop, const struct listener_options *options, int fd);
static void door_shut(struct door *door);
static void door_unref(struct door *door);

static struct listener *listener_new(unsigned door_max)
{
    return mem_zalloc(sizeof(struct listener) + door_max * sizeof(struct door *));
}

enum err listener_open(struct loop *const *loops, unsigned loop_count, const struct listener_options *options,
                       struct listener **out, unsigned *port_out)
{
    struct listener *listener = listener_new(loop_count);
    unsigned port = options->port;
    enum err err = OK;
    for (unsigned i = 0; i < loop_count && err == OK; i++) {
        int fd = -1;
        err = listen_socket_tcp(options->host, &port, i == 0, &fd);
        if (err == OK)
            err = door_open(listener, loops[i], options, fd);
    }
    if (err != OK) {
        listener_free(&listener);
        return err;
    }
    if (port_out != NULL)
        *port_out = port;
    *out = listener;
    return OK;
}

enum err listener_open_unix(struct loop *loop, const char *path, const struct listener_options *options,
                            struct listener **out)
{
    int fd = -1;
    enum err err = listen_socket_unix(path, &fd);
    if (err != OK)
        return err;
    struct listener *listener = listener_new(1);
    listener->path = mem_dup(path, strlen(path) + 1);
    struct listener_options local = *options;
    local.tls = NULL;
    local.tls_only = false;
    err = door_open(listener, loop, &local, fd);
    if (err != OK) {
        listener_free(&listener);
        return err;
    }
    listener->doors[0]->origin->local = true;
    *out = listener;
    return OK;
}

void listener_stop(struct listener *listener)
{
    if (atomic_exchange(&listener->stopped, true))
        return;
    if (listener->path != NULL)
        unlink(listener->path);
    for (unsigned i = 0; i < listener->door_count; i++)
        loop_post(listener->doors[i]->net->loop, &listener->doors[i]->stop_mail);
}

void listener_free(struct listener **listener_ptr)
{
    struct listener *listener = *listener_ptr;
    if (listener == NULL)
        return;
    if (listener->path != NULL && !atomic_exchange(&listener->stopped, true))
        unlink(listener->path);
    for (unsigned i = 0; i < listener->door_count; i++) {
        door_shut(listener->doors[i]);
        door_unref(listener->doors[i]);
    }
    free(listener->path);
    free(listener);
    *listener_ptr = NULL;
}

static void door_unref(struct door *door)
{
    if (--door->refs == 0)
        free(door);
}

static void poll_closed(uv_handle_t *handle)
{
    door_unref(handle->data);
}

static void door_shut(struct door *door)
{
    if (door->shut)
        return;
    door->shut = true;
    uv_close((uv_handle_t *)&door->poll, poll_closed);
    close(door->fd);
    loop_timer_free(&door->pause);
    conn_origin_unref(&door->origin);
}

static void stop_asked(struct loop_mail *mail, struct loop *loop)
{
    (void)loop;
    door_shut((struct door *)mail);
}

static void complain(struct door *door, const char *what)
{
    int64_t now_ms = loop_now_ms(door->net->loop);
    if (door->complained_ms != 0 && now_ms - door->complained_ms < COMPLAIN_MS)
        return;
    door->complained_ms = now_ms;
    log_warn("net", what, LOG_I64("conns", door->origin->conns));
}

static void door_accept(struct door *door, int fd)
{
    if (door->origin->conns >= door->conns_max) {
        complain(door, "too many connections, closing new ones");
        close(fd);
        return;
    }
    struct conn *conn = conn_new(door->net, door->origin, fd);
    if (conn == NULL)
        return;
    door->accepted(conn, door->context);
    assert(conn->calls != NULL || conn->state != CONN_OPEN);
}

static void door_ready(uv_poll_t *poll, int status, int events)
{
    struct door *door = poll->data;
    (void)status;
    (void)events;
    /* An owner may stop the listener in accepted, by mail: it is still open. */
    for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
        int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            door_accept(door, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            complain(door, "no descriptor or memory for a new connection");
            uv_poll_stop(&door->poll);
            loop_timer_start(door->pause, PAUSE_MS, 0);
            return;
        } else if (errno == EAGAIN) {
            return;
        }
    }
}

static void door_watch(void *context)
{
    struct door *door = context;
    uv_poll_start(&door->poll, UV_READABLE, door_ready);
}

/* Takes the descriptor. */
static enum err door_open(struct listener *listener, struct loop *loop, const struct listener_options *options, int fd)
{
    struct door *door = mem_zalloc(sizeof(*door));
    if (uv_poll_init(loop_uv(loop), &door->poll, fd) != 0) {
        close(fd);
        free(door);
        return ERR_SYSTEM;
    }
    unsigned index = listener->door_count++;
    listener->doors[index] = door;
    door->poll.data = door;
    door->stop_mail.run = stop_asked;
    door->net = net_loop_of(loop);
    door->accepted = options->accepted;
    door->context = options->contexts != NULL ? options->contexts[index] : options->context;
    door->conns_max = options->conns_max;
    door->fd = fd;
    door->refs = 2;
    door->pause = loop_timer_new(loop, door_watch, door);
    door->origin = mem_zalloc(sizeof(*door->origin));
    door->origin->refs = 1;
    door->origin->tls = options->tls;
    door->origin->tls_only = options->tls_only;
    door->origin->outbox_max = options->outbox_max;
    door_watch(door);
    return OK;
}
