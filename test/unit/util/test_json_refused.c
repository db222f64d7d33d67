/* test_json_refused.c: what is no JSON, and what is too much of it. */
#include "json_fixture.h"

#include "util/buf.h"
#include "util/utf8.h"

#include <stdio.h>
#include <time.h>

static void malformed_documents_are_refused(void **state)
{
    static const struct str cases[] = {
        STR(""),
        STR(" \t\r\n"),
        STR("{"),
        STR("["),
        STR("}"),
        STR("]"),
        STR(":"),
        STR(","),
        STR("\""),
        STR("[1"),
        STR("{\"a\":1"),
        STR("[[1]"),
        STR("[1]]"),
        STR("[1}"),
        STR("{\"a\":1]"),
        STR("[}"),
        STR("{]"),
        /* trailing bytes */
        STR("{} {}"),
        STR("[1] 2"),
        STR("1 2"),
        STR("\"a\" \"b\""),
        STR("null,"),
        STR("{}x"),
        STR("{}\0"),
        STR("1\0"),
        /* commas and colons */
        STR("[1,]"),
        STR("[,1]"),
        STR("[1,,2]"),
        STR("[1 2]"),
        STR("{\"a\":1,}"),
        STR("{,}"),
        STR("{\"a\":1 \"b\":2}"),
        STR("{\"a\"}"),
        STR("{\"a\":}"),
        STR("{\"a\" 1}"),
        STR("{\"a\"::1}"),
        STR("{:1}"),
        STR("{\"a\":1,\"b\"}"),
        /* keys that are no strings */
        STR("{1:1}"),
        STR("{a:1}"),
        STR("{'a':1}"),
        STR("{null:1}"),
        STR("{[]:1}"),
        STR("{{}:1}"),
        /* words */
        STR("nul"),
        STR("nullx"),
        STR("True"),
        STR("TRUE"),
        STR("tru"),
        STR("truefalse"),
        STR("[fals]"),
        STR("NaN"),
        STR("Infinity"),
        STR("-Infinity"),
        STR("undefined"),
        STR("[nul]"),
        STR("/**/1"),
        STR("//\n1"),
        STR("[1]//"),
        /* a byte order mark (RFC 8259 section 8.1) */
        STR("\xef\xbb\xbf{}"),
        /* white space that JSON does not have */
        STR("[1,\x0b 2]"),
        STR("\xc2\xa0[]"),
        STR("[\f]"),
        /* strings that stand where only a comma may */
        STR("[\"a\"b]"),
        STR("[\"a\"\"b\"]"),
        STR("[1\"a\"]"),
        STR("[\"a\"1]"),
        STR("['a']"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *root;
        if (parse(cases[i], &root) != ERR_PARSE)
            fail_msg("not refused: %s", cases[i].ptr);
        assert_null(root);
    }
}

static void malformed_numbers_are_refused(void **state)
{
    static const char *const cases[] = { "01",   "-01", "00",    "-",   "+1",   ".5",      "1.",    "-.5",
                                         "1.e1", "1e",  "1e+",   "1E-", "0x10", "1_000",   "1.2.3", "1e1.5",
                                         "--1",  "1-",  "1e1e1", "0e",  "1a",   "\xd9\xa3" };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json *root;
        assert_int_equal(parse(str_from(cases[i]), &root), ERR_PARSE);
        assert_int_equal(parse(arena_format(&arena, "[%s]", cases[i]), &root), ERR_PARSE);
        assert_int_equal(parse(arena_format(&arena, "{\"a\":%s}", cases[i]), &root), ERR_PARSE);
    }
}

