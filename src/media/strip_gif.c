/* strip_gif.c: blocks. Kept are frames, how long each is shown, and how often
 * all are repeated; comments, texts and what programs add go. */
#include "media/strip.h"

#define LOOP_SIZE ((size_t)19) /* a whole application extension that tells the repetitions */

/* Behind a chain of sub-blocks that begins at at; the end of the bytes + 1: it has no end. */
static size_t chain_end(struct str bytes, size_t at)
{
    while (at < bytes.size) {
        unsigned size = strip_byte(bytes, at);
        if (size == 0)
            return at + 1;
        at += 1 + (size_t)size;
    }
    return bytes.size + 1;
}

static size_t table_size(unsigned flags)
{
    return (flags & 0x80) == 0 ? 0 : (size_t)3 << ((flags & 7) + 1);
}

/* extension: from its introducer on. */
static bool extension_kept(struct str extension)
{
    if (strip_byte(extension, 1) == 0xf9) /* Graphic control. */
        return extension.size == 8 && strip_byte(extension, 2) == 4;
    return extension.size == LOOP_SIZE &&
           (strip_has(extension, 0, STR("\x21\xff\x0bNETSCAPE2.0\x03\x01")) || strip_has(extension, 0,
                                                                                         STR("\x21\xff\x0b"
                                                                                             "ANIMEXTS1.0\x03\x01")));
}

/* The frame at at, appended; *at moves behind it. */
static enum err frame_append(struct str bytes, size_t *at, struct buf *out, struct strip_info *info)
{
    size_t from = *at;
    if (bytes.size - from < 11)
        return ERR_PARSE;
    uint32_t right = strip_u16_little(bytes, from + 1) + strip_u16_little(bytes, from + 5);
    uint32_t bottom = strip_u16_little(bytes, from + 3) + strip_u16_little(bytes, from + 7);
    size_t data = from + 10 + table_size(strip_byte(bytes, from + 9)) + 1; /* behind the code size */
    size_t end = chain_end(bytes, data);
    if (end > bytes.size)
        return ERR_PARSE;
    /* Decoders make the canvas larger for a frame that stands out. */
    info->width = right > info->width ? right : info->width;
    info->height = bottom > info->height ? bottom : info->height;
    buf_append(out, bytes.ptr + from, end - from);
    *at = end;
    return ++info->frames > STRIP_FRAMES_MAX ? ERR_TOO_LARGE : OK;
}

enum err strip_gif(struct str bytes, struct buf *out, struct strip_info *info)
{
    if (bytes.size < 13 || !(strip_has(bytes, 0, STR("GIF89a")) || strip_has(bytes, 0, STR("GIF87a"))))
        return ERR_PARSE;
    size_t at = 13 + table_size(strip_byte(bytes, 10));
    if (at > bytes.size)
        return ERR_PARSE;
    *info = (struct strip_info){ .width = strip_u16_little(bytes, 6),
                                 .height = strip_u16_little(bytes, 8),
                                 .orientation = 1 };
    buf_append(out, bytes.ptr, at);
    while (at < bytes.size && strip_byte(bytes, at) != 0x3b) {
        unsigned kind = strip_byte(bytes, at);
        enum err err = OK;
        if (kind == 0x2c) {
            err = frame_append(bytes, &at, out, info);
        } else if (kind == 0x21 && bytes.size - at > 2) {
            size_t end = chain_end(bytes, at + 2);
            if (end > bytes.size)
                return ERR_PARSE;
            struct str extension = { bytes.ptr + at, end - at };
            if (extension_kept(extension))
                buf_append_str(out, extension);
            at = end;
        } else {
            err = ERR_PARSE;
        }
        if (err != OK)
            return err;
    }
    /* Many files lack the trailer, and are whole. */
    buf_append_byte(out, 0x3b);
    return info->frames > 0 ? OK : ERR_PARSE;
}
