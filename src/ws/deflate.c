/* deflate.c: permessage-deflate by zlib, each message for itself.
 * Nothing is carried from one message to the next (no context takeover, both
 * ways), so inflating borrows zlib's memory for the moment of a call. A
 * compressed message says nothing of its true size: it is inflated step by
 * step and stopped at the bound. */
#include "ws/deflate.h"

#include "util/mem.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#define WINDOW_BITS_RAW (-15) /* negative: no zlib header */
/* A hash table of 2^(5+7) entries is cleared for every message. zlib's default
 * of 2^15 costs a chat message 15 % more time and saves it no byte. */
#define DEFLATE_MEM_LEVEL 5
#define INFLATE_STEP_MIN 256
#define INFLATE_STEP_MAX ((size_t)64 * 1024)

static const unsigned char tail[4] = { 0x00, 0x00, 0xFF, 0xFF }; /* RFC 7692 section 7.2.1 */

struct ws_inflate {
    int window_bits; /* what zlib is asked for; its state lives only while a message is inflated */
};

struct ws_deflate {
    z_stream stream;
};

struct ws_inflate *ws_inflate_new(void)
{
    struct ws_inflate *inflater = mem_zalloc(sizeof(*inflater));
    inflater->window_bits = WINDOW_BITS_RAW;
    return inflater;
}

void ws_inflate_free(struct ws_inflate **inflater)
{
    free(*inflater);
    *inflater = NULL;
}

static void input_set(z_stream *stream, const void *bytes, size_t size)
{
    assert(size <= UINT_MAX);
    stream->next_in = bytes;
    stream->avail_in = (uInt)size;
}

/* Grows out by a step and lets zlib fill it. */
static int step(z_stream *stream, struct buf *out)
{
    size_t size = INFLATE_STEP_MIN + stream->avail_in * (size_t)4;
    if (size > INFLATE_STEP_MAX)
        size = INFLATE_STEP_MAX;
    buf_reserve(out, size);
    stream->next_out = (Bytef *)out->ptr + out->size;
    stream->avail_out = (uInt)size;
    int result = inflate(stream, Z_SYNC_FLUSH);
    out->size += size - stream->avail_out;
    return result;
}

/* Inflates all that input_set gave, and at most a step beyond size_end. A final block may end the stream before
 * the message ends (RFC 7692 section 7.2.3.4): what follows starts anew. */
static enum err inflate_input(z_stream *stream, struct buf *out, size_t size_end)
{
    do {
        int result = step(stream, out);
        if (out->size > size_end)
            return ERR_TOO_LARGE;
        if (result == Z_STREAM_END)
            result = inflateReset(stream);
        if (result == Z_BUF_ERROR && stream->avail_in == 0) /* nothing was left to do */
            result = Z_OK;
        if (result != Z_OK)
            return ERR_PARSE;
    } while (stream->avail_in > 0 || stream->avail_out == 0);
    return OK;
}

/* Bit 7: between two blocks; bits 0 to 5: bits of the last byte not yet used. */
static bool at_boundary(const z_stream *stream)
{
    return (stream->data_type & 0xBF) == 0x80;
}

enum err ws_inflate_message(struct ws_inflate *inflater, struct str bytes, struct buf *out, size_t size_max)
{
    z_stream stream = { 0 };
    size_t size_before = out->size;
    assert(size_max < SIZE_MAX / 2 - size_before);
    if (inflateInit2(&stream, inflater->window_bits) != Z_OK)
        abort(); /* out of memory: util/mem.h has no path for that either */

    input_set(&stream, bytes.ptr, bytes.size);
    enum err err = inflate_input(&stream, out, size_before + size_max);
    if (err == OK) {
        input_set(&stream, tail, sizeof(tail));
        err = inflate_input(&stream, out, size_before + size_max);
    }
    if (err == OK && !at_boundary(&stream))
        err = ERR_PARSE;
    if (err != OK)
        out->size = size_before;
    inflateEnd(&stream);
    return err;
}

struct ws_deflate *ws_deflate_new(int level)
{
    assert(level >= 1 && level <= 9);
    struct ws_deflate *deflater = mem_zalloc(sizeof(*deflater));
    int result =
        deflateInit2(&deflater->stream, level, Z_DEFLATED, WINDOW_BITS_RAW, DEFLATE_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (result != Z_OK)
        abort();
    return deflater;
}

void ws_deflate_free(struct ws_deflate **deflater)
{
    if (*deflater == NULL)
        return;
    deflateEnd(&(*deflater)->stream);
    free(*deflater);
    *deflater = NULL;
}

void ws_deflate_message(struct ws_deflate *deflater, struct str bytes, struct buf *out)
{
    z_stream *stream = &deflater->stream;
    deflateReset(stream);
    input_set(stream, bytes.ptr, bytes.size);
    size_t size = deflateBound(stream, bytes.size) + 16;
    do {
        buf_reserve(out, size);
        stream->next_out = (Bytef *)out->ptr + out->size;
        stream->avail_out = (uInt)size;
        int result = deflate(stream, Z_SYNC_FLUSH);
        assert(result == Z_OK || result == Z_BUF_ERROR);
        out->size += size - stream->avail_out;
    } while (stream->avail_out == 0);
    assert(out->size >= sizeof(tail) && memcmp(out->ptr + out->size - sizeof(tail), tail, sizeof(tail)) == 0);
    out->size -= sizeof(tail);
}
