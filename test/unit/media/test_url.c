/* test_url.c: canonical addresses, signatures, and texts that are neither. */
#include "unit.h"

#include "media/url.h"
#include "os/clock.h"

#define FID "0123456789abcdef0123456789abcdef"
#define OTHER "00000000000000000000000000000000"
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static int64_t now_ms;
static int64_t wall(void)
{
    return now_ms;
}
static int64_t mono(void)
{
    return now_ms * 1000;
}
static const struct clock_source source = { wall, mono };

static int setup(void **state)
{
    (void)state;
    unsigned char key[FILE_URL_KEY_SIZE] = "a key";
    now_ms = INT64_C(1700000000000);
    clock_replace(&source);
    file_url_setup(key, 7 * DAY_MS);
    return 0;
}

static struct str signature_of(struct str url)
{
    size_t start = FILE_URL_CANONICAL_SIZE + 3;
    return (struct str){ url.ptr + start, url.size - start };
}

static void a_signed_address_is_verified_until_it_ends(void **state)
{
    (void)state;
    struct file_url room;
    struct str url = file_url_out(STR("/file/" FID), &room);
    assert_true(url.size < sizeof(room.bytes));
    assert_memory_equal(url.ptr, "/file/" FID "?s=", 41);
    assert_null(memchr(url.ptr, '&', url.size));
    struct str signature = signature_of(url);
    assert_true(file_url_verify(STR(FID), signature, now_ms));
    assert_true(file_url_verify(STR(FID), signature, now_ms + 7 * DAY_MS));
    assert_false(file_url_verify(STR(FID), signature, now_ms + 8 * DAY_MS + 1000));
    assert_false(file_url_verify(STR(OTHER), signature, now_ms));
    unsigned char key[FILE_URL_KEY_SIZE] = "another key";
    file_url_setup(key, 7 * DAY_MS);
    assert_false(file_url_verify(STR(FID), signature, now_ms));
}

static void a_changed_signature_is_none(void **state)
{
    (void)state;
    struct file_url room;
    struct str signature = signature_of(file_url_out(STR("/file/" FID), &room));
    char text[96];
    for (size_t i = 0; i < signature.size; i++) {
        memcpy(text, signature.ptr, signature.size);
        text[i] = text[i] == 'b' ? 'c' : 'b';
        if (i + 1 == signature.size) /* Its last two bits are no part of the mac, but the text must be the same. */
            text[i] = text[i] == 'A' ? 'B' : 'A';
        bool same = memcmp(text, signature.ptr, signature.size) == 0;
        assert_int_equal(file_url_verify(STR(FID), (struct str){ text, signature.size }, now_ms), same);
        assert_false(file_url_verify(STR(FID), (struct str){ signature.ptr, i }, now_ms));
    }
    assert_false(file_url_verify(STR(FID), STR_NONE, now_ms));
    assert_false(file_url_verify(STR(FID), STR("."), now_ms));
}

static void an_address_stays_the_same_for_a_day_and_then_changes(void **state)
{
    (void)state;
    struct file_url first;
    struct file_url room;
    now_ms = now_ms / DAY_MS * DAY_MS;
    struct str url = file_url_out(STR("/file/" FID), &first);
    now_ms += DAY_MS - 1000;
    assert_true(str_equal(file_url_out(STR("/file/" FID), &room), url));
    now_ms += 1000;
    assert_false(str_equal(file_url_out(STR("/file/" FID), &room), url));
}

static void every_form_of_an_address_becomes_the_canonical_one(void **state)
{
    (void)state;
    static const char *const texts[] = { "/file/" FID,           "/file/" FID "?s=1.abc", "/file/" FID "/320",
                                         "/file/" FID "/",       "/file/" FID "/960?s=x", "/file/" FID "?",
                                         "/file/" FID "?a=b&c=d" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_str(file_url_canonical(str_from(texts[i])), STR("/file/" FID));
        assert_str(file_url_fid(file_url_canonical(str_from(texts[i]))), STR(FID));
    }
}

static void other_texts_stay_as_they_are(void **state)
{
    (void)state;
    static const char *const texts[] = { "",
                                         "/file/",
                                         "/file/upload",
                                         "/file/0123456789abcdef0123456789abcde",
                                         "/file/0123456789abcdef0123456789abcdeg",
                                         "/file/0123456789ABCDEF0123456789ABCDEF",
                                         "/file/" FID "0",
                                         "/file/" FID "/x",
                                         "/file/" FID "#x",
                                         "/file/" FID " is it",
                                         "/file/" FID "?s=a b",
                                         "/file/" FID "?\n",
                                         "x/file/" FID,
                                         "http://host/file/" FID };
    struct file_url room;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct str text = str_from(texts[i]);
        assert_ptr_equal(file_url_canonical(text).ptr, text.ptr);
        assert_int_equal(file_url_canonical(text).size, text.size);
        assert_null(file_url_fid(text).ptr);
        assert_ptr_equal(file_url_out(text, &room).ptr, text.ptr);
    }
    assert_null(file_url_out(STR_NONE, &room).ptr);
    assert_str(file_url_out(STR("/file/" FID "?s=1.a"), &room), STR("/file/" FID "?s=1.a"));
}

static void addresses_in_json_are_signed_where_they_are_whole_strings(void **state)
{
    (void)state;
    struct buf out = { 0 };
    struct file_url room;
    struct str url = file_url_out(STR("/file/" FID), &room);
    struct str json = STR("\"items\":[{\"content\":\"/file/" FID "\"},\"/file/" FID "x\",\"a /file/" FID
                          "\",\"/file/" FID "\"],\"/file/");
    file_url_json_out(&out, json);
    struct buf expected = { 0 };
    buf_append_format(&expected,
                      "\"items\":[{\"content\":\"%.*s\"},\"/file/" FID "x\",\"a /file/" FID "\",\"%.*s\"],\"/file/",
                      (int)url.size, url.ptr, (int)url.size, url.ptr);
    assert_str(buf_str(&out), buf_str(&expected));
    size_t at = 0;
    assert_str(file_url_json_next(json, &at), STR(FID));
    assert_str(file_url_json_next(json, &at), STR(FID));
    assert_null(file_url_json_next(json, &at).ptr);
    buf_release(&out);
    buf_release(&expected);
    file_url_json_out(&out, STR_NONE);
    assert_int_equal(out.size, 0);
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_signed_address_is_verified_until_it_ends, setup),
        cmocka_unit_test_setup(a_changed_signature_is_none, setup),
        cmocka_unit_test_setup(an_address_stays_the_same_for_a_day_and_then_changes, setup),
        cmocka_unit_test_setup(every_form_of_an_address_becomes_the_canonical_one, setup),
        cmocka_unit_test_setup(other_texts_stay_as_they_are, setup),
        cmocka_unit_test_setup(addresses_in_json_are_signed_where_they_are_whole_strings, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
