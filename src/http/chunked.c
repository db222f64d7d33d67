/* chunked.c: a chunked body (RFC 9112 section 7.1), a byte of framing at a time.
 * Line ends are CR LF and nothing else: servers that took a bare LF in an
 * extension have been smuggled past. Extensions and trailers carry nothing for
 * us and are read over, but counted: they have no other bound. */
#include "http/hex.h"
#include "http/parser.h"

enum chunked_state {
    CHUNK_SIZE_FIRST, /* zero: where a new body starts */
    CHUNK_SIZE,
    CHUNK_BLANK,
    CHUNK_EXTENSION,
    CHUNK_LINE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILER_FIRST,
    TRAILER_NAME,
    TRAILER_VALUE,
    TRAILER_LF,
    CHUNKED_LAST_LF,
    CHUNKED_END,
};

#define CHUNK_ALLOWANCE 16

static enum err framing_step(struct http_chunked *chunked, char byte, size_t room);
static void data_take(struct http_chunked *chunked, struct str *bytes, struct buf *body);

enum err http_chunked_feed(struct http_chunked *chunked, struct str *bytes, struct buf *body, size_t body_max)
{
    while (bytes->size > 0 && chunked->state != CHUNKED_END) {
        if (chunked->state == CHUNK_DATA) {
            data_take(chunked, bytes, body);
            continue;
        }
        if (chunked->line_size == HTTP_CHUNKED_EXTRA_MAX)
            return ERR_TOO_LARGE;
        size_t room = body->size < body_max ? body_max - body->size : 0;
        enum err err = framing_step(chunked, bytes->ptr[0], room);
        if (err != OK)
            return err;
        chunked->line_size++;
        if (chunked->state == CHUNK_DATA) {
            uint64_t allowance = CHUNK_ALLOWANCE + chunked->left;
            chunked->line_size = chunked->line_size > allowance ? chunked->line_size - (uint32_t)allowance : 0;
        }
        bytes->ptr++;
        bytes->size--;
    }
    return chunked->state == CHUNKED_END ? OK : ERR_MORE;
}

static void data_take(struct http_chunked *chunked, struct str *bytes, struct buf *body)
{
    size_t size = bytes->size < chunked->left ? bytes->size : (size_t)chunked->left;
    buf_append(body, bytes->ptr, size);
    bytes->ptr += size;
    bytes->size -= size;
    chunked->left -= size;
    if (chunked->left == 0)
        chunked->state = CHUNK_DATA_CR;
}

static enum err state_expect(struct http_chunked *chunked, char byte, char expected, enum chunked_state next)
{
    if (byte != expected)
        return ERR_PARSE;
    chunked->state = (uint8_t)next;
    return OK;
}

static enum err size_step(struct http_chunked *chunked, char byte, size_t room)
{
    int digit = hex_digit(byte);
    if (digit >= 0) {
        /* A size only grows with its digits, so it is refused at the first that is too many. */
        if (chunked->left > (UINT64_MAX >> 4) || chunked->left * 16 + (unsigned)digit > room)
            return ERR_TOO_LARGE;
        chunked->left = chunked->left * 16 + (unsigned)digit;
        chunked->state = CHUNK_SIZE;
        return OK;
    }
    if (chunked->state == CHUNK_SIZE_FIRST)
        return ERR_PARSE;
    if (byte == ';')
        chunked->state = CHUNK_EXTENSION;
    else if (byte == ' ' || byte == '\t')
        chunked->state = CHUNK_BLANK;
    else
        return state_expect(chunked, byte, '\r', CHUNK_LINE_LF);
    return OK;
}

/* Inside a line's free text: CR ends it, other controls are refused. */
static enum err text_step(struct http_chunked *chunked, char byte, enum chunked_state after_cr)
{
    unsigned char value = (unsigned char)byte;
    if (byte == '\r')
        chunked->state = (uint8_t)after_cr;
    else if ((value < 0x20 && byte != '\t') || value == 0x7F)
        return ERR_PARSE;
    return OK;
}

static enum err trailer_name_step(struct http_chunked *chunked, char byte)
{
    if (byte == ':' && chunked->state == TRAILER_NAME)
        chunked->state = TRAILER_VALUE;
    else if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
             (byte != '\0' && strchr("!#$%&'*+-.^_`|~", byte) != NULL))
        chunked->state = TRAILER_NAME;
    else
        return ERR_PARSE;
    return OK;
}

static enum err framing_step(struct http_chunked *chunked, char byte, size_t room)
{
    switch ((enum chunked_state)chunked->state) {
    case CHUNK_SIZE_FIRST:
    case CHUNK_SIZE:
        return size_step(chunked, byte, room);
    case CHUNK_BLANK: /* bad white space, which RFC 9112 has us take, but only before an extension */
        return byte == ' ' || byte == '\t' ? OK : state_expect(chunked, byte, ';', CHUNK_EXTENSION);
    case CHUNK_EXTENSION:
        return text_step(chunked, byte, CHUNK_LINE_LF);
    case CHUNK_LINE_LF:
        return state_expect(chunked, byte, '\n', chunked->left == 0 ? TRAILER_FIRST : CHUNK_DATA);
    case CHUNK_DATA_CR:
        return state_expect(chunked, byte, '\r', CHUNK_DATA_LF);
    case CHUNK_DATA_LF:
        return state_expect(chunked, byte, '\n', CHUNK_SIZE_FIRST);
    case TRAILER_FIRST:
        if (byte == '\r')
            return state_expect(chunked, byte, '\r', CHUNKED_LAST_LF);
        return trailer_name_step(chunked, byte);
    case TRAILER_NAME:
        return trailer_name_step(chunked, byte);
    case TRAILER_VALUE:
        return text_step(chunked, byte, TRAILER_LF);
    case TRAILER_LF:
        return state_expect(chunked, byte, '\n', TRAILER_FIRST);
    case CHUNKED_LAST_LF:
        return state_expect(chunked, byte, '\n', CHUNKED_END);
    case CHUNK_DATA:
    case CHUNKED_END:
        break;
    }
    return ERR_PARSE;
}
