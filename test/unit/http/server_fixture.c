/* server_fixture.c: see server_fixture.h. */
#include "server_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/reply.h"

#define WAIT_S 20

/* A stream that is not HTTP any more: says what it was given, then echoes. */
struct taken {
    struct web *web;
    struct conn *stream;
};

static void stream_send(struct conn *stream, struct str bytes)
{
    struct payload *payload = payload_from(bytes);
    conn_send(stream, payload);
    payload_unref(&payload);
}

static void taken_read(void *owner, char *bytes, size_t size)
{
    struct taken *taken = owner;
    stream_send(taken->stream, (struct str){ bytes, size });
}

static void taken_closed(void *owner, enum conn_end end)
{
    struct taken *taken = owner;
    (void)end;
    pthread_mutex_lock(&taken->web->lock);
    taken->web->taken_closed++;
    pthread_cond_broadcast(&taken->web->changed);
    pthread_mutex_unlock(&taken->web->lock);
    free(taken);
}

static const struct conn_owner taken_owner = { .read = taken_read, .closed = taken_closed };

static void take(struct web *web, struct http_conn *conn)
{
    struct buf rest = { 0 };
    struct buf said = { 0 };
    buf_append_str(&rest, STR("took<")); /* What comes behind the request is appended. */
    struct taken *taken = calloc(1, sizeof(*taken));
    taken->web = web;
    taken->stream = http_conn_take(conn, &rest);
    conn_set_owner(taken->stream, &taken_owner, taken);
    buf_append_str(&said, buf_str(&rest));
    buf_append_byte(&said, '>');
    stream_send(taken->stream, buf_str(&said));
    buf_release(&said);
    buf_release(&rest);
}

/* A body or a reply in pieces. */
struct streamed {
    struct http_stream stream; /* first */
    struct web *web;
    uint64_t conn;
    size_t bytes;
    unsigned parts;
};

static void answer(struct http_conn *conn, struct str body);

static void stream_body(struct http_stream *stream, struct str bytes, bool last)
{
    struct streamed *streamed = (struct streamed *)stream;
    struct web *web = streamed->web;
    streamed->bytes += bytes.size;
    pthread_mutex_lock(&web->lock);
    web->stream_bytes += bytes.size;
    pthread_cond_broadcast(&web->changed);
    pthread_mutex_unlock(&web->lock);
    if (!last)
        return;
    char text[32];
    snprintf(text, sizeof(text), "%zu bytes", streamed->bytes);
    answer(http_conn_find(web->server, streamed->conn), str_from(text));
    free(streamed);
}

static void stream_drained(struct http_stream *stream)
{
    struct streamed *streamed = (struct streamed *)stream;
    struct http_conn *conn = http_conn_find(streamed->web->server, streamed->conn);
    struct payload *payload = payload_from(STR("part"));
    if (streamed->parts++ < 4) {
        http_conn_send_part(conn, payload);
    } else {
        http_conn_send_end(conn, true);
        free(streamed);
    }
    payload_unref(&payload);
}

static void stream_gone(struct http_stream *stream)
{
    struct streamed *streamed = (struct streamed *)stream;
    struct web *web = streamed->web;
    pthread_mutex_lock(&web->lock);
    web->streams_gone++;
    pthread_cond_broadcast(&web->changed);
    pthread_mutex_unlock(&web->lock);
    free(streamed);
}

static const struct http_stream_calls stream_calls = { stream_body, stream_drained, stream_gone };

static struct streamed *streamed_new(struct web *web, struct http_conn *conn)
{
    struct streamed *streamed = calloc(1, sizeof(*streamed));
    streamed->stream.calls = &stream_calls;
    streamed->web = web;
    streamed->conn = http_conn_id(conn);
    pthread_mutex_lock(&web->lock);
    web->streams++;
    web->stream_conn = streamed->conn;
    web->refused = streamed;
    pthread_cond_broadcast(&web->changed);
    pthread_mutex_unlock(&web->lock);
    return streamed;
}

static bool starts(struct str text, const char *with);

