/* test_handshake.c: the opening handshake, from the bytes of the request on. */
#include "ws/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define UPGRADE "Connection: Upgrade\r\nUpgrade: websocket\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" /* RFC 6455 section 1.3 */

/* Checks a GET with these headers; accept must be empty or the RFC's. */
static enum err check(const char *headers, struct ws_deflate_offer *offer)
{
    char text[2048];
    int size = snprintf(text, sizeof(text), "GET /chat HTTP/1.1\r\nHost: a\r\n%s\r\n", headers);
    assert_true(size > 0 && (size_t)size < sizeof(text));
    struct http_request request;
    size_t head_size;
    assert_int_equal(http_parse_head(str_from(text), &request, &head_size), OK);
    struct buf accept = { 0 };
    enum err err = ws_handshake_check(&request, &accept, offer);
    if (err == OK) {
        assert_int_equal(accept.size, 28);
        assert_memory_equal(accept.ptr, ACCEPT, 28);
    } else {
        assert_int_equal(accept.size, 0);
    }
    buf_release(&accept);
    return err;
}

static enum err check_offers(const char *extensions, struct ws_deflate_offer *offer)
{
    char headers[1024];
    snprintf(headers, sizeof(headers), UPGRADE VERSION KEY "Sec-WebSocket-Extensions: %s\r\n", extensions);
    return check(headers, offer);
}

static void the_rfcs_example_is_accepted(void **state)
{
    (void)state;
    struct ws_deflate_offer offer;
    assert_int_equal(check(UPGRADE VERSION KEY, &offer), OK);
    assert_false(offer.wanted);
}

static void firefox_sends_connection_as_a_list(void **state)
{
    (void)state;
    struct ws_deflate_offer offer;
    assert_int_equal(check("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" VERSION KEY, &offer), OK);
}

static void no_upgrade_is_refused(void **state)
{
    (void)state;
    struct ws_deflate_offer offer;
    assert_int_equal(check(VERSION KEY, &offer), ERR_PARSE);
    assert_int_equal(check("Upgrade: websocket\r\n" VERSION KEY, &offer), ERR_PARSE);
    assert_int_equal(check("Connection: Upgrade\r\n" VERSION KEY, &offer), ERR_PARSE);
}

static void an_upgrade_with_a_body_is_refused(void **state)
{
    (void)state;
    struct ws_deflate_offer offer;
    assert_int_equal(check(UPGRADE VERSION KEY "Content-Length: 1\r\n", &offer), ERR_PARSE);
    assert_int_equal(check(UPGRADE VERSION KEY "Transfer-Encoding: chunked\r\n", &offer), ERR_PARSE);
    assert_int_equal(check(UPGRADE VERSION KEY "Content-Length: 0\r\n", &offer), OK);
}

static void versions_other_than_13_are_told_apart(void **state)
{
    (void)state;
    struct ws_deflate_offer offer;
    static const char *const versions[] = { "8", "12", "14", "013", "13, 8", "", "+13", "0" };
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        char headers[256];
        snprintf(headers, sizeof(headers), UPGRADE KEY "Sec-WebSocket-Version: %s\r\n", versions[i]);
        assert_int_equal(check(headers, &offer), ERR_ARG);
    }
    assert_int_equal(check(UPGRADE KEY, &offer), ERR_ARG);
    assert_int_equal(check(UPGRADE "Sec-WebSocket-Version: 8\r\n", &offer), ERR_ARG);
    assert_int_equal(check(UPGRADE KEY VERSION VERSION, &offer), ERR_PARSE);
}

static void keys_that_are_not_16_bytes_of_base64_are_refused(void **state)
{
    (void)state;
    struct ws_deflate_offer offer;
    static const char *const keys[] = {
        "",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ===",
        "dGhlIHNhbXBsZSBub25jZQAA",
        "dGhlIHNhbXBsZSBub25jZ===",
        "dGhlIHNhbXBsZSBub25-ZQ==",
        "dGhlIHNhbXBs ZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZTEyMw==",
        "Z2h0",
    };
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        char headers[256];
        snprintf(headers, sizeof(headers), UPGRADE VERSION "Sec-WebSocket-Key: %s\r\n", keys[i]);
        assert_int_equal(check(headers, &offer), ERR_PARSE);
    }
    assert_int_equal(check(UPGRADE VERSION, &offer), ERR_PARSE);
    assert_int_equal(check(UPGRADE VERSION KEY KEY, &offer), ERR_PARSE);
}

