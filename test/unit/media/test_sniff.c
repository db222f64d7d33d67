/* test_sniff.c: first bytes and what they make of a file. */
#include "unit.h"

#include "media/sniff.h"

static void assert_type(struct str bytes, const char *mime, enum media_kind kind)
{
    struct media_type type = media_sniff(bytes);
    assert_string_equal(type.mime, mime);
    assert_int_equal(type.kind, kind);
}

static void assert_unknown(struct str bytes)
{
    assert_type(bytes, "application/octet-stream", MEDIA_FILE);
}

static void what_is_known_is_known_by_its_first_bytes(void **state)
{
    (void)state;
    assert_type(STR("\x89PNG\r\n\x1a\nrest"), "image/png", MEDIA_IMAGE);
    assert_type(STR("\xff\xd8\xff\xe0rest"), "image/jpeg", MEDIA_IMAGE);
    assert_type(STR("GIF87arest"), "image/gif", MEDIA_IMAGE);
    assert_type(STR("GIF89arest"), "image/gif", MEDIA_IMAGE);
    assert_type(STR("RIFF\0\0\0\0WEBPVP8 "), "image/webp", MEDIA_IMAGE);
    assert_type(STR("\0\0\0\x18"
                    "ftypisomrest"),
                "video/mp4", MEDIA_VIDEO);
    assert_type(STR("\0\0\0\x18"
                    "ftypM4A rest"),
                "audio/mp4", MEDIA_AUDIO);
    assert_type(STR("\x1a\x45\xdf\xa3....\x42\x82\x84webm"), "video/webm", MEDIA_VIDEO);
    assert_type(STR("ID3\x04rest"), "audio/mpeg", MEDIA_AUDIO);
    assert_type(STR("\xff\xfb\x90\x64rest"), "audio/mpeg", MEDIA_AUDIO);
    assert_type(STR("\xff\xf3\x48\xc4rest"), "audio/mpeg", MEDIA_AUDIO);
    assert_type(STR("OggS................OpusHead"), "audio/ogg", MEDIA_AUDIO);
    assert_type(STR("OggS................\x01vorbis"), "audio/ogg", MEDIA_AUDIO);
    assert_type(STR("%PDF-1.4"), "application/pdf", MEDIA_FILE);
    assert_type(STR("PK\x03\x04rest"), "application/zip", MEDIA_FILE);
    assert_type(STR("\x1f\x8b\x08rest"), "application/gzip", MEDIA_FILE);
}

static void what_is_not_known_for_certain_is_just_bytes(void **state)
{
    (void)state;
    static const char *const texts[] = { "",      "x",      "GIF",    "GIF88a",         "\x89PNG",  "<svg xmlns=",
                                         "<?xml", "BM\x01", "<html>", "<!DOCTYPE html", "\xff\xd8", "#!/bin/sh" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_unknown(str_from(texts[i]));
    assert_unknown(STR_NONE);
    assert_unknown(STR("RIFF\0\0\0\0WAVE"));
    assert_unknown(STR("\0\0\0\x18"
                       "ftypheicrest"));
    assert_unknown(STR("\0\0\0\x18"
                       "ftypqt  rest"));
    assert_unknown(STR("\x1a\x45\xdf\xa3....\x42\x82\x88matroska"));
    assert_unknown(STR("OggS................\x80theora"));
    assert_unknown(STR("\xff\xfe<\0h\0t\0m\0l\0")); /* UTF-16 */
    assert_unknown(STR("\xff\xfb\xf0\x00"));        /* a reserved bit rate */
    assert_unknown(STR("\xff\xfb\x9c\x00"));        /* a reserved sampling rate */
    assert_unknown(STR("\xff\xff\xff\xff"));
}

static void a_file_that_is_two_things_is_what_it_begins_with(void **state)
{
    (void)state;
    assert_type(STR("GIF89a/*<script>*/=1;%PDF-1.4 PK\x03\x04"), "image/gif", MEDIA_IMAGE);
    assert_type(STR("%PDF-1.4 <html>"), "application/pdf", MEDIA_FILE);
    assert_unknown(STR("<script>GIF89a"));
    assert_unknown(STR(" \x89PNG\r\n\x1a\n"));
}

static void only_the_first_bytes_count(void **state)
{
    (void)state;
    char bytes[2 * SNIFF_BYTES] = "OggS";
    memcpy(bytes + SNIFF_BYTES, "OpusHead", 8);
    assert_unknown((struct str){ bytes, sizeof(bytes) });
    memcpy(bytes + SNIFF_BYTES - 8, "OpusHead", 8);
    assert_type((struct str){ bytes, sizeof(bytes) }, "audio/ogg", MEDIA_AUDIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_known_is_known_by_its_first_bytes),
        cmocka_unit_test(what_is_not_known_for_certain_is_just_bytes),
        cmocka_unit_test(a_file_that_is_two_things_is_what_it_begins_with),
        cmocka_unit_test(only_the_first_bytes_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
