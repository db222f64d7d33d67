/* test_str.c: comparing, trimming and reading whole numbers. */
#include "unit.h"

static void letters_compare_without_case_and_nothing_else_does(void **state)
{
    (void)state;
    assert_true(str_equal_nocase(STR("Content-LENGTH"), STR("content-length")));
    assert_true(str_equal_nocase(STR(""), STR_NONE));
    assert_false(str_equal_nocase(STR("a"), STR("ab")));
    assert_false(str_equal_nocase(STR("@"), STR("`"))); /* 0x40 and 0x60, beside the letters */
    assert_false(str_equal_nocase(STR("["), STR("{")));
    assert_false(str_equal_nocase(STR("\xc3\x84"), STR("\xc3\xa4"))); /* Ä and ä */
}

static void bytes_compare_past_a_nul(void **state)
{
    (void)state;
    assert_true(str_equal(STR("a\0b"), STR("a\0b")));
    assert_false(str_equal(STR("a\0b"), STR("a\0c")));
    assert_true(str_equal(STR_NONE, STR("")));
}

static void trim_takes_blanks_and_tabs_only(void **state)
{
    (void)state;
    assert_str(str_trim(STR(" \t a b\t ")), STR("a b"));
    assert_str(str_trim(STR("\na\r")), STR("\na\r"));
    assert_str(str_trim(STR(" \t ")), STR(""));
    assert_str(str_trim(STR_NONE), STR(""));
}

static void whole_numbers_are_read_to_both_ends_of_the_range(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {
        { "0", 0 },
        { "-0", 0 },
        { "7", 7 },
        { "007", 7 },
        { "-12", -12 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", INT64_MIN },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 99;
        assert_true(str_to_i64(str_from(cases[i].text), &value));
        assert_true(value == cases[i].value);
    }
}

static void what_is_no_whole_number_is_refused_and_leaves_the_value(void **state)
{
    static const struct str cases[] = {
        STR(""),
        STR("-"),
        STR("+1"),
        STR(" 1"),
        STR("1 "),
        STR("1.0"),
        STR("1e3"),
        STR("0x10"),
        STR("--1"),
        STR("1\0"),
        STR("a"),
        STR("1-"),
        STR("\xd9\xa1"), /* an Arabic digit */
        STR("9223372036854775808"),
        STR("-9223372036854775809"),
        STR("99999999999999999999999"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 99;
        if (str_to_i64(cases[i], &value))
            fail_msg("took %s", cases[i].ptr);
        assert_true(value == 99);
    }
    int64_t value = 99;
    assert_false(str_to_i64(STR_NONE, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_compare_without_case_and_nothing_else_does),
        cmocka_unit_test(bytes_compare_past_a_nul),
        cmocka_unit_test(trim_takes_blanks_and_tabs_only),
        cmocka_unit_test(whole_numbers_are_read_to_both_ends_of_the_range),
        cmocka_unit_test(what_is_no_whole_number_is_refused_and_leaves_the_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
