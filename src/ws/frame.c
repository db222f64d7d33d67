/* frame.c: WebSocket frames, from the client in and to the client out.
 * A frame that lies whole in the bytes read, as nearly all do, is unmasked
 * where it lies and handed out as it is: nothing is copied, nothing allocated.
 * Everything else goes through one buffer, `held`: the fragments of a message
 * so far, and behind them the payload of a control frame that came in between
 * and is itself split over reads. The buffer goes when it is empty, so an idle
 * connection costs the struct alone. */
#include "ws/frame.h"

#include "util/mem.h"
#include "ws/deflate.h"

#include <assert.h>
#include <stdlib.h>

#define HEADER_MAX 14 /* two bytes, a 64-bit length, a mask */
#define CONTROL_MAX 125
#define REASON_MAX (CONTROL_MAX - 2)

enum {
    FIRST_FIN = 0x80,
    FIRST_RSV1 = 0x40, /* compressed, on a message's first frame (RFC 7692 section 6) */
    FIRST_RSV23 = 0x30,
    FIRST_OPCODE = 0x0F,
    OPCODE_CONTROL = 0x08,
    SECOND_MASK = 0x80,
    SECOND_LENGTH = 0x7F,
};

struct ws_decoder {
    struct buf held;
    struct ws_inflate *inflate;
    size_t message_max;     /* fits 32 bits */
    struct utf8_check utf8; /* at a boundary again after each message */
    uint32_t message_size;  /* of held: the finished fragments; what lies behind belongs to the current frame */
    uint8_t first;          /* the current frame's first byte */
    uint8_t message;        /* RSV1 and opcode of the message in progress, 0 without one */
    uint8_t header_size;    /* bytes of the header that have come; of use until in_payload */
    bool in_payload;
    union {
        unsigned char header[HEADER_MAX];
        struct {
            uint32_t left; /* of the payload */
            unsigned char mask[4];
        };
    };
};

static_assert(sizeof(struct ws_decoder) <= 72, "every idle connection has one");

static void delivered_drop(struct ws_decoder *decoder);
static enum err header_take(struct ws_decoder *decoder, char **bytes, size_t *size, unsigned *close_code);
static enum err payload_take(struct ws_decoder *decoder, char **bytes, size_t *size, struct str *payload,
                             unsigned *close_code);
static enum err control_finish(struct str payload, struct ws_event *event, unsigned *close_code);
static enum err message_finish(struct ws_decoder *decoder, struct str payload, struct ws_event *event,
                               unsigned *close_code);

struct ws_decoder *ws_decoder_new(size_t message_max, struct ws_inflate *inflate)
{
    struct ws_decoder *decoder = mem_zalloc(sizeof(*decoder));
    decoder->message_max = message_max < UINT32_MAX / 2 ? message_max : UINT32_MAX / 2;
    decoder->inflate = inflate;
    return decoder;
}

void ws_decoder_free(struct ws_decoder **decoder)
{
    if (*decoder == NULL)
        return;
    buf_release(&(*decoder)->held);
    ws_inflate_free(&(*decoder)->inflate);
    free(*decoder);
    *decoder = NULL;
}

size_t ws_decoder_buffered(const struct ws_decoder *decoder)
{
    return decoder->held.size + (decoder->in_payload ? 0 : decoder->header_size);
}

enum err ws_decode(struct ws_decoder *decoder, char **bytes, size_t *size, struct ws_event *event, unsigned *close_code)
{
    if (!decoder->in_payload)
        delivered_drop(decoder);
    for (;;) {
        enum err err = OK;
        if (!decoder->in_payload)
            err = header_take(decoder, bytes, size, close_code);
        struct str payload = STR_NONE;
        if (err == OK)
            err = payload_take(decoder, bytes, size, &payload, close_code);
        if (err != OK)
            return err;

        decoder->in_payload = false;
        decoder->header_size = 0;
        event->opcode = (enum ws_opcode)(decoder->first & FIRST_OPCODE);
        if ((decoder->first & OPCODE_CONTROL) != 0)
            return control_finish(payload, event, close_code);
        if ((decoder->first & FIRST_FIN) != 0)
            return message_finish(decoder, payload, event, close_code);
        decoder->message_size = (uint32_t)decoder->held.size;
    }
}

