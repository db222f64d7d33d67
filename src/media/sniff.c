/* sniff.c: magic numbers.
 * A file that begins like two things at once is what its beginning says, is
 * sent with that type and nosniff, and so is never anything else to a browser. */
#include "media/sniff.h"

static bool has_at(struct str bytes, size_t at, struct str magic)
{
    return bytes.size >= at + magic.size && memcmp(bytes.ptr + at, magic.ptr, magic.size) == 0;
}

static bool holds(struct str bytes, struct str part)
{
    return bytes.ptr != NULL && memmem(bytes.ptr, bytes.size, part.ptr, part.size) != NULL;
}

static bool brand_listed(struct str bytes, const char *const *brands, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (has_at(bytes, 8, str_from(brands[i])))
            return true;
    return false;
}

/* ISO base media: the major brand says what it is for. */
static struct media_type iso_type(struct str bytes)
{
    static const char *const audio[] = { "M4A ", "M4B " };
    static const char *const video[] = { "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42",
                                         "avc1", "M4V ", "MSNV", "dash", "3gp4", "3gp5" };
    if (brand_listed(bytes, audio, sizeof(audio) / sizeof(audio[0])))
        return (struct media_type){ "audio/mp4", MEDIA_AUDIO };
    if (brand_listed(bytes, video, sizeof(video) / sizeof(video[0])))
        return (struct media_type){ "video/mp4", MEDIA_VIDEO };
    return (struct media_type){ "application/octet-stream", MEDIA_FILE };
}

/* Ogg is a box: what its first page begins is what it holds. */
static struct media_type ogg_type(struct str bytes)
{
    if (holds(bytes, STR("OpusHead")) || holds(bytes, STR("\x01vorbis")) || holds(bytes, STR("Speex   ")) ||
        holds(bytes, STR("\x7f"
                         "FLAC")))
        return (struct media_type){ "audio/ogg", MEDIA_AUDIO };
    return (struct media_type){ "application/octet-stream", MEDIA_FILE };
}

/* A frame header of MPEG audio, layer III, with nothing reserved in it. */
static bool mp3_frame(struct str bytes)
{
    if (bytes.size < 4)
        return false;
    unsigned char b1 = (unsigned char)bytes.ptr[1];
    unsigned char b2 = (unsigned char)bytes.ptr[2];
    return (unsigned char)bytes.ptr[0] == 0xff && (b1 & 0xe0) == 0xe0 && (b1 & 0x18) != 0x08 && (b1 & 0x06) == 0x02 &&
           (b2 & 0xf0) != 0xf0 && (b2 & 0xf0) != 0 && (b2 & 0x0c) != 0x0c;
}

struct media_type media_sniff(struct str bytes)
{
    static const struct {
        struct str magic;
        struct media_type type;
    } rows[] = {
        { { "\x89PNG\r\n\x1a\n", 8 }, { "image/png", MEDIA_IMAGE } },
        { { "\xff\xd8\xff", 3 }, { "image/jpeg", MEDIA_IMAGE } },
        { { "GIF87a", 6 }, { "image/gif", MEDIA_IMAGE } },
        { { "GIF89a", 6 }, { "image/gif", MEDIA_IMAGE } },
        { { "ID3", 3 }, { "audio/mpeg", MEDIA_AUDIO } },
        { { "%PDF-", 5 }, { "application/pdf", MEDIA_FILE } },
        { { "PK\x03\x04", 4 }, { "application/zip", MEDIA_FILE } },
        { { "\x1f\x8b\x08", 3 }, { "application/gzip", MEDIA_FILE } },
    };
    if (bytes.size > SNIFF_BYTES)
        bytes.size = SNIFF_BYTES;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (has_at(bytes, 0, rows[i].magic))
            return rows[i].type;
    if (has_at(bytes, 0, STR("RIFF")) && has_at(bytes, 8, STR("WEBP")))
        return (struct media_type){ "image/webp", MEDIA_IMAGE };
    if (has_at(bytes, 4, STR("ftyp")))
        return iso_type(bytes);
    if (has_at(bytes, 0, STR("\x1a\x45\xdf\xa3")) && holds(bytes, STR("\x42\x82\x84webm")))
        return (struct media_type){ "video/webm", MEDIA_VIDEO };
    if (has_at(bytes, 0, STR("OggS")))
        return ogg_type(bytes);
    if (mp3_frame(bytes))
        return (struct media_type){ "audio/mpeg", MEDIA_AUDIO };
    return (struct media_type){ "application/octet-stream", MEDIA_FILE };
}

enum media_kind media_kind_claimed(struct str mime)
{
    static const struct {
        struct str mime;
        enum media_kind kind;
    } rows[] = {
        { { "image/png", 9 }, MEDIA_IMAGE }, { { "image/jpeg", 10 }, MEDIA_IMAGE },
        { { "image/gif", 9 }, MEDIA_IMAGE }, { { "image/webp", 10 }, MEDIA_IMAGE },
        { { "video/mp4", 9 }, MEDIA_VIDEO }, { { "video/webm", 10 }, MEDIA_VIDEO },
        { { "audio/mp4", 9 }, MEDIA_AUDIO }, { { "audio/mpeg", 10 }, MEDIA_AUDIO },
        { { "audio/ogg", 9 }, MEDIA_AUDIO },
    };
    const char *end = mime.ptr == NULL ? NULL : memchr(mime.ptr, ';', mime.size);
    if (end != NULL)
        mime.size = (size_t)(end - mime.ptr);
    mime = str_trim(mime);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (str_equal_nocase(mime, rows[i].mime))
            return rows[i].kind;
    return MEDIA_FILE;
}

const char *media_kind_name(enum media_kind kind)
{
    static const char *const names[] = { "file", "image", "video", "audio" };
    return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : names[0];
}
