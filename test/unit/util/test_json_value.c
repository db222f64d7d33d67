/* test_json_value.c: members, texts, integers and truth of parsed documents. */
#include "json_fixture.h"

static void the_last_of_a_doubled_key_counts(void **state)
{
    (void)state;
    const struct json *root = parsed("{\"a\":1,\"b\":2,\"a\":3,\"b\":null}");
    assert_int_equal(root->count, 4);
    assert_str(json_get(root, "a")->text, STR("3"));
    assert_null(json_get(root, "b"));
}

static void members_are_found_by_exact_key(void **state)
{
    (void)state;
    const struct json *root = parsed("{\"a\\u0000\":1,\"A\":2,\"\":3,\"ab\":4,\"n\":null}");
    assert_null(json_get(root, "a"));
    assert_null(json_get(root, "n"));
    assert_str(json_get(root, "")->text, STR("3"));
    assert_null(json_get(NULL, "a"));
    assert_null(json_get(root->first, "a"));
    assert_null(json_get(parsed("[\"a\"]"), "a"));
}

static void text_takes_strings_and_numbers(void **state)
{
    (void)state;
    struct str text;
    const struct json *root = parsed("{\"s\":\"x\",\"n\":1.0,\"t\":true,\"o\":{},\"a\":[\"x\"]}");
    assert_true(json_text(json_get(root, "s"), &text));
    assert_str(text, STR("x"));
    assert_true(json_text(json_get(root, "n"), &text));
    assert_str(text, STR("1.0"));
    assert_false(json_text(json_get(root, "t"), &text));
    assert_false(json_text(json_get(root, "o"), &text));
    assert_false(json_text(json_get(root, "a"), &text));
    assert_false(json_text(NULL, &text));
}

static void integers_are_taken_in_every_spelling(void **state)
{
    static const struct {
        const char *source;
        int64_t value;
    } cases[] = {
        { "0", 0 },
        { "-0", 0 },
        { "-0.0e5", 0 },
        { "10", 10 },
        { "-10", -10 },
        { "1.0", 1 },
        { "1e3", 1000 },
        { "1E+3", 1000 },
        { "1.5e1", 15 },
        { "-1.50e2", -150 },
        { "1200e-2", 12 },
        { "0.12e2", 12 },
        { "0.000000000000000000000012e24", 12 },
        { "9223372036854775807", INT64_MAX },
        { "-9223372036854775808", -INT64_MAX - 1 },
        { "9223372036854775807.00", INT64_MAX },
        { "\"15\"", 15 },
        { "\"007\"", 7 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 99;
        if (!json_i64(parsed(cases[i].source), &value) || value != cases[i].value)
            fail_msg("%s gave %lld", cases[i].source, (long long)value);
    }
}

static void what_is_no_integer_is_refused(void **state)
{
    static const char *const cases[] = {
        "1.5",
        "1e-1",
        "0.1",
        "9223372036854775808",
        "-9223372036854775809",
        "1e19",
        "-1e19",
        "1e999999999999",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "123456789012345678901234567890",
        "92233720368547758070e-2",
        "\"\"",
        "\"a\"",
        "\"-5\"",
        "\"+5\"",
        "\" 5\"",
        "\"5 \"",
        "\"1.0\"",
        "\"1e3\"",
        "\"5\\u0000\"",
        "\"9223372036854775808\"",
        "true",
        "false",
        "null",
        "[1]",
        "{}",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t value = 99;
        if (json_i64(parsed(cases[i]), &value))
            fail_msg("took %s as %lld", cases[i], (long long)value);
        assert_true(value == 99);
    }
    int64_t value;
    assert_false(json_i64(NULL, &value));
}

static void truth_is_true_false_0_and_1(void **state)
{
    static const struct {
        const char *source;
        bool taken, truth;
    } cases[] = {
        { "true", true, true },    { "false", true, false }, { "1", true, true },    { "0", true, false },
        { "1.0", true, true },     { "2", false, false },    { "-1", false, false }, { "0.5", false, false },
        { "\"1\"", false, false }, { "null", false, false }, { "[]", false, false }, { "\"true\"", false, false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool truth = false;
        assert_int_equal(json_bool(parsed(cases[i].source), &truth), cases[i].taken);
        assert_int_equal(truth, cases[i].truth);
    }
    bool truth;
    assert_false(json_bool(NULL, &truth));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_of_a_doubled_key_counts), cmocka_unit_test(members_are_found_by_exact_key),
        cmocka_unit_test(text_takes_strings_and_numbers),   cmocka_unit_test(integers_are_taken_in_every_spelling),
        cmocka_unit_test(what_is_no_integer_is_refused),    cmocka_unit_test(truth_is_true_false_0_and_1),
    };
    return cmocka_run_group_tests(tests, open_parser, close_parser);
}
