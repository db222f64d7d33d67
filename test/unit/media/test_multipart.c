/* test_multipart.c: forms, however they are cut. */
#include "unit.h"

#include "media/multipart.h"
#include "util/buf.h"

#define TYPE STR("multipart/form-data; boundary=abc")
#define FILE_HEAD "--abc\r\nContent-Disposition: form-data; name=\"f\"; filename=\"n.txt\"\r\n\r\n"
#define LONG_BOUNDARY                                                                                                  \
    "multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define FIELD "--abc\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nvalue\r\n"

static enum err keep(void *context, struct str bytes)
{
    buf_append_str(context, bytes);
    return OK;
}

/* Fed in pieces of every size up to its own; each must end the same. */
static void assert_form(struct str form, enum err expected, bool done, struct str content)
{
    for (size_t piece = 1; piece <= form.size; piece++) {
        struct multipart multipart;
        struct buf got = { 0 };
        enum err err = OK;
        assert_int_equal(multipart_init(&multipart, TYPE), OK);
        for (size_t at = 0; err == OK && at < form.size; at += piece) {
            size_t size = form.size - at < piece ? form.size - at : piece;
            err = multipart_feed(&multipart, (struct str){ form.ptr + at, size }, keep, &got);
        }
        assert_int_equal(err, expected);
        if (err == OK) {
            assert_int_equal(multipart_done(&multipart), done);
            assert_str(buf_str(&got), content);
        }
        buf_release(&got);
    }
}

static void the_file_of_a_form_is_given_out_whole(void **state)
{
    (void)state;
    assert_form(STR(FILE_HEAD "hello\r\n--abc--\r\n"), OK, true, STR("hello"));
    assert_form(STR(FILE_HEAD "hello\r\n--abc--"), OK, true, STR("hello"));
    assert_form(STR(FILE_HEAD "\r\n--abc--\r\n"), OK, true, STR(""));
    assert_form(STR("preamble\r\n" FILE_HEAD "x\r\n--abc--\r\nepilogue"), OK, true, STR("x"));
    assert_form(STR(FIELD FILE_HEAD "x\r\n" FIELD "--abc--\r\n"), OK, true, STR("x"));
    assert_form(STR("--abc  \r\nContent-Disposition: form-data; filename=a\r\n\r\nx\r\n--abc--"), OK, true, STR("x"));
}

static void what_only_looks_like_a_boundary_is_content(void **state)
{
    (void)state;
    assert_form(STR(FILE_HEAD "\r\n--ab\r\n--abd\r\n-\r\r\n--ab\r\n--abc--\r\n"), OK, true,
                STR("\r\n--ab\r\n--abd\r\n-\r\r\n--ab"));
    assert_form(STR(FILE_HEAD "--abc--\n--abc\r\r\n--abc--\r\n"), OK, true, STR("--abc--\n--abc\r"));
    assert_form(STR("-" FILE_HEAD), OK, false, STR(""));
    assert_form(STR("-x--abc\r\n" FILE_HEAD "x\r\n--abc--"), OK, true, STR("x"));
}

static void a_form_cut_short_is_not_done(void **state)
{
    (void)state;
    struct str form = STR(FILE_HEAD "hello\r\n--abc--");
    for (size_t size = 1; size < form.size; size++) {
        struct multipart multipart;
        struct buf got = { 0 };
        assert_int_equal(multipart_init(&multipart, TYPE), OK);
        assert_int_equal(multipart_feed(&multipart, (struct str){ form.ptr, size }, keep, &got), OK);
        assert_false(multipart_done(&multipart));
        buf_release(&got);
    }
    assert_form(STR(FIELD "--abc--"), OK, false, STR(""));
}

static void bad_forms_are_refused(void **state)
{
    (void)state;
    assert_form(STR(FILE_HEAD "a\r\n" FILE_HEAD "b\r\n--abc--"), ERR_ARG, false, STR(""));
    assert_form(STR("--abcx"), ERR_PARSE, false, STR(""));
    assert_form(STR("--abc-x"), ERR_PARSE, false, STR(""));
    assert_form(STR("--abc\rx"), ERR_PARSE, false, STR(""));
    assert_form(STR("--abc\n"), ERR_PARSE, false, STR(""));
}

static enum err feed_many(const char *text, size_t times, struct multipart *multipart)
{
    struct buf got = { 0 };
    enum err err = OK;
    for (size_t i = 0; err == OK && i < times; i++)
        err = multipart_feed(multipart, str_from(text), keep, &got);
    buf_release(&got);
    return err;
}

static void everything_but_the_file_is_bounded(void **state)
{
    (void)state;
    struct multipart multipart;
    multipart_init(&multipart, TYPE);
    assert_int_equal(feed_many("preamble ", MULTIPART_OTHER_MAX / 9 + 1, &multipart), ERR_TOO_LARGE);
    multipart_init(&multipart, TYPE);
    assert_int_equal(feed_many(FIELD, MULTIPART_PARTS_MAX + 1, &multipart), ERR_TOO_LARGE);
    multipart_init(&multipart, TYPE);
    assert_int_equal(feed_many("--abc\r\n", 1, &multipart), OK);
    assert_int_equal(feed_many("a: b\r\n", MULTIPART_HEAD_MAX / 6 + 1, &multipart), ERR_TOO_LARGE);
    multipart_init(&multipart, TYPE);
    assert_int_equal(feed_many(FILE_HEAD, 1, &multipart), OK);
    assert_int_equal(feed_many("content ", 100000, &multipart), OK);
    assert_int_equal(feed_many("\r\n--abc--", 1, &multipart), OK);
    assert_true(multipart_done(&multipart));
    assert_int_equal(feed_many("epilogue", MULTIPART_OTHER_MAX, &multipart), ERR_TOO_LARGE);
}

static void names_and_boundaries_are_read_as_browsers_write_them(void **state)
{
    (void)state;
    struct multipart multipart;
    assert_int_equal(multipart_init(&multipart, STR("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"")), OK);
    assert_int_equal(multipart.delimiter_size, 7);
    struct buf got = { 0 };
    const char *form =
        "--a b\r\ncontent-disposition: form-data; name=\"filename=x\"; filename=\"\xe7\x85\xa7 a;b.png\"\r\n"
        "Content-Type: image/png\r\n\r\n1\r\n--a b--";
    assert_int_equal(multipart_feed(&multipart, str_from(form), keep, &got), OK);
    assert_true(multipart_done(&multipart));
    assert_string_equal(multipart.name, "\xe7\x85\xa7 a;b.png");
    buf_release(&got);
    static const char *const bad[] = { "multipart/form-data",
                                       "multipart/form-data;",
                                       "multipart/form-data; boundary=",
                                       "multipart/form-data; boundary=\"\"",
                                       "multipart/form-data; boundary",
                                       "multipart/form-data; boundary=a\rb",
                                       "multipart/mixed; boundary=abc",
                                       "multipart/form-data; boundary=\"a \"",
                                       LONG_BOUNDARY };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(multipart_init(&multipart, str_from(bad[i])), ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_of_a_form_is_given_out_whole),
        cmocka_unit_test(what_only_looks_like_a_boundary_is_content),
        cmocka_unit_test(a_form_cut_short_is_not_done),
        cmocka_unit_test(bad_forms_are_refused),
        cmocka_unit_test(everything_but_the_file_is_bounded),
        cmocka_unit_test(names_and_boundaries_are_read_as_browsers_write_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