/* The last event has been seen to: only a message still in progress is kept. */
static void delivered_drop(struct ws_decoder *decoder)
{
    decoder->held.size = decoder->message_size;
    if (decoder->message_size == 0 && decoder->held.ptr != NULL)
        buf_release(&decoder->held);
}

static enum err refuse(unsigned *close_code, enum ws_close code)
{
    *close_code = (unsigned)code;
    return code == WS_CLOSE_TOO_LARGE ? ERR_TOO_LARGE : ERR_PARSE;
}

/* RFC 6455 sections 5.2, 5.4 and 5.5: which frame may stand here. */
static bool first_allowed(const struct ws_decoder *decoder, unsigned char first)
{
    bool compressed = (first & FIRST_RSV1) != 0;
    if ((first & FIRST_RSV23) != 0)
        return false;
    switch (first & FIRST_OPCODE) {
    case WS_CONT:
        return decoder->message != 0 && !compressed;
    case WS_TEXT:
    case WS_BINARY:
        return decoder->message == 0 && (!compressed || decoder->inflate != NULL);
    case WS_CLOSE:
    case WS_PING:
    case WS_PONG:
        return (first & FIRST_FIN) != 0 && !compressed;
    default:
        return false;
    }
}

/* A control frame has no extended length, and section 5.1 has every client mask. */
static bool second_allowed(unsigned char first, unsigned char second)
{
    bool control = (first & OPCODE_CONTROL) != 0;
    return (second & SECOND_MASK) != 0 && (!control || (second & SECOND_LENGTH) <= CONTROL_MAX);
}

static size_t header_size_of(unsigned char second)
{
    unsigned length = second & SECOND_LENGTH;
    return 2 + (length == 127 ? 8u : length == 126 ? 2u : 0u) + 4;
}

/* The payload's length, from a whole header; false when it is not written in the fewest bytes. */
static bool length_read(const unsigned char *header, uint64_t *length)
{
    unsigned coded = header[1] & SECOND_LENGTH;
    *length = coded;
    if (coded < 126)
        return true;
    size_t bytes = coded == 126 ? 2 : 8;
    *length = 0;
    for (size_t i = 0; i < bytes; i++)
        *length = *length << 8 | header[2 + i];
    return coded == 126 ? *length >= 126 : *length > UINT16_MAX && *length <= INT64_MAX;
}

/* Judges the first `size` bytes of a header; ERR_MORE while it is in order and not whole. */
static enum err header_judge(struct ws_decoder *decoder, const unsigned char *header, size_t size, unsigned *close_code)
{
    if (size >= 1 && !first_allowed(decoder, header[0]))
        return refuse(close_code, WS_CLOSE_PROTOCOL);
    if (size >= 2 && !second_allowed(header[0], header[1]))
        return refuse(close_code, WS_CLOSE_PROTOCOL);
    if (size < 2 || size < header_size_of(header[1]))
        return ERR_MORE;

    uint64_t length;
    if (!length_read(header, &length))
        return refuse(close_code, WS_CLOSE_PROTOCOL);
    bool control = (header[0] & OPCODE_CONTROL) != 0;
    if (!control && length > decoder->message_max - decoder->message_size)
        return refuse(close_code, WS_CLOSE_TOO_LARGE);

    unsigned char mask[4];
    memcpy(mask, header + header_size_of(header[1]) - 4, 4);
    decoder->first = header[0];
    if (!control && (header[0] & FIRST_OPCODE) != WS_CONT)
        decoder->message = header[0] & (FIRST_RSV1 | FIRST_OPCODE);
    decoder->left = (uint32_t)length; /* header may lie in the union: it is read by now */
    memcpy(decoder->mask, mask, 4);
    decoder->in_payload = true;
    return OK;
}

