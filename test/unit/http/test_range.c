/* test_range.c: which bytes are meant, and which copy a client has. */
#include "unit.h"

#include "http/range.h"

static void assert_range(const char *header, uint64_t size, enum http_range_kind kind, uint64_t from, uint64_t count)
{
    struct http_range range = http_range_parse(str_from(header), size);
    assert_int_equal(range.kind, kind);
    assert_int_equal(range.from, from);
    assert_int_equal(range.size, count);
}

static void one_range_is_taken_as_far_as_the_file_goes(void **state)
{
    (void)state;
    assert_range("bytes=0-0", 10, HTTP_RANGE_PART, 0, 1);
    assert_range("bytes=0-9", 10, HTTP_RANGE_PART, 0, 10);
    assert_range("bytes=0-10", 10, HTTP_RANGE_PART, 0, 10);
    assert_range("bytes=9-", 10, HTTP_RANGE_PART, 9, 1);
    assert_range("bytes= 3-4 ", 10, HTTP_RANGE_PART, 3, 2);
    assert_range("bytes=-3", 10, HTTP_RANGE_PART, 7, 3);
    assert_range("bytes=-30", 10, HTTP_RANGE_PART, 0, 10);
    assert_range("bytes=0-999999999999999999", 10, HTTP_RANGE_PART, 0, 10);
}

static void a_range_behind_the_end_is_none(void **state)
{
    (void)state;
    assert_range("bytes=10-", 10, HTTP_RANGE_NONE, 0, 0);
    assert_range("bytes=10-20", 10, HTTP_RANGE_NONE, 0, 0);
    assert_range("bytes=-0", 10, HTTP_RANGE_NONE, 0, 0);
    assert_range("bytes=0-", 0, HTTP_RANGE_NONE, 0, 0);
    assert_range("bytes=-1", 0, HTTP_RANGE_NONE, 0, 0);
}

static void what_is_no_single_range_means_the_whole(void **state)
{
    (void)state;
    static const char *const texts[] = { NULL,
                                         "",
                                         "bytes",
                                         "bytes=",
                                         "bytes=-",
                                         "bytes=a-b",
                                         "bytes=1",
                                         "bytes=2-1",
                                         "bytes=0-1,3-4",
                                         "items=0-1",
                                         "bytes=+1-2",
                                         "bytes=1--2",
                                         "bytes=1 - 2",
                                         "bytes=0x1-2",
                                         "bytes=1-2x",
                                         "byte=0-1",
                                         "bytes:0-1",
                                         "bytes=,0-1",
                                         "bytes=1-2-3",
                                         "bytes=--1",
                                         "bytes=9999999999999999999-" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_range(texts[i], 10, HTTP_RANGE_WHOLE, 0, 10);
}

static void a_tag_is_found_in_a_list(void **state)
{
    (void)state;
    struct str etag = STR("\"abc\"");
    assert_true(http_etag_listed(STR("\"abc\""), etag));
    assert_true(http_etag_listed(STR("\"x\", \"abc\""), etag));
    assert_true(http_etag_listed(STR("W/\"abc\""), etag));
    assert_true(http_etag_listed(STR("*"), etag));
    assert_false(http_etag_listed(STR("\"abcd\""), etag));
    assert_false(http_etag_listed(STR("abc"), etag));
    assert_false(http_etag_listed(STR(""), etag));
    assert_false(http_etag_listed(STR_NONE, etag));
    assert_false(http_etag_listed(STR(",,"), etag));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_range_is_taken_as_far_as_the_file_goes),
        cmocka_unit_test(a_range_behind_the_end_is_none),
        cmocka_unit_test(what_is_no_single_range_means_the_whole),
        cmocka_unit_test(a_tag_is_found_in_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
