/* test_jsonw.c: commas, escapes and entities. */
#include "unit.h"

#include "util/jsonw.h"

#include <stdio.h>

static void commas_stand_between_values_and_nowhere_else(void **state)
{
    (void)state;
    struct buf out = { 0 };
    jsonw_open(&out, '{');
    jsonw_put_i64(&out, "a", 1);
    jsonw_key(&out, "b");
    jsonw_open(&out, '[');
    jsonw_i64(&out, -2);
    jsonw_str(&out, STR("x"));
    jsonw_open(&out, '[');
    jsonw_close(&out, ']');
    jsonw_open(&out, '{');
    jsonw_close(&out, '}');
    jsonw_bool(&out, true);
    jsonw_raw(&out, STR("{\"r\":null}"));
    jsonw_close(&out, ']');
    jsonw_put_bool(&out, "c", false);
    jsonw_put_str(&out, "d", STR("{[:"));
    jsonw_put_str(&out, "e", STR(""));
    jsonw_close(&out, '}');
    assert_str(buf_str(&out),
               STR("{\"a\":1,\"b\":[-2,\"x\",[],{},true,{\"r\":null}],\"c\":false,\"d\":\"{[:\",\"e\":\"\"}"));
    buf_release(&out);
}

static void a_pair_without_text_is_left_out(void **state)
{
    (void)state;
    struct buf out = { 0 };
    jsonw_open(&out, '{');
    jsonw_put_str(&out, "absent", STR_NONE);
    jsonw_put_str(&out, "there", STR("1"));
    jsonw_put_str(&out, "absent", STR_NONE);
    jsonw_close(&out, '}');
    assert_str(buf_str(&out), STR("{\"there\":\"1\"}"));
    buf_release(&out);
}

static void every_byte_is_escaped_as_rfc_8259_says(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 0x80; byte++) {
        char source = (char)byte;
        char expected[8];
        const char *short_forms = "\"\"\\\\\bb\ff\nn\rr\tt";
        const char *pair = short_forms;
        while (*pair != '\0' && *pair != source)
            pair += 2;
        if (byte != 0 && *pair != '\0')
            snprintf(expected, sizeof(expected), "\\%c", pair[1]);
        else if (byte < 0x20)
            snprintf(expected, sizeof(expected), "\\u%04x", byte);
        else
            snprintf(expected, sizeof(expected), "%c", source);
        struct buf out = { 0 };
        jsonw_escape(&out, (struct str){ &source, 1 });
        assert_str(buf_str(&out), str_from(expected));
        buf_release(&out);
    }
}

static void text_beyond_ascii_goes_out_as_it_is(void **state)
{
    (void)state;
    struct buf out = { 0 };
    jsonw_str(&out, STR("\xe4\xbd\xa0\n\xf0\x9f\x92\x93\x7f"));
    assert_str(buf_str(&out), STR("\"\xe4\xbd\xa0\\n\xf0\x9f\x92\x93\x7f\""));
    buf_release(&out);
}

static void html_turns_five_characters_into_entities(void **state)
{
    (void)state;
    struct buf out = { 0 };
    jsonw_str_html(&out, STR("<b title=\"x\">'&amp;'\\\n</b>\xe4\xbd\xa0"));
    assert_str(buf_str(&out), STR("\"&lt;b title=&quot;x&quot;&gt;&#39;&amp;amp;&#39;\\\\\\n&lt;/b&gt;\xe4\xbd\xa0\""));
    buf_release(&out);
}

static void numbers_are_whole_at_both_ends(void **state)
{
    (void)state;
    struct buf out = { 0 };
    jsonw_open(&out, '[');
    jsonw_i64(&out, INT64_MIN);
    jsonw_i64(&out, INT64_MAX);
    jsonw_close(&out, ']');
    assert_str(buf_str(&out), STR("[-9223372036854775808,9223372036854775807]"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_stand_between_values_and_nowhere_else),
        cmocka_unit_test(a_pair_without_text_is_left_out),
        cmocka_unit_test(every_byte_is_escaped_as_rfc_8259_says),
        cmocka_unit_test(text_beyond_ascii_goes_out_as_it_is),
        cmocka_unit_test(html_turns_five_characters_into_entities),
        cmocka_unit_test(numbers_are_whole_at_both_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
