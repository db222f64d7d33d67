/* test_strip.c: what stays of a picture's file, and what is no such file. The
 * parsers read only how a file is put together, so these need no pixels. */
#include "unit.h"

#include <stdio.h>

#include "media/strip.h"

#define BYTES(literal) literal, sizeof(literal) - 1
#define SECRET "31.2304N"

/* Exif with one entry, the orientation 6; II and MM. */
#define EXIF_LITTLE "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0" SECRET
#define EXIF_BIG "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0" SECRET

#define PNG_HEAD "\x89PNG\r\n\x1a\n"
#define PNG_IHDR "\0\0\0\x0dIHDR\0\0\0\x07\0\0\0\x05\x08\x02\0\0\0\xc0\xc1\xc2\xc3"
#define PNG_TEXT "\0\0\0\x0atEXta\0" SECRET "\xc0\xc1\xc2\xc3"
#define PNG_EXIF                                                                                                       \
    "\0\0\0\x22"                                                                                                       \
    "eXIf" EXIF_BIG "\xc0\xc1\xc2\xc3"
#define PNG_ICC "\0\0\0\x03iCCPabc\xc0\xc1\xc2\xc3"
#define PNG_IDAT "\0\0\0\x04IDAT1234\xc0\xc1\xc2\xc3"
#define PNG_IEND "\0\0\0\0IEND\xae\x42\x60\x82"

#define JPEG_JFIF "\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"
#define JPEG_JFIF_THUMB "\xff\xe0\0\x13JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01rgb"
#define JPEG_EXIF                                                                                                      \
    "\xff\xe1\0\x2a"                                                                                                   \
    "Exif\0\0" EXIF_LITTLE
#define JPEG_ICC "\xff\xe2\0\x11ICC_PROFILE\0abc"
#define JPEG_MPF "\xff\xe2\0\x0eMPF\0" SECRET
#define JPEG_COMMENT "\xff\xfe\0\x0a" SECRET
#define JPEG_SOF "\xff\xc0\0\x0b\x08\0\x05\0\x07\x01\x01\x11\0"
#define JPEG_SCAN "\xff\xda\0\x08\x01\x01\0\0\x3f\0data\xff\0more\xff\xd0more"
#define JPEG_EOI "\xff\xd9"

#define GIF_HEAD "GIF89a\x07\0\x05\0\x80\0\0rgbRGB"
#define GIF_LOOP "\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
#define GIF_XMP "\x21\xff\x0bXMP DataXMP\x08" SECRET "\0"
#define GIF_COMMENT "\x21\xfe\x08" SECRET "\0"
#define GIF_CONTROL "\x21\xf9\x04\0\x07\0\0\0"
#define GIF_FRAME                                                                                                      \
    "\x2c\0\0\0\0\x07\0\x05\0\0\x02\x03"                                                                               \
    "abc\x01"                                                                                                          \
    "d\0"

#define WEBP_LOSSY "VP8 \x0a\0\0\0abc\x9d\x01\x2a\x07\0\x05\0"
#define WEBP_LOSSLESS "VP8L\x05\0\0\0\x2f\x06\0\x01\0\0"
#define WEBP_X(flags) "VP8X\x0a\0\0\0" flags "\0\0\0\x06\0\0\x04\0\0"
#define WEBP_EXIF "EXIF\x22\0\0\0" EXIF_LITTLE
#define WEBP_XMP "XMP \x08\0\0\0" SECRET
#define WEBP_ICC "ICCP\x03\0\0\0abc\0"
#define WEBP_ANIM "ANIM\x06\0\0\0\0\0\0\0\0\0"
#define WEBP_FRAME "ANMF\x22\0\0\0\0\0\0\0\0\0\x06\0\0\x04\0\0\x64\0\0\0" WEBP_LOSSY
#define WEBP_FRAME_MORE "ANMF\x32\0\0\0\0\0\0\0\0\0\x06\0\0\x04\0\0\x64\0\0\0" WEBP_LOSSY "JUNK\x08\0\0\0" SECRET

static struct buf out;
static struct strip_info info;