static struct http_stream *body_begun(struct http_conn *conn, const struct http_request *request, void *context)
{
    return starts(request->path, "/stream") ? &streamed_new(context, conn)->stream : NULL;
}

static void parts_send(struct web *web, struct http_conn *conn)
{
    struct streamed *streamed = streamed_new(web, conn);
    struct payload *head = payload_from(STR("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n"));
    http_conn_send_begin(conn, &streamed->stream);
    http_conn_send_part(conn, head);
    payload_unref(&head);
}

static void answer(struct http_conn *conn, struct str body)
{
    struct buf out = { 0 };
    http_reply_append(&out, &(struct http_reply){
                                .status = 200,
                                .content_type = STR("text/plain"),
                                .body = body,
                                .close = http_conn_closing(conn),
                            });
    struct payload *payload = payload_from(buf_str(&out));
    http_conn_reply(conn, payload);
    payload_unref(&payload);
    buf_release(&out);
}

static bool starts(struct str text, const char *with)
{
    return text.size >= strlen(with) && memcmp(text.ptr, with, strlen(with)) == 0;
}

static void requested(struct http_conn *conn, const struct http_request *request, struct str body, void *context)
{
    struct web *web = context;
    bool waits = starts(request->path, "/later") || starts(request->path, "/hold");
    pthread_mutex_lock(&web->lock);
    web->requests++;
    if (waits)
        web->waiting[web->waiting_count++] = http_conn_id(conn);
    pthread_cond_broadcast(&web->changed);
    pthread_mutex_unlock(&web->lock);
    if (waits)
        return;
    if (starts(request->path, "/take")) {
        take(web, conn);
        return;
    }
    if (starts(request->path, "/parts")) {
        parts_send(web, conn);
        return;
    }
    struct buf text = { 0 };
    buf_append_str(&text, request->method_text);
    buf_append_byte(&text, ' ');
    buf_append_str(&text, request->path);
    buf_append_byte(&text, ' ');
    buf_append_str(&text, body);
    answer(conn, buf_str(&text));
    buf_release(&text);
}

static void common_headers(struct buf *out, void *context)
{
    (void)context;
    buf_append_str(out, STR("X-Common: yes\r\n"));
}

static void error_body(struct buf *out, int status, void *context)
{
    (void)context;
    buf_append_format(out, "{\"code\":%d}", status);
}

static void accepted(struct conn *stream, void *context)
{
    http_server_accept(((struct web *)context)->server, stream);
}

static void *loop_thread(void *loop)
{
    loop_run(loop);
    return NULL;
}

void web_start(struct web *web)
{
    *web = (struct web){ .loop = loop_new(0) };
    pthread_mutex_init(&web->lock, NULL);
    pthread_cond_init(&web->changed, NULL);
    web->server = http_server_new(web->loop, &(struct http_server_options){
                                                 .head_timeout_ms = HEAD_MS,
                                                 .idle_timeout_ms = IDLE_MS,
                                                 .body_max = BODY_MAX,
                                                 .body_begin = body_begun,
                                                 .request = requested,
                                                 .common_headers = common_headers,
                                                 .error_body = error_body,
                                                 .context = web,
                                             });
    struct listener_options options = {
        .host = "127.0.0.1", .outbox_max = 1 << 20, .conns_max = 1000, .accepted = accepted, .context = web
    };
    assert_int_equal(listener_open(&web->loop, 1, &options, &web->listener, &web->port), OK);
    assert_int_equal(pthread_create(&web->thread, NULL, loop_thread, web->loop), 0);
}

void web_end(struct web *web)
{
    loop_stop(web->loop);
    pthread_join(web->thread, NULL);
    listener_free(&web->listener);
    struct http_server *server = web->server;
    loop_free(&web->loop); /* ends what is still open */
    assert_int_equal(http_server_count(server), 0);
    http_server_free(&web->server);
    pthread_cond_destroy(&web->changed);
    pthread_mutex_destroy(&web->lock);
}

