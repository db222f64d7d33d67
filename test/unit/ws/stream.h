/* stream.h: a stream of client frames, decoded however it is cut.
 * What comes out is written down as text, one line an event; a stream is fed
 * whole, byte by byte and in random pieces, and that must not show in it. */
#ifndef TEST_WS_STREAM_H
#define TEST_WS_STREAM_H

#include "ws/deflate.h"
#include "ws/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

#define MESSAGE_MAX 70000

static unsigned seed;

/* A frame as a client sends it; first is the whole first byte. */
static inline void client_frame(struct buf *out, unsigned first, struct str payload)
{
    char header[10];
    size_t size = ws_header_write(header, WS_TEXT, false, payload.size);
    header[0] = (char)first;
    header[1] = (char)(header[1] | 0x80);
    buf_append(out, header, size);
    char mask[4];
    for (size_t i = 0; i < 4; i++)
        mask[i] = (char)rand_r(&seed);
    buf_append(out, mask, 4);
    for (size_t i = 0; i < payload.size; i++)
        buf_append_byte(out, (char)(payload.ptr[i] ^ mask[i & 3]));
}

static inline void client_text(struct buf *out, unsigned first, const char *payload)
{
    client_frame(out, first, str_from(payload));
}

static inline void event_note(struct buf *log, const struct ws_event *event)
{
    static const char *const names[] = {
        [WS_TEXT] = "text", [WS_BINARY] = "binary", [WS_CLOSE] = "close", [WS_PING] = "ping", [WS_PONG] = "pong"
    };
    buf_append_format(log, "%s", names[event->opcode]);
    if (event->opcode == WS_CLOSE)
        buf_append_format(log, " %u", event->close_code);
    if (event->payload.size > 200) {
        uint64_t sum = 0;
        for (size_t i = 0; i < event->payload.size; i++)
            sum = sum * 31 + (unsigned char)event->payload.ptr[i];
        buf_append_format(log, " %zu bytes %llx", event->payload.size, (unsigned long long)sum);
    } else if (event->payload.size > 0) {
        buf_append_byte(log, ' ');
        buf_append_str(log, event->payload);
    }
    buf_append_byte(log, '\n');
}

/* All events of the bytes, fed in pieces of 1 to piece_max, and how it ended. */
static inline struct buf run(struct str bytes, size_t message_max, bool compressed, size_t piece_max)
{
    struct buf log = { 0 };
    struct ws_decoder *decoder = ws_decoder_new(message_max, compressed ? ws_inflate_new() : NULL);
    enum err err = ERR_MORE;
    while (err == ERR_MORE && bytes.size > 0) {
        size_t size = piece_max == SIZE_MAX ? bytes.size : 1 + (size_t)rand_r(&seed) % piece_max;
        size = size < bytes.size ? size : bytes.size;
        char *piece = malloc(size); /* of its own, as the loop's read buffer is */
        memcpy(piece, bytes.ptr, size);
        char *at = piece;
        size_t left = size;
        struct ws_event event;
        unsigned close_code = 0;
        while ((err = ws_decode(decoder, &at, &left, &event, &close_code)) == OK)
            event_note(&log, &event);
        if (err == ERR_MORE)
            assert_int_equal(left, 0);
        else
            buf_append_format(&log, "%s %u\n", err == ERR_TOO_LARGE ? "too large" : "refused", close_code);
        free(piece);
        bytes = (struct str){ bytes.ptr + size, bytes.size - size };
    }
    ws_decoder_free(&decoder);
    assert_null(decoder);
    buf_append_byte(&log, '\0');
    return log;
}

static inline void assert_log(struct str bytes, size_t message_max, bool compressed, const char *expected)
{
    static const size_t piece_sizes[] = { SIZE_MAX, 1, 2, 5, 40, 4000 };
    for (size_t i = 0; i < sizeof(piece_sizes) / sizeof(piece_sizes[0]); i++) {
        struct buf log = run(bytes, message_max, compressed, piece_sizes[i]);
        assert_string_equal(log.ptr, expected);
        buf_release(&log);
    }
}

/* The stream's events, then the stream is freed. */
static inline void expect(struct buf *stream, const char *expected)
{
    assert_log(buf_str(stream), MESSAGE_MAX, false, expected);
    buf_release(stream);
}

static inline void expect_bytes(struct str bytes, const char *expected)
{
    assert_log(bytes, MESSAGE_MAX, false, expected);
}

#endif