static int clear(void **state)
{
    (void)state;
    buf_release(&out);
    return 0;
}

static enum err strip(enum picture_format format, const char *bytes, size_t size)
{
    buf_clear(&out);
    return strip_picture(format, (struct str){ bytes, size }, &out, &info);
}

static void assert_kept(enum picture_format format, const char *bytes, size_t size, const char *kept, size_t kept_size)
{
    assert_int_equal(strip(format, bytes, size), OK);
    assert_str(buf_str(&out), (struct str){ kept, kept_size });
    assert_int_equal(info.width, 7);
    assert_int_equal(info.height, 5);
    /* What is clean stays as it is. */
    struct buf once = out;
    out = (struct buf){ 0 };
    assert_int_equal(strip(format, once.ptr, once.size), OK);
    assert_str(buf_str(&out), buf_str(&once));
    assert_int_equal(info.orientation, 1);
    buf_release(&once);
}

static void a_png_keeps_what_says_how_it_looks(void **state)
{
    (void)state;
    assert_kept(PICTURE_PNG,
                BYTES(PNG_HEAD PNG_IHDR PNG_TEXT PNG_ICC PNG_EXIF PNG_IDAT PNG_IDAT PNG_TEXT PNG_IEND SECRET),
                BYTES(PNG_HEAD PNG_IHDR PNG_ICC PNG_IDAT PNG_IDAT PNG_IEND));
    assert_int_equal(strip(PICTURE_PNG, BYTES(PNG_HEAD PNG_IHDR PNG_EXIF PNG_IDAT PNG_IEND)), OK);
    assert_int_equal(info.orientation, 6);
}

static void a_jpeg_keeps_what_says_how_it_looks(void **state)
{
    (void)state;
    assert_kept(PICTURE_JPEG,
                BYTES("\xff\xd8" JPEG_JFIF_THUMB JPEG_EXIF JPEG_MPF JPEG_ICC JPEG_COMMENT JPEG_SOF
                      "\xff" JPEG_SCAN JPEG_SCAN JPEG_EOI SECRET),
                BYTES("\xff\xd8" JPEG_JFIF JPEG_ICC JPEG_SOF JPEG_SCAN JPEG_SCAN JPEG_EOI));
    assert_int_equal(strip(PICTURE_JPEG, BYTES("\xff\xd8" JPEG_EXIF JPEG_SOF JPEG_SCAN JPEG_EOI)), OK);
    assert_int_equal(info.orientation, 6);
}

static void a_gif_keeps_frames_times_and_repetitions(void **state)
{
    (void)state;
    assert_kept(PICTURE_GIF,
                BYTES(GIF_HEAD GIF_LOOP GIF_XMP GIF_CONTROL GIF_FRAME GIF_COMMENT GIF_CONTROL GIF_FRAME ";" SECRET),
                BYTES(GIF_HEAD GIF_LOOP GIF_CONTROL GIF_FRAME GIF_CONTROL GIF_FRAME ";"));
    assert_int_equal(info.frames, 2);
    assert_kept(PICTURE_GIF, BYTES(GIF_HEAD GIF_FRAME), BYTES(GIF_HEAD GIF_FRAME ";"));
}

static void a_gif_is_as_large_as_its_largest_frame(void **state)
{
    (void)state;
    static const char content[] = "GIF89a\x01\0\x01\0\0\0\0\x2c\x09\0\x08\0\x10\0\x20\0\0\x02\0;";
    assert_int_equal(strip(PICTURE_GIF, content, sizeof(content) - 1), OK);
    assert_int_equal(info.width, 25);
    assert_int_equal(info.height, 40);
}