struct web_call {
    struct loop_mail mail; /* first */
    struct web *web;
    void (*run)(struct web *web, void *argument);
    void *argument;
    sem_t done;
};

static void call_run(struct loop_mail *mail, struct loop *loop)
{
    struct web_call *call = (struct web_call *)mail;
    (void)loop;
    call->run(call->web, call->argument);
    sem_post(&call->done);
}

void web_call(struct web *web, void (*run)(struct web *web, void *argument), void *argument)
{
    struct web_call call = { .mail.run = call_run, .web = web, .run = run, .argument = argument };
    sem_init(&call.done, 0, 0);
    loop_post(web->loop, &call.mail);
    sem_wait(&call.done);
    sem_destroy(&call.done);
}

void web_wait_waiting(struct web *web, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&web->lock);
    while (web->waiting_count < count && pthread_cond_timedwait(&web->changed, &web->lock, &until) == 0)
        ;
    size_t is = web->waiting_count;
    pthread_mutex_unlock(&web->lock);
    assert_int_equal(is, count);
}

static void count_get(struct web *web, void *argument)
{
    *(size_t *)argument = http_server_count(web->server);
}

void web_wait_count(struct web *web, size_t count)
{
    size_t is = SIZE_MAX;
    for (unsigned i = 0; i < WAIT_S * 200; i++) {
        web_call(web, count_get, &is);
        if (is == count)
            return;
        usleep(5000);
    }
    assert_int_equal(is, count);
}

static struct http_conn *waiting_first(struct web *web)
{
    pthread_mutex_lock(&web->lock);
    assert_true(web->waiting_count > 0);
    uint64_t id = web->waiting[0];
    web->waiting_count--;
    memmove(web->waiting, web->waiting + 1, web->waiting_count * sizeof(web->waiting[0]));
    pthread_mutex_unlock(&web->lock);
    return http_conn_find(web->server, id);
}

static void answer_run(struct web *web, void *argument)
{
    struct http_conn *conn = waiting_first(web);
    *(bool *)argument = conn != NULL;
    if (conn != NULL)
        answer(conn, STR("at last"));
}

bool web_answer(struct web *web)
{
    bool found = false;
    web_call(web, answer_run, &found);
    return found;
}

static void answer_twice_run(struct web *web, void *argument)
{
    (void)argument;
    struct http_conn *conn = waiting_first(web);
    assert_non_null(conn);
    answer(conn, STR("at last"));
    answer(conn, STR("once more"));
}

void web_answer_twice(struct web *web)
{
    web_call(web, answer_twice_run, NULL);
}

static void take_run(struct web *web, void *argument)
{
    (void)argument;
    struct http_conn *conn = waiting_first(web);
    assert_non_null(conn);
    take(web, conn);
}

void web_take(struct web *web)
{
    web_call(web, take_run, NULL);
}

static void tick_run(struct web *web, void *argument)
{
    http_server_tick(web->server, loop_now_ms(web->loop) + *(int64_t *)argument);
}

void web_tick(struct web *web, int64_t ms)
{
    web_call(web, tick_run, &ms);
}

static void drain_run(struct web *web, void *argument)
{
    (void)argument;
    http_server_drain(web->server);
}

void web_drain(struct web *web)
{
    web_call(web, drain_run, NULL);
}

void client_dial(struct client *client, const struct web *web)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)web->port) };
    struct timeval limit = { .tv_sec = WAIT_S };
    int one = 1;
    client->size = 0;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(client->fd >= 0);
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

void client_send_bytes(struct client *client, struct str bytes)
{
    for (size_t at = 0; at < bytes.size;) {
        ssize_t sent = send(client->fd, bytes.ptr + at, bytes.size - at, MSG_NOSIGNAL);
        assert_true(sent > 0);
        at += (size_t)sent;
    }
}

void client_send(struct client *client, const char *text)
{
    client_send_bytes(client, str_from(text));
}

void client_drip(struct client *client, const char *text)
{
    for (; *text != '\0'; text++) {
        client_send_bytes(client, (struct str){ text, 1 });
        usleep(300);
    }
}

