/* strip.h: a picture without what is no picture.
 * Cameras and programs write into their files where, when, with what and by
 * whom; some carry a second file behind the first. Each format's parser here
 * copies only the parts that a decoder needs to show it (colour profiles
 * among them), bit for bit, and reads how large it says it is. Pure: bytes
 * in, bytes out, no memory but the output's, which is never longer than the
 * input by more than a byte. Whether the parts kept make a picture says the
 * decoder that is given them. */
#ifndef IM_MEDIA_STRIP_H
#define IM_MEDIA_STRIP_H

#include "util/buf.h"
#include "util/err.h"

#define STRIP_FRAMES_MAX 2000u
#define STRIP_SCANS_MAX 200u /* of a JPEG; each may touch all of its pixels */

/* In messages between processes: a number never changes its meaning. */
enum picture_format { PICTURE_PNG = 1, PICTURE_JPEG = 2, PICTURE_GIF = 3, PICTURE_WEBP = 4 };

struct strip_info {
    uint32_t width; /* of the canvas, as it lies in the file; never 0 */
    uint32_t height;
    uint32_t frames;      /* 1: it does not move */
    unsigned orientation; /* of Exif (EXIF 2.32, tag 0112), 1 to 8; 1: as it lies */
    bool lossless;        /* a WebP without lossy frames */
    unsigned quality;     /* a JPEG's, as the reference encoder counts it, 1 to 100; 0: not known */
};

/* From "image/png" and so on; 0: none of them. */
enum picture_format picture_format_of(struct str mime);

/* Appends to out. ERR_PARSE: not of that format, broken or cut off. ERR_TOO_LARGE: over a bound above. */
enum err strip_picture(enum picture_format format, struct str bytes, struct buf *out, struct strip_info *info);

/* The orientation in an Exif block, which begins with its TIFF header; 1 where there is none. */
unsigned strip_orientation(struct str exif);

enum err strip_png(struct str bytes, struct buf *out, struct strip_info *info);  /* PNG 1.2 */
enum err strip_jpeg(struct str bytes, struct buf *out, struct strip_info *info); /* ITU T.81 Annex B */
enum err strip_gif(struct str bytes, struct buf *out, struct strip_info *info);  /* GIF89a */
enum err strip_webp(struct str bytes, struct buf *out, struct strip_info *info); /* RFC 9649 */

/* ---- for these parsers: numbers at a place that the caller has checked ---- */

static inline unsigned strip_byte(struct str bytes, size_t at)
{
    return (unsigned char)bytes.ptr[at];
}

static inline uint32_t strip_u16_big(struct str bytes, size_t at)
{
    return (uint32_t)strip_byte(bytes, at) << 8 | strip_byte(bytes, at + 1);
}

static inline uint32_t strip_u32_big(struct str bytes, size_t at)
{
    return strip_u16_big(bytes, at) << 16 | strip_u16_big(bytes, at + 2);
}

static inline uint32_t strip_u16_little(struct str bytes, size_t at)
{
    return (uint32_t)strip_byte(bytes, at + 1) << 8 | strip_byte(bytes, at);
}

static inline uint32_t strip_u24_little(struct str bytes, size_t at)
{
    return (uint32_t)strip_byte(bytes, at + 2) << 16 | strip_u16_little(bytes, at);
}

static inline uint32_t strip_u32_little(struct str bytes, size_t at)
{
    return strip_u16_little(bytes, at + 2) << 16 | strip_u16_little(bytes, at);
}

static inline bool strip_has(struct str bytes, size_t at, struct str text)
{
    return bytes.size >= text.size && at <= bytes.size - text.size && memcmp(bytes.ptr + at, text.ptr, text.size) == 0;
}

#endif