static void a_webp_keeps_what_says_how_it_looks(void **state)
{
    (void)state;
    assert_kept(PICTURE_WEBP, BYTES("RIFF\x16\0\0\0WEBP" WEBP_LOSSY SECRET), BYTES("RIFF\x16\0\0\0WEBP" WEBP_LOSSY));
    assert_false(info.lossless);
    assert_kept(PICTURE_WEBP, BYTES("RIFF\x6a\0\0\0WEBP" WEBP_X("\x2c") WEBP_ICC WEBP_LOSSLESS WEBP_EXIF WEBP_XMP),
                BYTES("RIFF\x30\0\0\0WEBP" WEBP_X("\x20") WEBP_ICC WEBP_LOSSLESS));
    assert_true(info.lossless);
    assert_int_equal(strip(PICTURE_WEBP, BYTES("RIFF\x4e\0\0\0WEBP" WEBP_X("\x08") WEBP_LOSSLESS WEBP_EXIF)), OK);
    assert_int_equal(info.orientation, 6);
}

static void a_moving_webp_keeps_its_frames(void **state)
{
    (void)state;
    assert_kept(PICTURE_WEBP, BYTES("RIFF\x98\0\0\0WEBP" WEBP_X("\x06") WEBP_ANIM WEBP_FRAME WEBP_FRAME_MORE WEBP_XMP),
                BYTES("RIFF\x78\0\0\0WEBP" WEBP_X("\x02") WEBP_ANIM WEBP_FRAME WEBP_FRAME));
    assert_int_equal(info.frames, 2);
}

/* Every beginning of a file, but for a GIF that only lacks its last byte. */
static void a_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum picture_format format;
        const char *bytes;
        size_t size;
    } rows[] = {
        { PICTURE_PNG, BYTES(PNG_HEAD PNG_IHDR PNG_TEXT PNG_EXIF PNG_IDAT PNG_IEND) },
        { PICTURE_JPEG, BYTES("\xff\xd8" JPEG_JFIF JPEG_EXIF JPEG_SOF JPEG_SCAN JPEG_EOI) },
        { PICTURE_GIF, BYTES(GIF_HEAD GIF_CONTROL GIF_FRAME) },
        { PICTURE_WEBP, BYTES("RIFF\x78\0\0\0WEBP" WEBP_X("\x02") WEBP_ANIM WEBP_FRAME WEBP_FRAME) },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(strip(rows[i].format, rows[i].bytes, rows[i].size), OK);
        for (size_t size = 0; size < rows[i].size; size++) {
            char *exact = test_malloc(size + 1);
            memcpy(exact, rows[i].bytes, size);
            assert_int_equal(strip(rows[i].format, exact, size), ERR_PARSE);
            test_free(exact);
        }
    }
}