static void malformed_strings_are_refused(void **state)
{
    static const struct str cases[] = {
        /* escapes */
        STR("\\"),
        STR("\\x41"),
        STR("\\'"),
        STR("\\0"),
        STR("\\u"),
        STR("\\u12"),
        STR("\\u123"),
        STR("\\u12g4"),
        STR("\\U0041"),
        STR("\\u 041"),
        STR("\\u+041"),
        STR("\\\n"),
        STR("\\a"),
        STR("\\u00:0"),
        STR("\\u00@0"),
        STR("\\u00`0"),
        STR("\\u00G0"),
        STR("\\u00/0"),
        /* surrogates */
        STR("\\ud800"),
        STR("\\udc00"),
        STR("\\udfff"),
        STR("\\udbffx"),
        STR("\\ud800\\u0041"),
        STR("\\ud800\\ud800"),
        STR("\\udc00\\ud800"),
        STR("\\ud83d\\n"),
        STR("\\ud83d\\udc9"),
        STR("\\ud83d\\xdc93"),
        STR("\\ud83d udc93"),
        STR("\\ud83d\\ue000"),
        STR("\\ud83d\\udbff"),
        /* raw control characters */
        STR("\0"),
        STR("\x01"),
        STR("\n"),
        STR("\r"),
        STR("\t"),
        STR("\x1f"),
        /* ill-formed UTF-8 */
        STR("\xff"),
        STR("\x80"),
        STR("\xc0\x80"),
        STR("\xc1\xbf"),
        STR("\xe4\xbd"),
        STR("\xed\xa0\x80"),
        STR("\xed\xbf\xbf"),
        STR("\xf4\x90\x80\x80"),
        STR("\xf8\x88\x80\x80\x80"),
        STR("\xe0\x80\x80"),
        STR("\xf0\x80\x80\x80"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static const char *const frames[][2] = {
            { "\"", "\"" }, { "[\"ab", "-cd\"]" }, { "{\"", "\":1}" }, { "{\"a\":\"", "\", \"b\":2}" }
        };
        for (size_t j = 0; j < 4; j++) {
            struct buf text = { 0 };
            struct json *root;
            buf_append_str(&text, str_from(frames[j][0]));
            buf_append_str(&text, cases[i]);
            buf_append_str(&text, str_from(frames[j][1]));
            if (parse(buf_str(&text), &root) != ERR_PARSE)
                fail_msg("not refused, case %zu: %.*s", i, (int)text.size, text.ptr);
            buf_release(&text);
        }
    }
}

static void ill_formed_bytes_are_refused_outside_of_strings_too(void **state)
{
    (void)state;
    struct json *root;
    assert_int_equal(parse(STR("[1,\xff]"), &root), ERR_PARSE);
    assert_int_equal(parse(STR("[1]\x80"), &root), ERR_PARSE);
}

static struct buf nested(size_t depth, const char *open, const char *inside, const char *close)
{
    struct buf text = { 0 };
    for (size_t i = 0; i < depth; i++)
        buf_append_str(&text, str_from(open));
    buf_append_str(&text, str_from(inside));
    for (size_t i = 0; i < depth; i++)
        buf_append_str(&text, str_from(close));
    return text;
}

static void nesting_is_bounded(void **state)
{
    static const struct {
        size_t depth;
        enum err err;
    } cases[] = {
        { JSON_DEPTH_MAX, OK },     { JSON_DEPTH_MAX + 1, ERR_TOO_LARGE },
        { 1025, ERR_TOO_LARGE },    { 10000, ERR_TOO_LARGE },
        { 1000000, ERR_TOO_LARGE },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf arrays = nested(cases[i].depth, "[", "", "]");
        struct buf objects = nested(cases[i].depth, "{\"a\":", "1", "}");
        struct buf open = nested(cases[i].depth, "[", "", "");
        struct json *root;
        assert_int_equal(parse(buf_str(&arrays), &root), cases[i].err);
        assert_int_equal(parse(buf_str(&objects), &root), cases[i].err);
        assert_true(parse(buf_str(&open), &root) != OK);
        buf_release(&arrays);
        buf_release(&objects);
        buf_release(&open);
    }
}

/* Any change of a byte gives a document or an error, never anything else:
 * what is taken is well-formed, within its bounds, and parses again. */
static void check_tree(const struct json *value, unsigned depth)
{
    assert_true(depth <= JSON_DEPTH_MAX + 1);
    assert_true(utf8_valid(value->key) && utf8_valid(value->text));
    size_t count = 0;
    for (const struct json *child = value->first; child != NULL; child = child->next, count++)
        check_tree(child, depth + 1);
    assert_int_equal(count, value->count);
}

static void damaged_documents_do_no_damage(void **state)
{
    static const char source[] = "{\"userEmail\":\"a@b.c\",\"cmd\":10,\"list\":[1,-2.5e3,null,true,[\"\\u4f60\\n\"]],"
                                 "\"content\":\"\xe4\xbd\xa0 \\ud83d\\udc93\",\"o\":{\"k\":{}}}";
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    for (int round = 0; round < 100000; round++) {
        static const char marks[] = "{}[]:,\"\\u0 \n\xff\x80";
        char text[sizeof(source)];
        memcpy(text, source, sizeof(source));
        for (int i = rand_r(&seed) % 3; i >= 0; i--)
            text[(size_t)rand_r(&seed) % (sizeof(source) - 1)] = marks[(size_t)rand_r(&seed) % sizeof(marks)];
        size_t size = rand_r(&seed) % 4 == 0 ? (size_t)rand_r(&seed) % sizeof(source) : sizeof(source) - 1;
        struct json *root;
        if (parse((struct str){ text, size }, &root) == OK)
            check_tree(root, 0);
        arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_documents_are_refused),
        cmocka_unit_test(malformed_numbers_are_refused),
        cmocka_unit_test(malformed_strings_are_refused),
        cmocka_unit_test(ill_formed_bytes_are_refused_outside_of_strings_too),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(damaged_documents_do_no_damage),
    };
    return cmocka_run_group_tests(tests, open_parser, close_parser);
}
