/* strip_jpeg.c: segments. Of the application segments remain the bare JFIF
 * header, the colour profile and Adobe's colour transform; comments and
 * whatever follows the end go. */
#include "media/strip.h"

#define JFIF_SIZE ((size_t)14) /* of its segment, without a thumbnail */

enum {
    TEM = 0x01,
    SOF0 = 0xc0,
    DHT = 0xc4,
    JPG = 0xc8,
    DAC = 0xcc,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    RST7 = 0xd7,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    DQT = 0xdb,
    DNL = 0xdc,
    DRI = 0xdd,
    APP0 = 0xe0,
    APP1 = 0xe1,
    APP2 = 0xe2,
    APP14 = 0xee,
};

static bool is_frame(unsigned marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

static void marker_append(struct buf *out, unsigned marker)
{
    buf_append_byte(out, (char)0xff);
    buf_append_byte(out, (char)marker);
}

/* How coarse the first table is beside the one of T.81 Annex K.1, whose numbers add up to 3688. */
static void quality_read(struct str table, struct strip_info *info)
{
    unsigned sum = 0;
    if (info->quality != 0 || table.size < 65 || strip_byte(table, 0) != 0) /* Table 0, of bytes. */
        return;
    for (size_t i = 1; i < 65; i++)
        sum += strip_byte(table, i);
    unsigned scale = sum * 100 / 3688;
    info->quality = scale <= 100 ? 100 - scale / 2 : 5000 / scale;
}

/* segment: its length field and what follows. */
static void segment_append(struct buf *out, unsigned marker, struct str segment, struct strip_info *info)
{
    struct str data = { segment.ptr + 2, segment.size - 2 };
    if (marker == APP0 && strip_has(data, 0, STR("JFIF\0")) && data.size >= JFIF_SIZE) {
        buf_append_str(out, STR("\xff\xe0\x00\x10"));
        buf_append(out, data.ptr, JFIF_SIZE - 2);
        buf_append_str(out, STR("\0\0"));
        return;
    }
    if (marker == APP1 && strip_has(data, 0, STR("Exif\0\0")))
        info->orientation = strip_orientation((struct str){ data.ptr + 6, data.size - 6 });
    if (marker == DQT)
        quality_read(data, info);
    bool picture = is_frame(marker) || marker == DHT || marker == DAC || marker == DQT || marker == DNL ||
                   marker == DRI || marker == SOS || (marker == APP2 && strip_has(data, 0, STR("ICC_PROFILE\0"))) ||
                   (marker == APP14 && strip_has(data, 0, STR("Adobe")));
    if (picture) {
        marker_append(out, marker);
        buf_append_str(out, segment);
    }
}

/* Behind a scan's header: where the next marker stands, restarts read over; the end of the bytes: none. */
static size_t scan_end(struct str bytes, size_t at)
{
    while (at < bytes.size) {
        const char *found = memchr(bytes.ptr + at, 0xff, bytes.size - at);
        if (found == NULL || found == bytes.ptr + bytes.size - 1)
            return bytes.size;
        at = (size_t)(found - bytes.ptr);
        unsigned next = strip_byte(bytes, at + 1);
        if (next == 0xff)
            at++; /* A filler. */
        else if (next == 0 || (next >= RST0 && next <= RST7))
            at += 2;
        else
            return at;
    }
    return bytes.size;
}

static enum err frame_read(struct str segment, struct strip_info *info)
{
    if (segment.size < 8)
        return ERR_PARSE;
    uint32_t height = strip_u16_big(segment, 3);
    uint32_t width = strip_u16_big(segment, 5);
    if (height > info->height)
        info->height = height;
    if (width > info->width)
        info->width = width;
    return OK;
}

enum err strip_jpeg(struct str bytes, struct buf *out, struct strip_info *info)
{
    unsigned scans = 0;
    if (!strip_has(bytes, 0, STR("\xff\xd8")))
        return ERR_PARSE;
    marker_append(out, SOI);
    for (size_t at = 2; bytes.size - at >= 2;) {
        unsigned marker = strip_byte(bytes, at + 1);
        if (strip_byte(bytes, at) != 0xff || marker == 0xff || marker == 0) { /* Not a marker: it goes. */
            at++;
            continue;
        }
        at += 2;
        if (marker == EOI) {
            marker_append(out, EOI);
            return scans > 0 ? OK : ERR_PARSE;
        }
        if (marker == SOI || marker == TEM || (marker >= RST0 && marker <= RST7))
            return ERR_PARSE;
        if (bytes.size - at < 2 || strip_u16_big(bytes, at) < 2 || strip_u16_big(bytes, at) > bytes.size - at)
            return ERR_PARSE;
        struct str segment = { bytes.ptr + at, strip_u16_big(bytes, at) };
        if (is_frame(marker) && frame_read(segment, info) != OK)
            return ERR_PARSE;
        segment_append(out, marker, segment, info);
        at += segment.size;
        if (marker == SOS) {
            size_t end = scan_end(bytes, at);
            if (++scans > STRIP_SCANS_MAX)
                return ERR_TOO_LARGE;
            buf_append(out, bytes.ptr + at, end - at);
            at = end;
        }
    }
    return ERR_PARSE;
}
