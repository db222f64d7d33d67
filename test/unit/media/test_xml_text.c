/* test_xml_text.c: names, ids and marks out of a bucket's answers. */
#include "unit.h"

#include "media/xml_text.h"

#include <stdlib.h>

static void assert_next(struct str *rest, const char *name, const char *expected)
{
    struct str text;
    assert_true(xml_text_next(rest, str_from(name), &text));
    assert_true(str_equal(text, str_from(expected)));
}

static void elements_are_found_in_their_order(void **state)
{
    (void)state;
    struct str text;
    struct str rest = STR("<?xml version=\"1.0\"?>\n<R><Upload><Key>a/b</Key><UploadId>1-x_</UploadId></Upload>"
                          "<Upload><Key>c</Key><UploadId>2</UploadId></Upload></R>");
    assert_next(&rest, "Key", "a/b");
    assert_next(&rest, "UploadId", "1-x_");
    assert_next(&rest, "Key", "c");
    assert_next(&rest, "UploadId", "2");
    assert_false(xml_text_next(&rest, STR("Key"), &text));
}

static void a_name_is_a_whole_name(void **state)
{
    (void)state;
    struct str text;
    struct str rest = STR("<KeyCount>2</KeyCount><MaxKey>3</MaxKey><Key/>");
    assert_false(xml_text_next(&rest, STR("Key"), &text));
}

static void an_empty_element_has_an_empty_text(void **state)
{
    (void)state;
    struct str rest = STR("<Key></Key>");
    assert_next(&rest, "Key", "");
}

static void what_is_cut_anywhere_is_not_there(void **state)
{
    (void)state;
    const char whole[] = "<UploadId>abc</UploadId>";
    for (size_t size = 0; size <= sizeof(whole) - 1; size++) {
        char *cut = malloc(size + 1); /* so that a sanitizer sees a step too far */
        memcpy(cut, whole, size);
        struct str rest = { cut, size };
        struct str text;
        assert_int_equal(xml_text_next(&rest, STR("UploadId"), &text), size >= strlen("<UploadId>abc<"));
        free(cut);
    }
}

static void text_can_not_end_its_element(void **state)
{
    (void)state;
    struct buf out = { 0 };
    xml_text_append(&out, STR("\"a&b\"</ETag><x>"));
    assert_true(str_equal(buf_str(&out), STR("&quot;a&amp;b&quot;&lt;/ETag&gt;&lt;x&gt;")));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_found_in_their_order),  cmocka_unit_test(a_name_is_a_whole_name),
        cmocka_unit_test(an_empty_element_has_an_empty_text), cmocka_unit_test(what_is_cut_anywhere_is_not_there),
        cmocka_unit_test(text_can_not_end_its_element),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
