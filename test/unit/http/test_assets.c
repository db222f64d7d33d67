/* test_assets.c: the lookup and its headers over a folder made for it, test/unit/http/assets. */
#include "head.h"

#include "http/assets.h"

static const struct asset *asset_get(const char *path)
{
    const struct asset *asset = asset_find(str_from(path));
    assert_non_null(asset);
    return asset;
}

static void every_file_is_found_by_its_path(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "/a.css",     "/app.3f2a9c1b.js",   "/app.js",     "/assets/app-BxY3k_9q.js", "/assets/main-settings.js",
        "/empty.txt", "/fonts/bytes.woff2", "/index.html",
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_str(asset_get(paths[i])->path, paths[i]);
}

static void the_root_is_the_index(void **state)
{
    (void)state;
    assert_ptr_equal(asset_get("/"), asset_get("/index.html"));
}

static void nothing_else_is_found(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "app.js",
        "/app.j",
        "/app.jss",
        "/APP.JS",
        "//app.js",
        "/app.js/",
        "/assets",
        "/assets/",
        "/./app.js",
        "/../app.js",
        "/a",
        "/zzz",
        "/.hidden.js",
        "/fonts/../app.js",
        "/%61pp.js",
        "/index.html?x",
        "\xff",
        "/app\x80.js",
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
        assert_null(asset_find(str_from(paths[i])));
    assert_null(asset_find(STR_NONE));
    assert_null(asset_find(STR("/app.js\0")));
    assert_null(asset_find(STR("\0/app.js")));
}

static void content_is_byte_for_byte_that_of_the_file(void **state)
{
    (void)state;
    assert_str(asset_get("/a.css")->bytes, "p{}");
    assert_int_equal(asset_get("/empty.txt")->bytes.size, 0);
    struct str bytes = asset_get("/fonts/bytes.woff2")->bytes;
    assert_int_equal(bytes.size, 256);
    for (size_t i = 0; i < 256; i++)
        assert_int_equal((unsigned char)bytes.ptr[i], i);
}

static void content_types_follow_the_names(void **state)
{
    (void)state;
    assert_str(asset_get("/")->content_type, "text/html; charset=utf-8");
    assert_str(asset_get("/a.css")->content_type, "text/css; charset=utf-8");
    assert_str(asset_get("/app.js")->content_type, "text/javascript; charset=utf-8");
    assert_str(asset_get("/fonts/bytes.woff2")->content_type, "font/woff2");
}

static void what_does_not_shrink_has_no_compressed_form(void **state)
{
    (void)state;
    assert_int_equal(asset_get("/a.css")->gzip.size, 0);
    assert_int_equal(asset_get("/empty.txt")->gzip.size, 0);
    assert_int_equal(asset_get("/fonts/bytes.woff2")->gzip.size, 0);
    struct str gzip = asset_get("/app.js")->gzip;
    assert_in_range(gzip.size, 1, asset_get("/app.js")->bytes.size - 1);
    assert_memory_equal(gzip.ptr, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8); /* gzip, and no time in it */
}

static void etags_are_strong_and_tell_contents_apart(void **state)
{
    (void)state;
    struct str etag = asset_get("/app.js")->etag;
    assert_int_equal(etag.size, 34);
    assert_true(etag.ptr[0] == '"' && etag.ptr[33] == '"');
    assert_true(str_equal(etag, asset_get("/assets/app-BxY3k_9q.js")->etag)); /* the same bytes */
    assert_false(str_equal(etag, asset_get("/a.css")->etag));
    assert_false(str_equal(etag, asset_get("/empty.txt")->etag));
}

static void only_names_with_a_hash_are_immutable(void **state)
{
    (void)state;
    assert_true(asset_get("/app.3f2a9c1b.js")->immutable);
    assert_true(asset_get("/assets/app-BxY3k_9q.js")->immutable);
    assert_false(asset_get("/assets/main-settings.js")->immutable);
    assert_false(asset_get("/app.js")->immutable);
    assert_false(asset_get("/")->immutable);
}

static void assert_headers(const char *path, const char *holds)
{
    const struct asset *asset = asset_get(path);
    struct buf headers = { 0 };
    struct buf expected = { 0 };
    buf_append_str(&expected, STR("before\r\nCache-Control: "));
    buf_append_str(&expected, str_from(holds));
    buf_append_str(&expected, STR("\r\nETag: "));
    buf_append_str(&expected, asset->etag);
    buf_append_str(
        &expected,
        STR("\r\nVary: Accept-Encoding\r\nContent-Security-Policy: default-src 'none'; script-src 'self'; "
            "style-src 'self'; img-src 'self' http: https: data: blob:; media-src 'self' http: https: blob:; "
            "connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"));
    buf_append_str(&headers, STR("before\r\n"));
    asset_headers_append(&headers, asset, STR_NONE);
    assert_int_equal(headers.size, expected.size);
    assert_memory_equal(headers.ptr, expected.ptr, expected.size);
    buf_release(&headers);
    buf_release(&expected);
}

static void headers_let_only_hashed_names_be_kept_unasked(void **state)
{
    (void)state;
    assert_headers("/", "no-cache");
    assert_headers("/app.js", "no-cache");
    assert_headers("/app.3f2a9c1b.js", "public, max-age=31536000, immutable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_found_by_its_path),
        cmocka_unit_test(the_root_is_the_index),
        cmocka_unit_test(nothing_else_is_found),
        cmocka_unit_test(content_is_byte_for_byte_that_of_the_file),
        cmocka_unit_test(content_types_follow_the_names),
        cmocka_unit_test(what_does_not_shrink_has_no_compressed_form),
        cmocka_unit_test(etags_are_strong_and_tell_contents_apart),
        cmocka_unit_test(only_names_with_a_hash_are_immutable),
        cmocka_unit_test(headers_let_only_hashed_names_be_kept_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
