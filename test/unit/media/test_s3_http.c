/* test_s3_http.c: where a bucket is, of what is configured. */
#include "unit.h"

#include "media/s3_http.h"

static void assert_place(const char *endpoint, bool path_style, const char *origin, const char *host)
{
    struct s3_place place = { 0 };
    assert_true(s3_place_read(endpoint, "files", path_style, &place));
    assert_string_equal(place.origin, origin);
    assert_string_equal(place.host, host);
    s3_place_release(&place);
}

static void the_bucket_is_in_the_path_or_in_the_host(void **state)
{
    (void)state;
    assert_place("https://s3.example", true, "https://s3.example", "s3.example");
    assert_place("https://s3.example/", false, "https://files.s3.example", "files.s3.example");
    assert_place("http://127.0.0.1:9000", true, "http://127.0.0.1:9000", "127.0.0.1:9000");
    assert_place("http://[::1]:9000", true, "http://[::1]:9000", "[::1]:9000");
}

static void a_port_that_goes_without_saying_is_not_in_the_host(void **state)
{
    (void)state;
    assert_place("https://s3.example:443", true, "https://s3.example", "s3.example");
    assert_place("http://s3.example:80", true, "http://s3.example", "s3.example");
    assert_place("http://s3.example:443", true, "http://s3.example:443", "s3.example:443");
    assert_place("https://s3.example:80", true, "https://s3.example:80", "s3.example:80");
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",          "s3.example",          "ftp://s3.example",    "http://",
                                       "https:///", "http://u@s3.example", "http://s3.example/a", "http://s3.example?a",
                                       "http://a b" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct s3_place place = { 0 };
        assert_false(s3_place_read(bad[i], "files", true, &place));
    }
}

static void the_library_has_all_that_is_called(void **state)
{
    (void)state;
    char error[256] = "";
    const struct curl_api *api = curl_api_load(error, sizeof(error));
    assert_string_equal(error, "");
    assert_non_null(api);
    CURL *curl = api->easy_init();
    assert_non_null(curl);
    api->easy_cleanup(curl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bucket_is_in_the_path_or_in_the_host),
        cmocka_unit_test(a_port_that_goes_without_saying_is_not_in_the_host),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(the_library_has_all_that_is_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
