/* server_fixture.h: an HTTP server on a loop of its own, over loopback, and a
 * blocking client. The handler answers with what it was asked:
 *   /later…  is answered by web_answer, /take… is taken at once,
 *   /hold…   is taken by web_take; everything else is answered at once.
 * A body for /stream… comes in pieces, and starts when web_resume says so; for /parts a reply of four parts is sent. */
#ifndef IM_TEST_SERVER_FIXTURE_H
#define IM_TEST_SERVER_FIXTURE_H

#include "unit.h"

#include <pthread.h>

#include "http/server.h"
#include "net/listener.h"

#define HEAD_MS 1000
#define IDLE_MS 5000
#define BODY_MAX ((size_t)100000)

struct web {
    struct loop *loop;
    pthread_t thread;
    struct listener *listener;
    struct http_server *server;
    unsigned port;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* Under the lock. */
    uint64_t waiting[64]; /* ids of the conns whose requests wait for an answer, oldest first */
    size_t waiting_count;
    size_t requests;
    size_t taken_closed;
    size_t streams;      /* begun */
    size_t streams_gone; /* ended by their connection */
    size_t stream_bytes;
    uint64_t stream_conn; /* the last one's */
    void *refused;        /* what web_refuse frees */
};

void web_start(struct web *web);
void web_end(struct web *web);

/* Runs on the loop's thread and waits for it. */
void web_call(struct web *web, void (*run)(struct web *web, void *argument), void *argument);
/* Waits until so many requests wait for an answer; fails after 20 s. */
void web_wait_waiting(struct web *web, size_t count);
/* Waits until the server has so many connections. */
void web_wait_count(struct web *web, size_t count);
/* Answers the oldest that waits. false: its connection is gone. */
bool web_answer(struct web *web);
/* The same twice, the second being one too many. */
void web_answer_twice(struct web *web);
void web_take(struct web *web);
/* http_server_tick as if ms had passed. */
void web_tick(struct web *web, int64_t ms);
void web_drain(struct web *web);
void web_resume(struct web *web, size_t streams); /* the last stream, after so many have begun */
void web_refuse(struct web *web);                 /* answers it, wherever its body is */
void web_wait_gone(struct web *web, size_t streams);

/* The client. */
struct client {
    int fd;
    char in[400000];
    size_t size;
    /* The last response. */
    int status;
    char head[4096];
    char body[200000];
    size_t body_size;
};
void client_dial(struct client *client, const struct web *web);
void client_send(struct client *client, const char *text);
void client_send_bytes(struct client *client, struct str bytes);
/* One byte a send, and a moment after each. */
void client_drip(struct client *client, const char *text);
void client_finish(struct client *client); /* no more is sent, answers are still read */
void client_read(struct client *client);   /* one whole response */
void client_expect(struct client *client, int status, const char *body);
void client_expect_raw(struct client *client, const char *bytes);
/* Reads size bytes and counts those that are c. */
size_t client_count(struct client *client, size_t size, char c);
void client_expect_end(struct client *client); /* nothing more comes, in good order */
bool client_silent(struct client *client, int ms);
bool client_has_header(const struct client *client, const char *line);
void client_close(struct client *client);
void client_reset(struct client *client);

#endif
