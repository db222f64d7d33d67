/* test_json.c: what a document says is what the tree holds. */
#include "json_fixture.h"

#include "util/jsonw.h"
#include "util/utf8.h"

#include <stdio.h>
#include <time.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_keep_their_text),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(a_tree_has_its_children_in_order),
        cmocka_unit_test(raw_is_the_source_of_objects_and_arrays),
        cmocka_unit_test(a_parser_serves_on_after_errors_and_after_large_documents),
        cmocka_unit_test(what_the_writer_wrote_is_read_back),
    };
    return cmocka_run_group_tests(tests, open_parser, close_parser);
}
