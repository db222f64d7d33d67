/* strip.c: which parser, and the one thing that is read of what goes. */
#include "media/strip.h"

#define ORIENTATION_TAG 0x0112u
#define TYPE_SHORT 3u

enum picture_format picture_format_of(struct str mime)
{
    return str_equal(mime, STR("image/png"))    ? PICTURE_PNG
           : str_equal(mime, STR("image/jpeg")) ? PICTURE_JPEG
           : str_equal(mime, STR("image/gif"))  ? PICTURE_GIF
           : str_equal(mime, STR("image/webp")) ? PICTURE_WEBP
                                                : (enum picture_format)0;
}

enum err strip_picture(enum picture_format format, struct str bytes, struct buf *out, struct strip_info *info)
{
    *info = (struct strip_info){ .frames = 1, .orientation = 1 };
    enum err err = ERR_PARSE;
    switch (format) {
    case PICTURE_PNG:
        err = strip_png(bytes, out, info);
        break;
    case PICTURE_JPEG:
        err = strip_jpeg(bytes, out, info);
        break;
    case PICTURE_GIF:
        err = strip_gif(bytes, out, info);
        break;
    case PICTURE_WEBP:
        err = strip_webp(bytes, out, info);
        break;
    }
    return err == OK && (info->width == 0 || info->height == 0) ? ERR_PARSE : err;
}

/* TIFF 6.0: a header, and an image file directory of twelve bytes an entry. */
unsigned strip_orientation(struct str exif)
{
    bool big = strip_has(exif, 0, STR("MM\0*"));
    if (exif.size < 8 || (!big && !strip_has(exif, 0, STR("II*\0"))))
        return 1;
    uint32_t at = big ? strip_u32_big(exif, 4) : strip_u32_little(exif, 4);
    if (at > exif.size - 2)
        return 1;
    uint32_t count = big ? strip_u16_big(exif, at) : strip_u16_little(exif, at);
    for (size_t entry = (size_t)at + 2; count > 0 && exif.size - entry >= 12; count--, entry += 12) {
        uint32_t tag = big ? strip_u16_big(exif, entry) : strip_u16_little(exif, entry);
        uint32_t type = big ? strip_u16_big(exif, entry + 2) : strip_u16_little(exif, entry + 2);
        uint32_t value = big ? strip_u16_big(exif, entry + 8) : strip_u16_little(exif, entry + 8);
        if (tag == ORIENTATION_TAG && type == TYPE_SHORT)
            return value >= 1 && value <= 8 ? value : 1;
    }
    return 1;
}
