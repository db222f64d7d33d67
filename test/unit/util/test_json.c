/* test_json.c: what is JSON, what is not, and what a document says. */
#include "unit.h"

#include "util/json.h"
#include "util/jsonw.h"
#include "util/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct json_parser *parser;
static struct arena arena;

static int open_parser(void **state)
{
    (void)state;
    parser = json_parser_new();
    return 0;
}

static int close_parser(void **state)
{
    (void)state;
    arena_release(&arena);
    json_parser_free(&parser);
    return parser != NULL;
}

/* From a heap copy of exact size, so that a sanitizer sees a read past it. */
static enum err parse(struct str text, struct json **out)
{
    char *copy = malloc(text.size + 1);
    memcpy(copy, text.ptr, text.size);
    *out = NULL;
    enum err err = json_parse(parser, &arena, (struct str){ copy, text.size }, out);
    free(copy);
    return err;
}

static const struct json *parsed(const char *text)
{
    struct json *root;
    if (parse(str_from(text), &root) != OK)
        fail_msg("refused: %s", text);
    return root;
}

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

static void numbers_keep_their_text(void **state)
{
    static const char *const cases[] = {
        "0", "-0", "12", "-7", "1.50", "1e3", "1E+003", "0.0e-0", "123456789012345678901234567890", "1e999", "-1.5E-10"
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *bare = parsed(arena_format(&arena, " \n%s\t ", cases[i]).ptr);
        const struct json *root = parsed(arena_format(&arena, "{\"n\" : %s \n, \"m\":%s}", cases[i], cases[i]).ptr);
        assert_int_equal(bare->type, JSON_NUMBER);
        assert_str(bare->text, str_from(cases[i]));
        assert_str(json_get(root, "n")->text, str_from(cases[i]));
        assert_str(json_get(root, "m")->text, str_from(cases[i]));
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

static void strings_are_unescaped(void **state)
{
    static const struct {
        const char *source;
        struct str value;
    } cases[] = {
        { "", STR("") },
        { "plain", STR("plain") },
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", STR("\"\\/\b\f\n\r\t") },
        { "\\u0041\\u00e9\\u4f60\\u4F60", STR("A\xc3\xa9\xe4\xbd\xa0\xe4\xbd\xa0") },
        { "\\ud83d\\udc93", STR("\xf0\x9f\x92\x93") },
        { "\\uD800\\uDC00 \\udbff\\udfff", STR("\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf") },
        { "a\\u0000b", STR("a\0b") },
        { "\\u0000", STR("\0") },
        { "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x92\x93\x7f", STR("\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x92\x93\x7f") },
        { "{}[]:,", STR("{}[]:,") },
        { "ends in a backslash\\\\", STR("ends in a backslash\\") },
        { "\\\\\\\"", STR("\\\"") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct json *bare = parsed(arena_format(&arena, " \"%s\" ", cases[i].source).ptr);
        assert_int_equal(bare->type, JSON_STRING);
        assert_str(bare->text, cases[i].value);
        const struct json *root =
            parsed(arena_format(&arena, "{\"%s\" : [\"%s\"  , 1]}", cases[i].source, cases[i].source).ptr);
        assert_str(root->first->key, cases[i].value);
        assert_str(root->first->first->text, cases[i].value);
    }
}

static void a_tree_has_its_children_in_order(void **state)
{
    (void)state;
    const struct json *root = parsed("{\"a\":[1,\"x\",null,true,false,{},[]],\"b\":{\"c\":{}} }");
    static const enum json_type types[] = { JSON_NUMBER, JSON_STRING, JSON_NULL, JSON_TRUE,
                                            JSON_FALSE,  JSON_OBJECT, JSON_ARRAY };
    assert_int_equal(root->count, 2);
    assert_int_equal(root->first->count, 7);
    const struct json *child = root->first->first;
    for (size_t i = 0; i < 7; i++, child = child->next)
        assert_int_equal(child->type, types[i]);
    assert_null(child);
    assert_str(root->first->next->first->key, STR("c"));
    assert_null(root->next);
}

static void raw_is_the_source_of_objects_and_arrays(void **state)
{
    (void)state;
    struct str source = STR(" {\"a\" : { \"x\":[ 1, 2 ] } , \"b\":[] \n}\n");
    struct json *root;
    assert_int_equal(json_parse(parser, &arena, source, &root), OK);
    const struct json *a = json_get(root, "a");
    assert_str(root->raw, STR("{\"a\" : { \"x\":[ 1, 2 ] } , \"b\":[] \n}"));
    assert_str(a->raw, STR("{ \"x\":[ 1, 2 ] }"));
    assert_str(a->first->raw, STR("[ 1, 2 ]"));
    assert_str(json_get(root, "b")->raw, STR("[]"));
    assert_ptr_equal(root->raw.ptr, source.ptr + 1); /* in the caller's bytes */
}

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

static void a_parser_serves_on_after_errors_and_after_large_documents(void **state)
{
    (void)state;
    struct buf large = { 0 };
    jsonw_open(&large, '[');
    for (int i = 0; i < 20000; i++)
        jsonw_str(&large, STR("some text \\ \" of a length"));
    jsonw_close(&large, ']');
    struct json *root;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parse(buf_str(&large), &root), OK);
        assert_int_equal(root->count, 20000);
        assert_int_equal(parse(STR("{\"a\":"), &root), ERR_PARSE);
        assert_str(json_get(parsed("{\"a\":\"b\"}"), "a")->text, STR("b"));
    }
    buf_release(&large);
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

