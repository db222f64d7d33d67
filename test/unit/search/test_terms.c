/* test_terms.c: queries against texts. */
#include "store_fixture.h"

#include "search/terms.h"

static bool matches(const char *query, const char *text)
{
    struct arena arena = { 0 };
    struct buf scratch = { 0 };
    struct terms terms;
    assert_ok(terms_parse(&arena, str_from(query), &terms));
    bool is = terms_match(&terms, str_from(text), &scratch);
    buf_release(&scratch);
    arena_release(&arena);
    return is;
}

static void words_match_at_their_beginning(void **state)
{
    (void)state;
    assert_true(matches("hel", "Hello World"));
    assert_true(matches("world hello", "hello, WORLD"));
    assert_false(matches("ello", "hello"));
    assert_false(matches("hello there", "hello world"));
    assert_true(matches("CAFÉ", "in the cafeteria"));
    assert_true(matches("strasse", "Hauptstr. 1, Alte Straße 5"));
    assert_true(matches("12", "no. 1234"));
    assert_false(matches("34", "no. 1234"));
    assert_true(matches("ａｂ", "ABC"));
}

static void runs_match_anywhere_but_whole(void **state)
{
    (void)state;
    assert_true(matches("架构", "微服务架构设计"));
    assert_true(matches("构", "微服务架构设计"));
    assert_false(matches("架设", "微服务架构设计"));
    assert_false(matches("架构", "架，构"));
    assert_false(matches("服架", "微服务架构"));
    assert_true(matches("设计 微服", "微服务架构设计"));
    assert_true(matches("iphone拍照", "用iPhone 17拍照片"));
    assert_false(matches("iphone拍照", "用iPhone 17"));
    assert_true(matches("カナ", "カタカナ"));
}

static void a_query_has_something_to_look_for(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct terms terms;
    char text[TERMS_QUERY_MAX + 1];
    memset(text, 'x', sizeof(text));
    assert_err(ERR_ARG, terms_parse(&arena, STR(""), &terms));
    assert_err(ERR_ARG, terms_parse(&arena, STR(" ... 😀 "), &terms));
    assert_err(ERR_ARG, terms_parse(&arena, STR("\xff"), &terms));
    assert_err(ERR_ARG, terms_parse(&arena, (struct str){ text, sizeof(text) }, &terms));
    assert_ok(terms_parse(&arena, (struct str){ text, TERMS_QUERY_MAX }, &terms));
    assert_int_equal(1, terms.count);
    for (size_t i = 0; i < TERMS_QUERY_MAX; i += 2)
        text[i] = (char)('a' + i / 2 % 26), text[i + 1] = ' ';
    assert_ok(terms_parse(&arena, (struct str){ text, TERMS_QUERY_MAX }, &terms));
    assert_int_equal(26, terms.count); /* each once */
    arena_release(&arena);
}

static void keys_are_what_texts_with_the_terms_have(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct terms terms;
    struct term_keys keys;
    assert_ok(terms_parse(&arena, STR("微服务 x 中 服务"), &terms));
    terms_keys(&arena, &terms, &keys);
    assert_int_equal(4, keys.count);
    assert_str("微服", keys.items[0].text);
    assert_false(keys.items[0].prefix);
    assert_str("服务", keys.items[1].text);
    assert_str("x", keys.items[2].text);
    assert_true(keys.items[2].prefix);
    assert_str("中", keys.items[3].text);
    assert_true(keys.items[3].prefix);
    assert_ok(terms_parse(&arena, STR("abcdefghijklmnopqrstuvwxyz0123456789"), &terms));
    terms_keys(&arena, &terms, &keys);
    assert_str("abcdefghijklmnopqrstuvwxyz012345", keys.items[0].text);
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_match_at_their_beginning),
        cmocka_unit_test(runs_match_anywhere_but_whole),
        cmocka_unit_test(a_query_has_something_to_look_for),
        cmocka_unit_test(keys_are_what_texts_with_the_terms_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