static void what_is_put_together_wrongly_is_refused(void **state)
{
    (void)state;
    static const struct {
        enum picture_format format;
        const char *bytes;
        size_t size;
    } rows[] = {
        { PICTURE_PNG, BYTES(PNG_HEAD PNG_IDAT PNG_IHDR PNG_IEND) },               /* The head is not first. */
        { PICTURE_PNG, BYTES(PNG_HEAD PNG_IHDR PNG_IHDR PNG_IDAT PNG_IEND) },      /* Two heads. */
        { PICTURE_PNG, BYTES(PNG_HEAD PNG_IHDR "\0\0\0\0NEED\0\0\0\0" PNG_IEND) }, /* Critical, and unknown. */
        { PICTURE_PNG, BYTES(PNG_HEAD PNG_IHDR "\xff\xff\xff\xffIDAT" PNG_IEND) },
        { PICTURE_JPEG, BYTES("\xff\xd8" JPEG_SOF JPEG_EOI) },  /* No scan. */
        { PICTURE_JPEG, BYTES("\xff\xd8" JPEG_SCAN JPEG_EOI) }, /* No size. */
        { PICTURE_JPEG, BYTES("\xff\xd8\xff\xd8" JPEG_SOF JPEG_SCAN JPEG_EOI) },
        { PICTURE_JPEG, BYTES("\xff\xd8\xff\xe0\0\x01" JPEG_SOF JPEG_SCAN JPEG_EOI) },
        { PICTURE_JPEG, BYTES("\xff\xd8\xff\xc0\0\x02" JPEG_SCAN JPEG_EOI) },
        { PICTURE_GIF, BYTES(GIF_HEAD ";") },
        { PICTURE_GIF, BYTES(GIF_HEAD "x" GIF_FRAME ";") },
        { PICTURE_WEBP, BYTES("RIFF\x04\0\0\0WEBP") },
        { PICTURE_WEBP, BYTES("RIFF\x02\0\0\0WEBP") },
        { PICTURE_WEBP, BYTES("RIFF\xff\xff\xff\xffWEBP" WEBP_LOSSY) },
        { PICTURE_WEBP, BYTES("RIFF\x28\0\0\0WEBP" WEBP_LOSSY WEBP_LOSSY) }, /* Two stills. */
        { PICTURE_WEBP, BYTES("RIFF\x16\0\0\0WEBPVP8 \xff\xff\xff\xff"
                              "abcdefghij") },
        { PICTURE_PNG, BYTES("\xff\xd8" JPEG_SOF JPEG_SCAN JPEG_EOI) }, /* Another format. */
        { (enum picture_format)0, BYTES(GIF_HEAD GIF_FRAME ";") },
        { (enum picture_format)9, BYTES(GIF_HEAD GIF_FRAME ";") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(strip(rows[i].format, rows[i].bytes, rows[i].size), ERR_PARSE);
}

static void frames_and_scans_are_bounded(void **state)
{
    (void)state;
    struct buf bytes = { 0 };
    buf_append_str(&bytes, STR(GIF_HEAD));
    for (unsigned i = 0; i < STRIP_FRAMES_MAX; i++)
        buf_append_str(&bytes, STR(GIF_FRAME));
    assert_int_equal(strip(PICTURE_GIF, bytes.ptr, bytes.size), OK);
    assert_int_equal(info.frames, STRIP_FRAMES_MAX);
    buf_append_str(&bytes, STR(GIF_FRAME));
    assert_int_equal(strip(PICTURE_GIF, bytes.ptr, bytes.size), ERR_TOO_LARGE);
    buf_clear(&bytes);
    buf_append_str(&bytes, STR("\xff\xd8" JPEG_SOF));
    for (unsigned i = 0; i <= STRIP_SCANS_MAX; i++)
        buf_append_str(&bytes, STR(JPEG_SCAN));
    buf_append_str(&bytes, STR(JPEG_EOI));
    assert_int_equal(strip(PICTURE_JPEG, bytes.ptr, bytes.size), ERR_TOO_LARGE);
    buf_release(&bytes);
}

static void an_odd_exif_block_turns_nothing(void **state)
{
    (void)state;
    static const struct str rows[] = {
        { NULL, 0 },
        { BYTES("II*\0") },
        { BYTES("II*\0\xff\xff\xff\xff\x01\0") },
        { BYTES("II*\0\x08\0\0\0\xff\xff") },
        { BYTES("II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0\x06\0\0\0") }, /* A long. */
        { BYTES("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0") }, /* 9 is none. */
        { BYTES("II*\0\x08\0\0\0\x01\0\x13\x01\x03\0\x01\0\0\0\x06\0\0\0") }, /* Another tag. */
        { BYTES("XX*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0") },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(strip_orientation(rows[i]), 1);
    assert_int_equal(strip_orientation(STR(EXIF_LITTLE)), 6);
    assert_int_equal(strip_orientation(STR(EXIF_BIG)), 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_png_keeps_what_says_how_it_looks, clear),
        cmocka_unit_test_teardown(a_jpeg_keeps_what_says_how_it_looks, clear),
        cmocka_unit_test_teardown(a_gif_keeps_frames_times_and_repetitions, clear),
        cmocka_unit_test_teardown(a_gif_is_as_large_as_its_largest_frame, clear),
        cmocka_unit_test_teardown(a_webp_keeps_what_says_how_it_looks, clear),
        cmocka_unit_test_teardown(a_moving_webp_keeps_its_frames, clear),
        cmocka_unit_test_teardown(a_file_cut_anywhere_is_refused, clear),
        cmocka_unit_test_teardown(what_is_put_together_wrongly_is_refused, clear),
        cmocka_unit_test_teardown(frames_and_scans_are_bounded, clear),
        cmocka_unit_test_teardown(an_odd_exif_block_turns_nothing, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