static enum err header_take(struct ws_decoder *decoder, char **bytes, size_t *size, unsigned *close_code)
{
    const unsigned char *header = (const unsigned char *)*bytes;
    if (decoder->header_size == 0 && *size >= 2 && *size >= header_size_of(header[1])) {
        size_t taken = header_size_of(header[1]);
        enum err err = header_judge(decoder, header, taken, close_code);
        *bytes += taken;
        *size -= taken;
        return err;
    }
    enum err err = ERR_MORE;
    while (err == ERR_MORE && *size > 0) {
        decoder->header[decoder->header_size++] = (unsigned char)**bytes;
        *bytes += 1;
        *size -= 1;
        err = header_judge(decoder, decoder->header, decoder->header_size, close_code);
    }
    return err;
}

/* Unmasks in place, and tells whether all of it is ASCII. The wide loop is
 * plain enough for the compiler to make it wider still. */
static bool unmask(char *bytes, size_t size, const unsigned char mask[4])
{
    uint64_t wide_mask;
    memcpy(&wide_mask, mask, 4);
    memcpy((char *)&wide_mask + 4, mask, 4);
    uint64_t seen = 0;
    size_t wide_size = size & ~(size_t)7;
    for (size_t i = 0; i < wide_size; i += 8) {
        uint64_t wide;
        memcpy(&wide, bytes + i, 8);
        wide ^= wide_mask;
        seen |= wide;
        memcpy(bytes + i, &wide, 8);
    }
    for (size_t i = wide_size; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i] ^ mask[i & 3];
        seen |= byte;
        bytes[i] = (char)byte;
    }
    return (seen & 0x8080808080808080) == 0;
}

static void mask_rotate(unsigned char mask[4], size_t by)
{
    unsigned char turned[4];
    for (size_t i = 0; i < 4; i++)
        turned[i] = mask[(i + by) & 3];
    memcpy(mask, turned, 4);
}

/* A message's text is checked as it comes, unless it is compressed: then it is not text yet. */
static bool piece_valid(struct ws_decoder *decoder, struct str piece, bool ascii)
{
    if ((decoder->first & OPCODE_CONTROL) != 0 || decoder->message != WS_TEXT)
        return true;
    if (ascii && utf8_check_done(&decoder->utf8))
        return true;
    return utf8_check_feed(&decoder->utf8, piece.ptr, piece.size);
}

/* OK: the frame's payload has come. *payload is it where it is a whole message
 * or control frame by itself, and lies in the bytes just read; with fragments
 * it is the message so far, in held. */
static enum err payload_take(struct ws_decoder *decoder, char **bytes, size_t *size, struct str *payload,
                             unsigned *close_code)
{
    struct str piece = { *bytes, *size < decoder->left ? *size : decoder->left };
    bool ascii = true;
    if (piece.size > 0) {
        ascii = unmask(*bytes, piece.size, decoder->mask);
        *bytes += piece.size;
        *size -= piece.size;
        decoder->left -= (uint32_t)piece.size;
    }
    if (!piece_valid(decoder, piece, ascii))
        return refuse(close_code, WS_CLOSE_INVALID);

    bool control = (decoder->first & OPCODE_CONTROL) != 0;
    size_t before = control ? decoder->message_size : 0;
    bool alone = decoder->held.size == before && (decoder->first & FIRST_FIN) != 0;
    if (decoder->left == 0 && alone) {
        *payload = piece;
        return OK;
    }
    buf_append(&decoder->held, piece.ptr, piece.size);
    if (decoder->left > 0) {
        mask_rotate(decoder->mask, piece.size);
        return ERR_MORE;
    }
    if (decoder->held.size > before)
        *payload = (struct str){ decoder->held.ptr + before, decoder->held.size - before };
    return OK;
}

/* RFC 6455 section 7.4 and the registry it set up: 1012 to 1014 came later. */
static bool close_code_allowed(unsigned code)
{
    if (code >= 1000 && code <= 1014)
        return code != 1004 && code != WS_CLOSE_NONE && code != 1006;
    return code >= 3000 && code <= 4999;
}