void client_finish(struct client *client)
{
    assert_int_equal(shutdown(client->fd, SHUT_WR), 0);
}

/* false: the end of the stream. */
static bool client_more(struct client *client)
{
    assert_true(client->size < sizeof(client->in));
    ssize_t got = recv(client->fd, client->in + client->size, sizeof(client->in) - client->size, 0);
    assert_true(got >= 0);
    client->size += (size_t)got;
    return got > 0;
}

static void client_drop(struct client *client, size_t size)
{
    memmove(client->in, client->in + size, client->size - size);
    client->size -= size;
}

void client_read(struct client *client)
{
    char *end;
    while ((end = memmem(client->in, client->size, "\r\n\r\n", 4)) == NULL)
        assert_true(client_more(client));
    size_t head_size = (size_t)(end - client->in) + 4;
    assert_true(head_size < sizeof(client->head));
    memcpy(client->head, client->in, head_size);
    client->head[head_size] = '\0';
    assert_int_equal(sscanf(client->head, "HTTP/1.1 %d ", &client->status), 1);
    const char *length = strstr(client->head, "Content-Length: ");
    client->body_size = length == NULL ? 0 : strtoul(length + 16, NULL, 10);
    assert_true(client->body_size < sizeof(client->body));
    while (client->size < head_size + client->body_size)
        assert_true(client_more(client));
    memcpy(client->body, client->in + head_size, client->body_size);
    client->body[client->body_size] = '\0';
    client_drop(client, head_size + client->body_size);
}

void client_expect(struct client *client, int status, const char *body)
{
    client_read(client);
    assert_int_equal(client->status, status);
    assert_str(((struct str){ client->body, client->body_size }), str_from(body));
}

void client_expect_raw(struct client *client, const char *bytes)
{
    size_t size = strlen(bytes);
    while (client->size < size)
        assert_true(client_more(client));
    assert_str(((struct str){ client->in, size }), str_from(bytes));
    client_drop(client, size);
}

size_t client_count(struct client *client, size_t size, char c)
{
    size_t count = 0;
    while (client->size < size)
        assert_true(client_more(client));
    for (size_t i = 0; i < size; i++)
        count += client->in[i] == c;
    client_drop(client, size);
    return count;
}

void client_expect_end(struct client *client)
{
    while (client_more(client))
        ;
    assert_str(((struct str){ client->in, client->size }), STR(""));
}

bool client_silent(struct client *client, int ms)
{
    struct pollfd ready = { .fd = client->fd, .events = POLLIN };
    return client->size == 0 && poll(&ready, 1, ms) == 0;
}

bool client_has_header(const struct client *client, const char *line)
{
    char text[200];
    snprintf(text, sizeof(text), "\r\n%s\r\n", line);
    return strstr(client->head, text) != NULL;
}

void client_close(struct client *client)
{
    close(client->fd);
}

void client_reset(struct client *client)
{
    struct linger now = { .l_onoff = 1 };
    setsockopt(client->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(client->fd);
}

static void wait_number(struct web *web, const size_t *number, size_t wanted)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&web->lock);
    while (*number < wanted && pthread_cond_timedwait(&web->changed, &web->lock, &until) == 0)
        ;
    size_t is = *number;
    pthread_mutex_unlock(&web->lock);
    assert_int_equal(is, wanted);
}

static void resume(struct web *web, void *argument)
{
    (void)argument;
    http_conn_body_resume(http_conn_find(web->server, web->stream_conn));
}

void web_resume(struct web *web, size_t streams)
{
    wait_number(web, &web->streams, streams);
    web_call(web, resume, NULL);
}

static void refuse(struct web *web, void *argument)
{
    (void)argument;
    answer(http_conn_find(web->server, web->stream_conn), STR("refused"));
    free(web->refused);
}

void web_refuse(struct web *web)
{
    wait_number(web, &web->streams, 1);
    web_call(web, refuse, NULL);
}

void web_wait_gone(struct web *web, size_t streams)
{
    wait_number(web, &web->streams_gone, streams);
}
