/* strip_png.c: chunks. Kept are those that say how pixels look; texts, times,
 * Exif and the further frames of an APNG go, so that it stands still. */
#include "media/strip.h"

#define SIGNATURE STR("\x89PNG\r\n\x1a\n")
#define FRAME_SIZE ((size_t)12) /* length, type, checksum */

static bool kept(struct str bytes, size_t type)
{
    static const char names[][5] = { "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM",
                                     "sRGB", "iCCP", "sBIT", "bKGD", "cICP", "pHYs" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (memcmp(bytes.ptr + type, names[i], 4) == 0)
            return true;
    return false;
}

enum err strip_png(struct str bytes, struct buf *out, struct strip_info *info)
{
    if (!strip_has(bytes, 0, SIGNATURE))
        return ERR_PARSE;
    buf_append_str(out, SIGNATURE);
    for (size_t at = SIGNATURE.size; bytes.size - at >= FRAME_SIZE;) {
        uint32_t size = strip_u32_big(bytes, at);
        size_t type = at + 4;
        if (size > bytes.size - at - FRAME_SIZE)
            return ERR_PARSE;
        bool head = strip_has(bytes, type, STR("IHDR"));
        if (head != (at == SIGNATURE.size) || (head && size != 13))
            return ERR_PARSE;
        if (head) {
            info->width = strip_u32_big(bytes, at + 8);
            info->height = strip_u32_big(bytes, at + 12);
        } else if (strip_has(bytes, type, STR("eXIf"))) {
            info->orientation = strip_orientation((struct str){ bytes.ptr + at + 8, size });
        }
        if (kept(bytes, type))
            buf_append(out, bytes.ptr + at, size + FRAME_SIZE);
        else if ((strip_byte(bytes, type) & 0x20) == 0) /* Critical, and unknown. */
            return ERR_PARSE;
        if (strip_has(bytes, type, STR("IEND")))
            return OK;
        at += size + FRAME_SIZE;
    }
    return ERR_PARSE;
}
