/* test_query.c: percent-decoding and query parameters. */
#include "head.h"

static void assert_decoded(struct str text, bool plus_blank, struct str expected)
{
    char out[64];
    size_t size = 99;
    assert_int_equal(http_percent_decode(text, plus_blank, out, &size), OK);
    assert_int_equal(size, expected.size);
    if (size > 0)
        assert_memory_equal(out, expected.ptr, size);
}

static void escapes_become_their_bytes(void **state)
{
    (void)state;
    assert_decoded(STR(""), false, STR(""));
    assert_decoded(STR_NONE, false, STR(""));
    assert_decoded(STR("abc"), false, STR("abc"));
    assert_decoded(STR("a%40b.cn"), false, STR("a@b.cn"));
    assert_decoded(STR("%e6%9E%b6%E6%9e%84"), false, STR("\xe6\x9e\xb6\xe6\x9e\x84"));
    assert_decoded(STR("%00%ff"), false, STR("\0\xff"));
    assert_decoded(STR("%2541"), false, STR("%41"));
    assert_decoded(STR("\xe6\x9e\xb6"), false, STR("\xe6\x9e\xb6"));
}

static void plus_is_a_blank_only_in_forms(void **state)
{
    (void)state;
    assert_decoded(STR("a+b%2Bc"), true, STR("a b+c"));
    assert_decoded(STR("a+b%2Bc"), false, STR("a+b+c"));
}

static void bad_escapes_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = { "%", "%4", "a%", "a%4", "%zz", "%4g", "%g4", "%%41", "%-1", "% 1", "%u0041" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char out[16];
        size_t size;
        assert_int_equal(http_percent_decode(str_from(texts[i]), true, out, &size), ERR_PARSE);
    }
}

static void decoding_may_happen_in_place(void **state)
{
    (void)state;
    char text[] = "a%20b%20c";
    size_t size;
    assert_int_equal(http_percent_decode(str_from(text), false, text, &size), OK);
    assert_int_equal(size, 5);
    assert_memory_equal(text, "a b c", 5);
}

static void parameters_are_found_by_name(void **state)
{
    (void)state;
    struct str query = STR("email=a%40b&token=XYZ&x&y=&&z=1=2&token=second&em=1&%65x=e");
    assert_str(http_query_get(query, "email"), "a%40b");
    assert_str(http_query_get(query, "token"), "XYZ");
    assert_str(http_query_get(query, "x"), "");
    assert_str(http_query_get(query, "y"), "");
    assert_str(http_query_get(query, "z"), "1=2");
    assert_str(http_query_get(query, "em"), "1");
    assert_str(http_query_get(query, "ex"), "e");
    assert_null(http_query_get(query, "ema").ptr);
    assert_null(http_query_get(query, "emails").ptr);
    assert_null(http_query_get(query, "second").ptr);
    assert_null(http_query_get(query, "Email").ptr);
}

static void no_query_has_no_parameters(void **state)
{
    (void)state;
    assert_null(http_query_get(STR_NONE, "a").ptr);
    assert_null(http_query_get(STR(""), "a").ptr);
    assert_null(http_query_get(STR("&&&"), "a").ptr);
    assert_null(http_query_get(STR("="), "a").ptr);
}

static void odd_names_match_nothing(void **state)
{
    (void)state;
    assert_null(http_query_get(STR("a%=1&%zz=2&a%00=3&a%0=4"), "a").ptr);
    assert_str(http_query_get(STR("a%=1&a=5"), "a"), "5");
    assert_str(http_query_get(STR("a+b=6"), "a b"), "6");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_become_their_bytes),   cmocka_unit_test(plus_is_a_blank_only_in_forms),
        cmocka_unit_test(bad_escapes_are_refused),      cmocka_unit_test(decoding_may_happen_in_place),
        cmocka_unit_test(parameters_are_found_by_name), cmocka_unit_test(no_query_has_no_parameters),
        cmocka_unit_test(odd_names_match_nothing),
    };
    return cmocka_run_group_tests_name("http query", tests, NULL, NULL);
}