static void append_random_text(struct buf *out, unsigned *seed)
{
    for (int left = rand_r(seed) % 40; left > 0; left--) {
        static const uint32_t tops[] = { 0x20, 0x80, 0x80, 0x800, 0xd800, 0x110000 };
        uint32_t code_point = ((uint32_t)rand_r(seed) * 31 + (uint32_t)rand_r(seed)) % tops[rand_r(seed) % 6];
        char bytes[4];
        if (code_point < 0xd800 || code_point > 0xdfff)
            buf_append(out, bytes, utf8_encode(code_point, bytes));
    }
}

static void what_the_writer_wrote_is_read_back(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    for (int round = 0; round < 3000; round++) {
        struct buf text = { 0 };
        struct buf out = { 0 };
        int64_t number = (int64_t)((uint64_t)rand_r(&seed) << 33 ^ (uint64_t)rand_r(&seed) << 2) >> rand_r(&seed) % 64;
        append_random_text(&text, &seed);
        jsonw_open(&out, '{');
        jsonw_put_i64(&out, "number", number);
        jsonw_key(&out, "text");
        jsonw_str(&out, buf_str(&text));
        jsonw_close(&out, '}');
        struct json *root;
        int64_t number_back = 0;
        assert_int_equal(parse(buf_str(&out), &root), OK);
        assert_true(json_i64(json_get(root, "number"), &number_back));
        assert_true(number_back == number);
        assert_str(json_get(root, "text")->text, buf_str(&text));
        buf_release(&text);
        buf_release(&out);
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
        cmocka_unit_test(numbers_keep_their_text),
        cmocka_unit_test(malformed_strings_are_refused),
        cmocka_unit_test(ill_formed_bytes_are_refused_outside_of_strings_too),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(a_tree_has_its_children_in_order),
        cmocka_unit_test(raw_is_the_source_of_objects_and_arrays),
        cmocka_unit_test(the_last_of_a_doubled_key_counts),
        cmocka_unit_test(members_are_found_by_exact_key),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(a_parser_serves_on_after_errors_and_after_large_documents),
        cmocka_unit_test(text_takes_strings_and_numbers),
        cmocka_unit_test(integers_are_taken_in_every_spelling),
        cmocka_unit_test(what_is_no_integer_is_refused),
        cmocka_unit_test(truth_is_true_false_0_and_1),
        cmocka_unit_test(what_the_writer_wrote_is_read_back),
        cmocka_unit_test(damaged_documents_do_no_damage),
    };
    return cmocka_run_group_tests(tests, open_parser, close_parser);
}
