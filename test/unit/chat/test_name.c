/* test_name.c: names of people and groups. */
#include "unit.h"

#include "chat/name.h"
#include "util/utf8.h"

static void any_script_is_a_name(void **state)
{
    (void)state;
    assert_true(name_acceptable(STR("一号 <tag> &'\"="), 64));
    assert_true(name_acceptable(STR("👩‍👩‍👧‍👦 Ελλάδα עברית ไทย"), 64));
    assert_true(name_acceptable(STR(" blanks  stay "), 64));
    assert_true(name_acceptable(STR(""), 64));
    assert_true(name_acceptable(STR_NONE, 64));
    assert_true(text_acceptable(STR_NONE, 512));
}

/* Every character there is below the surrogates' end, and some beyond. */
static void exactly_control_and_separator_characters_are_refused(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x20000; c++) {
        if (c >= 0xd800 && c < 0xe000)
            continue;
        bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
        bool line = c == '\n' || c == '\r' || c == '\t';
        char text[6] = { 'a' };
        size_t size = 1 + utf8_encode(c, text + 1);
        text[size++] = 'b';
        if (name_acceptable((struct str){ text, size }, 64) == control ||
            text_acceptable((struct str){ text, size }, 64) != (line || !control))
            fail_msg("U+%04X", (unsigned)c);
    }
}

static void length_is_counted_in_characters(void **state)
{
    (void)state;
    char text[4 * 65];
    memset(text, 'a', sizeof(text));
    assert_true(name_acceptable((struct str){ text, 64 }, 64));
    assert_false(name_acceptable((struct str){ text, 65 }, 64));
    assert_false(name_acceptable((struct str){ text, sizeof(text) }, 64));
    for (size_t i = 0; i < 65; i++)
        memcpy(text + 4 * i, "\xf0\x9f\x98\x80", 4);
    assert_true(name_acceptable((struct str){ text, 4 * 64 }, 64));
    assert_false(name_acceptable((struct str){ text, 4 * 65 }, 64));
    assert_true(name_acceptable(STR("一"), 1));
    assert_false(name_acceptable(STR("一二"), 1));
    assert_false(name_acceptable(STR("a"), 0));
}

static void text_that_is_not_utf8_is_no_name(void **state)
{
    (void)state;
    static const char *const refused[] = { "\xff",     "a\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                           "\xe4\xb8", "\xe4" };
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        assert_false(name_acceptable(str_from(refused[i]), 64));
        assert_false(text_acceptable(str_from(refused[i]), 64));
    }
    assert_false(name_acceptable(STR("a\0b"), 64));
    assert_false(text_acceptable(STR("\0"), 64));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_script_is_a_name),
        cmocka_unit_test(exactly_control_and_separator_characters_are_refused),
        cmocka_unit_test(length_is_counted_in_characters),
        cmocka_unit_test(text_that_is_not_utf8_is_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
