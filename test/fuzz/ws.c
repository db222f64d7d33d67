/* ws.c: any bytes as a client's frames, as a compressed message and as a message
 * to compress. The first byte says how the stream is cut and whether deflate was
 * negotiated. Cut or whole, the events must be the same. */
#include "fuzz.h"

#include "ws/deflate.h"
#include "ws/frame.h"

#define MESSAGE_MAX 70000

static void event_check(const struct ws_event *event)
{
    MUST(event->payload.size <= MESSAGE_MAX);
    switch (event->opcode) {
    case WS_TEXT:
        MUST(utf8_valid(event->payload));
        break;
    case WS_BINARY:
        break;
    case WS_CLOSE:
        MUST(event->payload.size <= 123 && utf8_valid(event->payload));
        MUST(event->close_code >= 1000 && event->close_code <= 4999);
        break;
    case WS_PING:
    case WS_PONG:
        MUST(event->payload.size <= 125);
        break;
    case WS_CONT:
    default:
        MUST(event->opcode == WS_TEXT); /* a fragment is no event */
    }
}

/* Decodes in pieces of piece_size and appends what happens to log. */
static void run(struct str bytes, bool compressed, size_t piece_size, struct buf *log)
{
    struct ws_decoder *decoder = ws_decoder_new(MESSAGE_MAX, compressed ? ws_inflate_new() : NULL);
    enum err err = ERR_MORE;
    while (err == ERR_MORE && bytes.size > 0) {
        size_t size = piece_size < bytes.size ? piece_size : bytes.size;
        char *piece = malloc(size);
        memcpy(piece, bytes.ptr, size);
        char *at = piece;
        size_t left = size;
        struct ws_event event;
        unsigned close_code = 0;
        while ((err = ws_decode(decoder, &at, &left, &event, &close_code)) == OK) {
            event_check(&event);
            buf_append_format(log, "%d %u %zu ", (int)event.opcode, event.close_code, event.payload.size);
            buf_append_str(log, event.payload);
        }
        MUST(ws_decoder_buffered(decoder) <= MESSAGE_MAX + 125);
        MUST(err != ERR_MORE || left == 0);
        MUST((err == ERR_TOO_LARGE) == (close_code == WS_CLOSE_TOO_LARGE));
        MUST((err == ERR_PARSE) == (close_code == WS_CLOSE_PROTOCOL || close_code == WS_CLOSE_INVALID));
        if (err != ERR_MORE)
            buf_append_format(log, "end %d %u", (int)err, close_code);
        free(piece);
        bytes = (struct str){ bytes.ptr + size, bytes.size - size };
    }
    ws_decoder_free(&decoder);
}

static void frames_check(struct str bytes, bool compressed, size_t piece_size)
{
    struct buf whole = { 0 };
    struct buf cut = { 0 };
    run(bytes, compressed, SIZE_MAX, &whole);
    run(bytes, compressed, piece_size, &cut);
    MUST(str_equal(buf_str(&whole), buf_str(&cut)));
    buf_release(&whole);
    buf_release(&cut);
}

static void deflate_check(struct str bytes, int level)
{
    struct ws_deflate *deflate = ws_deflate_new(level);
    struct ws_inflate *inflate = ws_inflate_new();
    struct buf packed = { 0 };
    struct buf plain = { 0 };
    ws_deflate_message(deflate, bytes, &packed);
    MUST(ws_inflate_message(inflate, buf_str(&packed), &plain, bytes.size) == OK);
    MUST(str_equal(buf_str(&plain), bytes));
    buf_clear(&plain);
    if (bytes.size > 0)
        MUST(ws_inflate_message(inflate, buf_str(&packed), &plain, bytes.size - 1) == ERR_TOO_LARGE);
    enum err err = ws_inflate_message(inflate, bytes, &plain, 5000);
    MUST(plain.size <= 5000 && (err == OK || plain.size == 0));
    buf_release(&packed);
    buf_release(&plain);
    ws_deflate_free(&deflate);
    ws_inflate_free(&inflate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct str bytes = { (const char *)data + 1, size - 1 };
    frames_check(bytes, (data[0] & 1) != 0, 1 + (data[0] >> 1 & 15));
    if (data[0] >= 0xE0) /* dearer than frames: some of the time */
        deflate_check(bytes, 1 + data[0] % 9);
    return 0;
}
