/* media.c: what strangers send with a file: forms, first bytes, pictures, ranges, addresses, names. */
#include "fuzz.h"

#include "http/range.h"
#include "media/multipart.h"
#include "media/sniff.h"
#include "media/strip.h"
#include "media/url.h"

static enum err keep(void *context, struct str bytes)
{
    buf_append_str(context, bytes);
    return OK;
}

static enum err form_run(struct str bytes, size_t piece, struct buf *out, bool *done)
{
    struct multipart multipart;
    enum err err = multipart_init(&multipart, STR("multipart/form-data; boundary=a"));
    for (size_t at = 0; err == OK && at < bytes.size; at += piece) {
        size_t size = bytes.size - at < piece ? bytes.size - at : piece;
        err = multipart_feed(&multipart, (struct str){ bytes.ptr + at, size }, keep, out);
    }
    *done = err == OK && multipart_done(&multipart);
    return err;
}

/* However it is cut, a form means the same. */
static void form_check(struct str bytes)
{
    struct buf whole = { 0 };
    bool whole_done;
    enum err err = form_run(bytes, SIZE_MAX / 2, &whole, &whole_done);
    for (size_t piece = 1; piece <= 3; piece++) {
        struct buf out = { 0 };
        bool done;
        MUST(form_run(bytes, piece, &out, &done) == err);
        MUST(done == whole_done);
        MUST(str_equal(buf_str(&out), buf_str(&whole)));
        buf_release(&out);
    }
    buf_release(&whole);
    struct multipart multipart;
    if (multipart_init(&multipart, bytes) == OK)
        MUST(multipart.delimiter_size >= 5 && multipart.delimiter_size <= sizeof(multipart.delimiter));
}

static void range_check(struct str bytes)
{
    struct http_range range = http_range_parse(bytes, 1000);
    MUST(range.kind == HTTP_RANGE_NONE || (range.size >= 1 && range.size <= 1000 && range.from <= 1000 - range.size));
    (void)http_etag_listed(bytes, STR("\"a\""));
}

/* A type has the kind that its name says, and only the beginning decides it. */
static void sniff_check(struct str bytes)
{
    struct media_type type = media_sniff(bytes);
    struct str mime = str_from(type.mime);
    struct str kind = str_from(media_kind_name(type.kind));
    if (type.kind != MEDIA_FILE)
        MUST(mime.size > kind.size && memcmp(mime.ptr, kind.ptr, kind.size) == 0 && mime.ptr[kind.size] == '/');
    else
        MUST(mime.size > 12 && memcmp(mime.ptr, "application/", 12) == 0);
    MUST(media_kind_claimed(mime) == type.kind);
    (void)media_kind_claimed(bytes);
    if (bytes.size > SNIFF_BYTES)
        MUST(media_sniff((struct str){ bytes.ptr, SNIFF_BYTES }).mime == type.mime);
}

static void url_check(struct str bytes)
{
    struct file_url room;
    struct str canonical = file_url_canonical(bytes);
    MUST(str_equal(file_url_canonical(canonical), canonical));
    MUST(file_url_out(canonical, &room).size <=
         (canonical.size > sizeof(room.bytes) ? canonical.size : sizeof(room.bytes)));
    MUST(!file_url_verify(STR("00000000000000000000000000000000"), bytes, 0));
    struct buf out = { 0 };
    file_url_json_out(&out, bytes);
    MUST(out.size >= bytes.size);
    buf_release(&out);
}

/* What is left of a picture is one, no longer than it was, and nothing is left to leave out of it. */
static void strip_check(struct str bytes)
{
    for (unsigned format = PICTURE_PNG; format <= PICTURE_WEBP; format++) {
        struct buf once = { 0 };
        struct buf twice = { 0 };
        struct strip_info info;
        if (strip_picture((enum picture_format)format, bytes, &once, &info) == OK) {
            MUST(once.size <= bytes.size + 1);
            MUST(info.width > 0 && info.height > 0 && info.frames > 0 && info.frames <= STRIP_FRAMES_MAX);
            MUST(info.orientation >= 1 && info.orientation <= 8);
            MUST(strip_picture((enum picture_format)format, buf_str(&once), &twice, &info) == OK);
            MUST(str_equal(buf_str(&once), buf_str(&twice)));
        }
        buf_release(&once);
        buf_release(&twice);
    }
    MUST(strip_orientation(bytes) >= 1 && strip_orientation(bytes) <= 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str bytes = { (const char *)data, size };
    sniff_check(bytes);
    form_check(bytes);
    range_check(bytes);
    url_check(bytes);
    strip_check(bytes);
    return 0;
}
