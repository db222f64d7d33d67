/* ws_echo.c: a WebSocket that answers with what it was sent. */
#include "cli/ws_echo.h"

#include "cli/arguments.h"
#include "http/server.h"
#include "net/listener.h"
#include "os/log.h"
#include "util/mem.h"
#include "ws/deflate.h"
#include "ws/frame.h"
#include "ws/handshake.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MESSAGE_MAX ((size_t)64 * 1024 * 1024)
#define OUTBOX_MAX ((size_t)256 * 1024 * 1024)

struct echo {
    struct conn *stream;
    struct ws_decoder *decoder;
    struct ws_deflate *deflate; /* NULL: not negotiated */
    bool closing;
};

static void frame_send(struct echo *echo, const struct buf *frame)
{
    struct payload *payload = payload_from(buf_str(frame));
    conn_send(echo->stream, payload);
    payload_unref(&payload);
}

static void message_append(struct echo *echo, struct buf *out, const struct ws_event *event)
{
    if (echo->deflate == NULL) {
        ws_frame_append(out, event->opcode, event->payload);
        return;
    }
    struct buf small = { 0 };
    char header[10];
    ws_deflate_message(echo->deflate, event->payload, &small);
    size_t size = ws_header_write(header, event->opcode, true, small.size);
    buf_append(out, header, size);
    buf_append_str(out, buf_str(&small));
    buf_release(&small);
}

static void echo_end(struct echo *echo, unsigned code)
{
    struct buf frame = { 0 };
    echo->closing = true;
    ws_close_append(&frame, code, STR_NONE);
    frame_send(echo, &frame);
    buf_release(&frame);
    conn_close(echo->stream, 1000);
}

static void echo_read(void *owner, char *bytes, size_t size)
{
    struct echo *echo = owner;
    struct buf out = { 0 };
    while (!echo->closing) {
        struct ws_event event;
        unsigned code = 0;
        enum err err = ws_decode(echo->decoder, &bytes, &size, &event, &code);
        if (err == ERR_MORE)
            break;
        if (out.size > 0) {
            frame_send(echo, &out);
            buf_clear(&out);
        }
        if (err != OK)
            echo_end(echo, code);
        else if (event.opcode == WS_CLOSE)
            echo_end(echo, event.close_code);
        else if (event.opcode == WS_PING)
            ws_frame_append(&out, WS_PONG, event.payload);
        else if (event.opcode != WS_PONG)
            message_append(echo, &out, &event);
    }
    if (out.size > 0 && !echo->closing)
        frame_send(echo, &out);
    buf_release(&out);
}

static void echo_closed(void *owner, enum conn_end end)
{
    (void)end;
    struct echo *echo = owner;
    ws_decoder_free(&echo->decoder);
    if (echo->deflate != NULL)
        ws_deflate_free(&echo->deflate);
    free(echo);
}

static const struct conn_owner echo_owner = { .read = echo_read, .closed = echo_closed };

static void request_taken(struct http_conn *conn, const struct http_request *request, struct str body, void *context)
{
    (void)body;
    (void)context;
    struct buf accept = { 0 };
    struct buf reply = { 0 };
    struct buf rest = { 0 };
    struct ws_deflate_offer offer = { 0 };
    if (!request->upgrade_websocket || ws_handshake_check(request, &accept, &offer) != OK) {
        struct payload *payload = payload_from(STR("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
        http_conn_reply(conn, payload);
        payload_unref(&payload);
        buf_release(&accept);
        return;
    }
    ws_handshake_reply(&reply, buf_str(&accept), offer.wanted ? &offer : NULL, STR_NONE);
    struct echo *echo = mem_zalloc(sizeof(*echo));
    echo->stream = http_conn_take(conn, &rest);
    conn_set_owner(echo->stream, &echo_owner, echo);
    echo->decoder = ws_decoder_new(MESSAGE_MAX, offer.wanted ? ws_inflate_new() : NULL);
    echo->deflate = offer.wanted ? ws_deflate_new(1) : NULL;
    frame_send(echo, &reply);
    if (rest.size > 0)
        echo_read(echo, rest.ptr, rest.size);
    buf_release(&accept);
    buf_release(&reply);
    buf_release(&rest);
}

static void no_headers(struct buf *out, void *context)
{
    (void)out;
    (void)context;
}

static void no_body(struct buf *out, int status, void *context)
{
    (void)out;
    (void)status;
    (void)context;
}

static void accepted(struct conn *conn, void *context)
{
    http_server_accept(context, conn);
}

int ws_echo_main(int argc, char **argv)
{
    struct conf conf;
    if (arguments_load(&conf, NULL, 0, argc - 1, argv + 1) != OK)
        return 2;
    log_init(LOG_LEVEL_INFO, STDERR_FILENO);
    struct loop *loop = loop_new(0);
    struct http_server *http = http_server_new(loop, &(struct http_server_options){
                                                         .head_timeout_ms = conf.head_timeout_ms,
                                                         .idle_timeout_ms = conf.idle_timeout_ms,
                                                         .body_max = 0,
                                                         .request = request_taken,
                                                         .common_headers = no_headers,
                                                         .error_body = no_body,
                                                     });
    const char *colon = strrchr(conf.listen, ':');
    struct buf host = { 0 };
    buf_append(&host, conf.listen, (size_t)(colon - conf.listen));
    buf_append_byte(&host, '\0');
    struct listener_options options = {
        .host = host.ptr,
        .port = (unsigned)strtoul(colon + 1, NULL, 10),
        .outbox_max = OUTBOX_MAX,
        .conns_max = 1000,
        .accepted = accepted,
        .context = http,
    };
    struct listener *listener = NULL;
    unsigned port = 0;
    enum err err = listener_open(&loop, 1, &options, &listener, &port);
    if (err == OK) {
        printf("echo is ready: ws://%s:%u\n", host.ptr[0] == '\0' ? "127.0.0.1" : host.ptr, port);
        fflush(stdout);
        loop_run(loop); /* Until a signal ends the process. */
    }
    return err == OK ? 0 : 1;
}
