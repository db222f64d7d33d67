/* test_reply.c: responses as bytes. */
#include "unit.h"

#include <stdio.h>
#include <time.h>

#include "http/reply.h"
#include "os/clock.h"

static int64_t wall_ms;
static int64_t wall(void)
{
    return wall_ms;
}
static int64_t mono(void)
{
    return wall_ms * 1000;
}
static const struct clock_source stopped = { .wall_ms = wall, .mono_us = mono };

static void replied(struct http_reply reply, const char *expected)
{
    struct buf out = { 0 };
    buf_append_str(&out, STR("before,"));
    http_reply_append(&out, &reply);
    assert_str(((struct str){ out.ptr + 7, out.size - 7 }), str_from(expected));
    buf_release(&out);
}

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" /* RFC 9110's own */

static void a_reply_is_exactly_these_bytes(void **state)
{
    (void)state;
    wall_ms = 784111777000 + 999;
    replied((struct http_reply){ .status = 200, .content_type = STR("text/plain"), .body = STR("hello") },
            "HTTP/1.1 200 OK\r\n" DATE "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    replied((struct http_reply){ .status = 404, .extra_headers = STR("A: b\r\nC: d\r\n"), .close = true },
            "HTTP/1.1 404 Not Found\r\n" DATE "Content-Length: 0\r\nConnection: close\r\nA: b\r\nC: d\r\n\r\n");
    replied((struct http_reply){ .status = 200, .body = STR("x"), .http_1_0 = true },
            "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 1\r\nConnection: keep-alive\r\n\r\nx");
    replied((struct http_reply){ .status = 200, .body = STR("x"), .http_1_0 = true, .close = true },
            "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 1\r\nConnection: close\r\n\r\nx");
}

static void head_is_told_the_length_alone(void **state)
{
    (void)state;
    wall_ms = 784111777000;
    replied((struct http_reply){ .status = 200, .body = STR("hello"), .head_only = true },
            "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 5\r\n\r\n");
}

/* RFC 9110 sections 8.6 and 15.3.5. */
static void replies_without_a_body_have_none_and_no_length(void **state)
{
    (void)state;
    wall_ms = 784111777000;
    replied((struct http_reply){ .status = 204, .body = STR("never") }, "HTTP/1.1 204 No Content\r\n" DATE "\r\n");
    replied((struct http_reply){ .status = 304, .body = STR("never") }, "HTTP/1.1 304 Not Modified\r\n" DATE "\r\n");
}

static void a_body_may_hold_any_byte(void **state)
{
    (void)state;
    struct buf out = { 0 };
    http_reply_append(&out, &(struct http_reply){ .status = 200, .body = STR("a\0\r\n\r\n\xff") });
    assert_memory_equal(out.ptr + out.size - 7, "a\0\r\n\r\n\xff", 7);
    buf_release(&out);
}

static void the_date_moves_with_the_clock(void **state)
{
    (void)state;
    wall_ms = 784111777000;
    replied((struct http_reply){ .status = 204 }, "HTTP/1.1 204 No Content\r\n" DATE "\r\n");
    wall_ms += 1000;
    replied((struct http_reply){ .status = 204 },
            "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:38 GMT\r\n\r\n");
    wall_ms = 1709164800000;
    replied((struct http_reply){ .status = 204 },
            "HTTP/1.1 204 No Content\r\nDate: Thu, 29 Feb 2024 00:00:00 GMT\r\n\r\n");
}

static void every_status_that_is_sent_has_its_text(void **state)
{
    (void)state;
    static const int sent[] = { 200, 204, 304, 400, 401, 403, 404, 405, 408, 413, 426, 429, 431, 500, 503 };
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++)
        assert_string_not_equal(http_status_text(sent[i]), "Unknown");
    assert_string_equal(http_status_text(799), "Unknown");
}

static void cors(struct http_cors cors, const char *origin, const char *expected)
{
    struct buf out = { 0 };
    http_cors_append(&out, &cors, str_from(origin));
    assert_str(buf_str(&out), str_from(expected));
    buf_release(&out);
}

static void origins_are_allowed_as_configured(void **state)
{
    (void)state;
    struct http_cors list = { .origins = STR("http://a.example, app://./ ,https://b.example:8443") };
    cors((struct http_cors){ .any = true }, NULL, "Access-Control-Allow-Origin: *\r\n");
    cors((struct http_cors){ .any = true }, "http://x", "Access-Control-Allow-Origin: *\r\n");
    cors((struct http_cors){ 0 }, "http://x", "");
    /* The answer differs by origin, so caches are told in any case. */
    cors(list, NULL, "Vary: Origin\r\n");
    cors(list, "http://x", "Vary: Origin\r\n");
    cors(list, "http://a.example", "Vary: Origin\r\nAccess-Control-Allow-Origin: http://a.example\r\n");
    cors(list, "HTTP://A.EXAMPLE", "Vary: Origin\r\nAccess-Control-Allow-Origin: HTTP://A.EXAMPLE\r\n");
    cors(list, "app://./", "Vary: Origin\r\nAccess-Control-Allow-Origin: app://./\r\n");
    cors(list, "https://b.example:8443", "Vary: Origin\r\nAccess-Control-Allow-Origin: https://b.example:8443\r\n");
    cors(list, "http://a.example.evil", "Vary: Origin\r\n");
    cors(list, "a.example", "Vary: Origin\r\n");
    cors(list, "http://a.example, app://./", "Vary: Origin\r\n");
    cors(list, "", "Vary: Origin\r\n");
}

static void a_preflight_is_told_what_it_asked_for(void **state)
{
    (void)state;
    struct buf out = { 0 };
    http_cors_preflight_append(&out, STR("GET, HEAD, OPTIONS"), STR("x-a, token"));
    assert_str(buf_str(&out), STR("Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
                                  "Access-Control-Allow-Headers: x-a, token\r\n"
                                  "Access-Control-Max-Age: 86400\r\n"));
    buf_clear(&out);
    http_cors_preflight_append(&out, STR("POST"), STR_NONE);
    assert_str(buf_str(&out), STR("Access-Control-Allow-Methods: POST\r\n"
                                  "Access-Control-Allow-Headers: Content-Type, email, token, v\r\n"
                                  "Access-Control-Max-Age: 86400\r\n"));
    buf_release(&out);
}

static int clock_stop(void **state)
{
    (void)state;
    clock_replace(&stopped);
    return 0;
}

static int clock_go(void **state)
{
    (void)state;
    clock_replace(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_is_exactly_these_bytes),
        cmocka_unit_test(head_is_told_the_length_alone),
        cmocka_unit_test(replies_without_a_body_have_none_and_no_length),
        cmocka_unit_test(a_body_may_hold_any_byte),
        cmocka_unit_test(the_date_moves_with_the_clock),
        cmocka_unit_test(every_status_that_is_sent_has_its_text),
        cmocka_unit_test(origins_are_allowed_as_configured),
        cmocka_unit_test(a_preflight_is_told_what_it_asked_for),
    };
    return cmocka_run_group_tests(tests, clock_stop, clock_go);
}
