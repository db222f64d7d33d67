/* strip_webp.c: chunks of a RIFF. Kept are pictures, their transparency and
 * animation, and the colour profile. */
#include "media/strip.h"

#define HEAD_SIZE ((size_t)12) /* RIFF, size, WEBP */
#define CHUNK_SIZE ((size_t)8) /* type and size */
#define FRAME_SIZE ((size_t)16)
#define FLAG_EXIF 0x08
#define FLAG_XMP 0x04

struct chunk {
    struct str whole; /* with its head and padding */
    struct str data;
};

/* The chunk at *at, which moves behind it. */
static enum err chunk_read(struct str bytes, size_t *at, struct chunk *chunk)
{
    if (bytes.size - *at < CHUNK_SIZE)
        return ERR_PARSE;
    size_t size = strip_u32_little(bytes, *at + 4);
    size_t padded = size + (size & 1);
    if (padded > bytes.size - *at - CHUNK_SIZE)
        return ERR_PARSE;
    chunk->whole = (struct str){ bytes.ptr + *at, CHUNK_SIZE + padded };
    chunk->data = (struct str){ bytes.ptr + *at + CHUNK_SIZE, size };
    *at += CHUNK_SIZE + padded;
    return OK;
}

static bool is(const struct chunk *chunk, struct str name)
{
    return strip_has(chunk->whole, 0, name);
}

static void u32_put(struct buf *out, size_t at, size_t value)
{
    for (size_t i = 0; i < 4; i++)
        out->ptr[at + i] = (char)(value >> (8 * i));
}

static void size_max(struct strip_info *info, uint32_t width, uint32_t height)
{
    info->width = width > info->width ? width : info->width;
    info->height = height > info->height ? height : info->height;
}

/* A bitstream of either kind: RFC 9649 section 2.5 and 2.6. */
static enum err bitstream_read(const struct chunk *chunk, struct strip_info *info)
{
    struct str data = chunk->data;
    if (is(chunk, STR("VP8L"))) {
        if (data.size < 5 || strip_byte(data, 0) != 0x2f)
            return ERR_PARSE;
        uint32_t bits = strip_u32_little(data, 1);
        size_max(info, (bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1);
        return OK;
    }
    if (data.size < 10 || !strip_has(data, 3, STR("\x9d\x01\x2a")))
        return ERR_PARSE;
    info->lossless = false;
    size_max(info, strip_u16_little(data, 6) & 0x3fff, strip_u16_little(data, 8) & 0x3fff);
    return OK;
}

static bool is_bitstream(const struct chunk *chunk)
{
    return is(chunk, STR("VP8 ")) || is(chunk, STR("VP8L"));
}

/* A frame of an animation: its head, then chunks, of which the known ones are kept. */
static enum err frame_append(const struct chunk *frame, struct buf *out, struct strip_info *info)
{
    size_t start = out->size;
    unsigned pictures = 0;
    struct chunk chunk;
    if (frame->data.size < FRAME_SIZE)
        return ERR_PARSE;
    buf_append(out, frame->whole.ptr, CHUNK_SIZE + FRAME_SIZE);
    for (size_t at = FRAME_SIZE; at < frame->data.size;) {
        enum err err = chunk_read(frame->data, &at, &chunk);
        if (err == OK && is_bitstream(&chunk)) {
            err = bitstream_read(&chunk, info);
            pictures++;
        }
        if (err != OK)
            return err;
        if (is_bitstream(&chunk) || is(&chunk, STR("ALPH")))
            buf_append_str(out, chunk.whole);
    }
    u32_put(out, start + 4, out->size - start - CHUNK_SIZE);
    return pictures != 1 ? ERR_PARSE : ++info->frames > STRIP_FRAMES_MAX ? ERR_TOO_LARGE : OK;
}

static enum err extended_append(const struct chunk *chunk, struct buf *out, struct strip_info *info)
{
    if (chunk->data.size < 10)
        return ERR_PARSE;
    size_max(info, strip_u24_little(chunk->data, 4) + 1, strip_u24_little(chunk->data, 7) + 1);
    buf_append_str(out, chunk->whole);
    char *flags = out->ptr + out->size - chunk->whole.size + CHUNK_SIZE;
    *flags = (char)((unsigned char)*flags & ~(FLAG_EXIF | FLAG_XMP));
    return OK;
}

static enum err chunk_append(const struct chunk *chunk, struct buf *out, struct strip_info *info, unsigned *stills)
{
    if (is(chunk, STR("ANMF")))
        return frame_append(chunk, out, info);
    if (is(chunk, STR("VP8X")))
        return extended_append(chunk, out, info);
    if (is(chunk, STR("EXIF"))) { /* Some writers put JPEG's prefix in front. */
        size_t skip = strip_has(chunk->data, 0, STR("Exif\0\0")) ? 6 : 0;
        info->orientation = strip_orientation((struct str){ chunk->data.ptr + skip, chunk->data.size - skip });
    }
    enum err err = OK;
    if (is_bitstream(chunk)) {
        err = bitstream_read(chunk, info);
        ++*stills;
    }
    if (is_bitstream(chunk) || is(chunk, STR("ALPH")) || is(chunk, STR("ANIM")) || is(chunk, STR("ICCP")))
        buf_append_str(out, chunk->whole);
    return err;
}

enum err strip_webp(struct str bytes, struct buf *out, struct strip_info *info)
{
    size_t start = out->size;
    unsigned stills = 0;
    struct chunk chunk;
    if (bytes.size < HEAD_SIZE || !strip_has(bytes, 0, STR("RIFF")) || !strip_has(bytes, 8, STR("WEBP")))
        return ERR_PARSE;
    size_t size = strip_u32_little(bytes, 4);
    size += size & 1;
    if (size < 4 || size > bytes.size - 8)
        return ERR_PARSE;
    bytes.size = size + 8; /* What follows the RIFF goes. */
    *info = (struct strip_info){ .orientation = 1, .lossless = true };
    buf_append(out, bytes.ptr, HEAD_SIZE);
    for (size_t at = HEAD_SIZE; at < bytes.size;) {
        enum err err = chunk_read(bytes, &at, &chunk);
        if (err == OK)
            err = chunk_append(&chunk, out, info, &stills);
        if (err != OK)
            return err;
    }
    u32_put(out, start + 4, out->size - start - 8);
    if (stills > 1 || (stills == 1) == (info->frames > 0)) /* One still, or frames. */
        return ERR_PARSE;
    info->frames += stills;
    return OK;
}
