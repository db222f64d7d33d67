/* test_utf8.c: what is well-formed, held against every code point and
 * against every sequence of up to three bytes. */
#include "unit.h"

#include "util/utf8.h"

/* Table 3-7 of the Unicode standard by its definition: decode, then look. */
static bool is_character(const unsigned char *b, size_t size)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    if (size == 1)
        return b[0] < 0x80;
    uint32_t lead_bits = size == 2 ? 0xc0 : size == 3 ? 0xe0 : 0xf0;
    uint32_t mask = size == 2 ? 0xe0 : size == 3 ? 0xf0 : 0xf8;
    if ((b[0] & mask) != lead_bits)
        return false;
    uint32_t code_point = b[0] & ~mask & 0xff;
    for (size_t i = 1; i < size; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return false;
        code_point = code_point << 6 | (b[i] & 0x3f);
    }
    return code_point >= least[size] && code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
}

static bool is_well_formed(const unsigned char *b, size_t size)
{
    if (size == 0)
        return true;
    for (size_t first = 1; first <= 4 && first <= size; first++) {
        if (is_character(b, first) && is_well_formed(b + first, size - first))
            return true;
    }
    return false;
}

static void every_sequence_of_up_to_three_bytes_is_judged_right(void **state)
{
    (void)state;
    for (uint32_t bytes = 0; bytes < 1u << 24; bytes++) {
        unsigned char b[3] = { (unsigned char)(bytes >> 16), (unsigned char)(bytes >> 8), (unsigned char)bytes };
        /* Two leading ASCII letters say nothing that one does not. */
        if (b[0] < 0x80 && b[0] > 1)
            continue;
        if (utf8_valid((struct str){ (char *)b, 3 }) != is_well_formed(b, 3))
            fail_msg("%02x %02x %02x", b[0], b[1], b[2]);
        if (b[2] == 0 && utf8_valid((struct str){ (char *)b, 2 }) != is_well_formed(b, 2))
            fail_msg("%02x %02x", b[0], b[1]);
    }
}

static void four_bytes_are_judged_right_at_every_edge(void **state)
{
    static const unsigned char edges[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
    const size_t count = sizeof(edges);
    (void)state;
    for (unsigned lead = 0xe0; lead <= 0xff; lead++) {
        for (size_t i = 0; i < count * count * count; i++) {
            unsigned char b[4] = { (unsigned char)lead, edges[i / count / count], edges[i / count % count],
                                   edges[i % count] };
            if (utf8_valid((struct str){ (char *)b, 4 }) != is_well_formed(b, 4))
                fail_msg("%02x %02x %02x %02x", b[0], b[1], b[2], b[3]);
        }
    }
}

static void every_code_point_goes_out_and_comes_back(void **state)
{
    (void)state;
    for (uint32_t code_point = 0; code_point <= 0x10ffff; code_point++) {
        if (code_point >= 0xd800 && code_point <= 0xdfff)
            continue;
        char bytes[4];
        struct str text = { bytes, utf8_encode(code_point, bytes) };
        size_t at = 0;
        assert_true(is_character((unsigned char *)bytes, text.size));
        assert_true(utf8_next(text, &at) == code_point);
        assert_int_equal(at, text.size);
    }
}

/* A mixed text, cut in two at every place, and a byte at a time. */
static void pieces_are_judged_as_the_whole_is(void **state)
{
    static const char good[] =
        "plain ASCII that is longer than a word \xe4\xbd\xa0\xe5\xa5\xbd, \xc3\xa9 \xf0\x9f\x92\x93.";
    static const char *const bad[] = { "12345678\xff", "\xe4\xbd", "\xed\xa0\x80", "\xf4\x90\x80\x80", "abcdefgh\x80" };
    (void)state;
    for (size_t cut = 0; cut < sizeof(good); cut++) {
        struct utf8_check check = { 0 };
        assert_true(utf8_check_feed(&check, good, cut));
        assert_true(utf8_check_feed(&check, good + cut, sizeof(good) - 1 - cut));
        assert_true(utf8_check_done(&check));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct utf8_check check = { 0 };
        bool fine = true;
        for (const char *c = bad[i]; *c != '\0' && fine; c++)
            fine = utf8_check_feed(&check, c, 1);
        assert_false(fine && utf8_check_done(&check));
        assert_false(utf8_valid(str_from(bad[i])));
    }
}

static void an_ill_formed_lead_is_found_before_its_end(void **state)
{
    (void)state;
    struct utf8_check check = { 0 };
    assert_false(utf8_check_feed(&check, "\xf4\x90", 2));
    check = (struct utf8_check){ 0 };
    assert_true(utf8_check_feed(&check, "\xf4\x8f", 2));
    assert_false(utf8_check_done(&check));
}

static void length_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(STR("")), 0);
    assert_int_equal(utf8_length(STR("a\xc3\xa9\xe4\xbd\xa0\xf0\x9f\x92\x93")), 4);
    assert_int_equal(utf8_length(STR("a\0b")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sequence_of_up_to_three_bytes_is_judged_right),
        cmocka_unit_test(four_bytes_are_judged_right_at_every_edge),
        cmocka_unit_test(every_code_point_goes_out_and_comes_back),
        cmocka_unit_test(pieces_are_judged_as_the_whole_is),
        cmocka_unit_test(an_ill_formed_lead_is_found_before_its_end),
        cmocka_unit_test(length_counts_code_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