static enum err control_finish(struct str payload, struct ws_event *event, unsigned *close_code)
{
    event->payload = payload;
    event->close_code = WS_CLOSE_NONE;
    if (event->opcode != WS_CLOSE || payload.size == 0)
        return OK;
    if (payload.size == 1)
        return refuse(close_code, WS_CLOSE_PROTOCOL);
    event->close_code = (unsigned)(unsigned char)payload.ptr[0] << 8 | (unsigned char)payload.ptr[1];
    event->payload = (struct str){ payload.ptr + 2, payload.size - 2 };
    if (!close_code_allowed(event->close_code))
        return refuse(close_code, WS_CLOSE_PROTOCOL);
    return utf8_valid(event->payload) ? OK : refuse(close_code, WS_CLOSE_INVALID);
}

/* The message inflated into held, which takes the place of the compressed one. */
static enum err message_inflate(struct ws_decoder *decoder, struct str *payload, unsigned *close_code)
{
    struct buf plain = { 0 };
    enum err err = ws_inflate_message(decoder->inflate, *payload, &plain, decoder->message_max);
    buf_release(&decoder->held);
    decoder->held = plain;
    *payload = buf_str(&decoder->held);
    if (err == ERR_TOO_LARGE)
        return refuse(close_code, WS_CLOSE_TOO_LARGE);
    return err == OK ? OK : refuse(close_code, WS_CLOSE_INVALID);
}

static enum err message_finish(struct ws_decoder *decoder, struct str payload, struct ws_event *event,
                               unsigned *close_code)
{
    bool compressed = (decoder->message & FIRST_RSV1) != 0;
    event->opcode = (enum ws_opcode)(decoder->message & FIRST_OPCODE);
    event->close_code = 0;
    decoder->message = 0;
    decoder->message_size = 0;
    bool text_valid = utf8_check_done(&decoder->utf8);
    if (compressed) {
        enum err err = message_inflate(decoder, &payload, close_code);
        if (err != OK)
            return err;
        text_valid = event->opcode != WS_TEXT || utf8_valid(payload);
    }
    event->payload = payload;
    return text_valid ? OK : refuse(close_code, WS_CLOSE_INVALID);
}

size_t ws_header_write(char out[10], enum ws_opcode opcode, bool rsv1, uint64_t payload_size)
{
    out[0] = (char)(FIRST_FIN | (rsv1 ? FIRST_RSV1 : 0) | (unsigned)opcode);
    if (payload_size < 126) {
        out[1] = (char)payload_size;
        return 2;
    }
    size_t bytes = payload_size <= UINT16_MAX ? 2 : 8;
    out[1] = bytes == 2 ? 126 : 127;
    for (size_t i = 0; i < bytes; i++)
        out[2 + i] = (char)(payload_size >> 8 * (bytes - 1 - i) & 0xFF);
    return 2 + bytes;
}

void ws_frame_append(struct buf *out, enum ws_opcode opcode, struct str payload)
{
    char header[10];
    size_t header_size = ws_header_write(header, opcode, false, payload.size);
    buf_reserve(out, header_size + payload.size);
    buf_append(out, header, header_size);
    buf_append_str(out, payload);
}

void ws_close_append(struct buf *out, unsigned code, struct str reason)
{
    char payload[CONTROL_MAX];
    size_t size = 0;
    if (code != 0 && code != WS_CLOSE_NONE) {
        payload[0] = (char)(code >> 8 & 0xFF);
        payload[1] = (char)(code & 0xFF);
        size = reason.size < REASON_MAX ? reason.size : REASON_MAX;
        while (size > 0 && size < reason.size && ((unsigned char)reason.ptr[size] & 0xC0) == 0x80)
            size--;
        if (size > 0)
            memcpy(payload + 2, reason.ptr, size);
        size += 2;
    }
    ws_frame_append(out, WS_CLOSE, (struct str){ payload, size });
}