static void offers_we_can_keep_to_are_taken(void **state)
{
    (void)state;
    static const struct {
        const char *extensions;
        int client_bits;
        int server_bits;
    } rows[] = {
        { "permessage-deflate", 0, 0 },
        { "permessage-deflate; client_max_window_bits", 15, 0 }, /* Chrome, Firefox */
        { "permessage-deflate;client_max_window_bits=10", 10, 0 },
        { "permessage-deflate; client_max_window_bits=\"8\"", 8, 0 },
        { "permessage-deflate ; server_max_window_bits = 15 ; client_max_window_bits", 15, 15 },
        { "permessage-deflate; server_no_context_takeover; client_no_context_takeover", 0, 0 },
        { ", x-webkit-deflate-frame,, foo; bar=\"b\"; baz, permessage-deflate,", 0, 0 },
        { "permessage-deflate; server_max_window_bits=10, permessage-deflate; client_max_window_bits=9", 9, 0 },
        { "permessage-deflate; client_max_window_bits=11, permessage-deflate; client_max_window_bits=9", 11, 0 },
        { "permessage-deflate; unknown, permessage-deflate", 0, 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ws_deflate_offer offer;
        assert_int_equal(check_offers(rows[i].extensions, &offer), OK);
        assert_true(offer.wanted);
        assert_int_equal(offer.client_window_bits, rows[i].client_bits);
        assert_int_equal(offer.server_window_bits, rows[i].server_bits);
    }
}

static void offers_over_several_headers_are_one_list(void **state)
{
    (void)state;
    struct ws_deflate_offer offer;
    assert_int_equal(check(UPGRADE VERSION KEY "Sec-WebSocket-Extensions: foo\r\n"
                                               "sec-websocket-extensions: permessage-deflate\r\n",
                           &offer),
                     OK);
    assert_true(offer.wanted);
}

static void offers_we_cannot_keep_to_are_passed_over(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "permessage-bzip2",
        "Permessage-Deflate-X",
        "x-permessage-deflate",
        "permessage-deflate; server_max_window_bits=14",
        "permessage-deflate; server_max_window_bits",
        "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=010",
        "permessage-deflate; client_max_window_bits=ten",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_no_context_takeover=true",
        "permessage-deflate; unknown=1",
        "foo; permessage-deflate",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ws_deflate_offer offer;
        assert_int_equal(check_offers(rows[i], &offer), OK);
        assert_false(offer.wanted);
        assert_int_equal(offer.client_window_bits, 0);
        assert_int_equal(offer.server_window_bits, 0);
    }
}

static void malformed_extension_lists_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "permessage-deflate client_max_window_bits",
        "permessage-deflate;",
        "permessage-deflate; ;x",
        ";x",
        "permessage-deflate; a=",
        "=1",
        "permessage-deflate; a=\"10",
        "permessage-deflate; a=\"\"",
        "foo, (bar)",
        "permessage-deflate; a=\"b\"c",
        "permessage-deflate; a==b",
        "\"foo\"",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct ws_deflate_offer offer;
        enum err err = check_offers(rows[i], &offer);
        if (err != ERR_PARSE)
            print_error("not refused: %s\n", rows[i]);
        assert_int_equal(err, ERR_PARSE);
    }
}

static void assert_reply(const struct ws_deflate_offer *deflate, const char *extra, const char *expected)
{
    struct buf out = { 0 };
    ws_handshake_reply(&out, STR(ACCEPT), deflate, str_from(extra));
    buf_append_byte(&out, '\0');
    assert_string_equal(out.ptr, expected);
    buf_release(&out);
}

static void reply_says_what_was_agreed(void **state)
{
    (void)state;
    static const char start[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: " ACCEPT "\r\n";
    static const char terms[] = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                                "client_no_context_takeover";
    char expected[512];
    snprintf(expected, sizeof(expected), "%s\r\n", start);
    assert_reply(NULL, "", expected);
    assert_reply(NULL, NULL, expected);
    assert_reply(&(struct ws_deflate_offer){ 0 }, "", expected);
    snprintf(expected, sizeof(expected), "%s%s\r\nX: y\r\n\r\n", start, terms);
    assert_reply(&(struct ws_deflate_offer){ true, 15, 0 }, "X: y\r\n", expected);
    snprintf(expected, sizeof(expected), "%s%s; server_max_window_bits=15\r\n\r\n", start, terms);
    assert_reply(&(struct ws_deflate_offer){ true, 0, 15 }, "", expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rfcs_example_is_accepted),
        cmocka_unit_test(firefox_sends_connection_as_a_list),
        cmocka_unit_test(no_upgrade_is_refused),
        cmocka_unit_test(an_upgrade_with_a_body_is_refused),
        cmocka_unit_test(versions_other_than_13_are_told_apart),
        cmocka_unit_test(keys_that_are_not_16_bytes_of_base64_are_refused),
        cmocka_unit_test(offers_we_can_keep_to_are_taken),
        cmocka_unit_test(offers_over_several_headers_are_one_list),
        cmocka_unit_test(offers_we_cannot_keep_to_are_passed_over),
        cmocka_unit_test(malformed_extension_lists_are_refused),
        cmocka_unit_test(reply_says_what_was_agreed),
    };
    return cmocka_run_group_tests_name("ws handshake", tests, NULL, NULL);
}
