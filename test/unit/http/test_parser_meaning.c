/* test_parser_meaning.c: what the headers mean together, and the bounds of a head. */
#include "head.h"

static void host_is_asked_for_once(void **state)
{
    (void)state;
    struct http_request request;
    assert_refused("GET / HTTP/1.1\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n");
    assert_refused("GET / HTTP/1.0\r\nHost: a\r\nhost: a\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n");
    assert_refused("GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n");
    assert_taken("GET / HTTP/1.0\r\n\r\n", &request);
    assert_taken("GET / HTTP/1.1\r\nHost:\r\n\r\n", &request);
    assert_taken("GET / HTTP/1.1\r\nHost: [fe80::1%25eth0]:9000\r\n\r\n", &request);
}

static void lengths_that_smuggle_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: 5,6",
        "Content-Length: +5",
        "Content-Length: -5",
        "Content-Length: 0x5",
        "Content-Length: 5 5",
        "Content-Length: 5;",
        "Content-Length: five",
        "Content-Length:",
        "Content-Length: 5.0",
        "Content-Length: 18446744073709551616",
        "Content-Length: 99999999999999999999999999",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: gzip",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: ,chunked",
        "Transfer-Encoding:",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\013chunked",
        "X: y\rTransfer-Encoding: chunked",
        " Transfer-Encoding: chunked",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "POST / HTTP/1.1\r\n" HOST_LINE "%s\r\n\r\n", lines[i]);
        assert_refused(text);
    }
    assert_refused("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void one_length_or_chunked_is_taken(void **state)
{
    (void)state;
    struct http_request request;
    assert_taken("POST / HTTP/1.1\r\n" HOST_LINE "content-length: \t007 \r\n\r\n", &request);
    assert_int_equal(request.content_length, 7);
    assert_taken("POST / HTTP/1.1\r\n" HOST_LINE "Content-Length: 18446744073709551615\r\n\r\n", &request);
    assert_true(request.content_length == UINT64_MAX);
    assert_taken("POST / HTTP/1.1\r\n" HOST_LINE "TRANSFER-ENCODING: Chunked\r\n\r\n", &request);
    assert_true(request.chunked);
    assert_int_equal(request.content_length, 0);
}

static void connection_is_read_as_a_list_of_tokens(void **state)
{
    (void)state;
    static const struct {
        int minor;
        const char *lines;
        bool keep_alive;
    } rows[] = {
        { 1, "", true },
        { 0, "", false },
        { 1, "Connection: close\r\n", false },
        { 1, "Connection: CLOSE\r\n", false },
        { 0, "Connection: keep-alive\r\n", true },
        { 0, "Connection: Keep-Alive, Upgrade\r\n", true },
        { 0, "Connection: keep-alive, close\r\n", false },
        { 1, "Connection: keep-alive\r\nConnection: x , close\r\n", false },
        { 1, "Connection: closed\r\n", true },
        { 1, "Connection: ,,\t close ,\r\n", false },
        { 1, "Connection:\r\n", true },
        { 1, "X: close\r\n", true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[160];
        snprintf(text, sizeof(text), "GET / HTTP/1.%d\r\n" HOST_LINE "%s\r\n", rows[i].minor, rows[i].lines);
        struct http_request request;
        assert_taken(text, &request);
        assert_int_equal(request.keep_alive, rows[i].keep_alive);
    }
}

static void upgrade_needs_both_headers_get_and_1_1(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *headers;
        bool upgrade;
    } rows[] = {
        { "GET /chat HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true },
        { "GET /chat HTTP/1.1", "Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n", true },
        { "GET /chat HTTP/1.1", "Connection: keep-alive\r\nconnection: upgrade\r\nUpgrade: h2c, websocket\r\n", true },
        { "GET /chat HTTP/1.1", "Upgrade: websocket\r\n", false },
        { "GET /chat HTTP/1.1", "Connection: Upgrade\r\n", false },
        { "GET /chat HTTP/1.1", "Connection: Upgrade\r\nUpgrade: h2c\r\n", false },
        { "GET /chat HTTP/1.1", "Connection: not-upgrade\r\nUpgrade: websocket\r\n", false },
        { "GET /chat HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websockets\r\n", false },
        { "POST /chat HTTP/1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false },
        { "GET /chat HTTP/1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), "%s\r\n" HOST_LINE "%s\r\n", rows[i].line, rows[i].headers);
        struct http_request request;
        assert_taken(text, &request);
        assert_int_equal(request.upgrade_websocket, rows[i].upgrade);
    }
}

static void expect_counts_in_1_1_only(void **state)
{
    (void)state;
    struct http_request request;
    assert_taken("PUT / HTTP/1.1\r\n" HOST_LINE "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n", &request);
    assert_true(request.expect_continue);
    assert_taken("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", &request);
    assert_false(request.expect_continue);
    assert_taken("PUT / HTTP/1.1\r\n" HOST_LINE "Expect: something\r\n\r\n", &request);
    assert_false(request.expect_continue);
}

/* A head of exactly `size` bytes. */
static char *head_of(size_t size)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    char *text = malloc(size);
    memset(text, 'x', size);
    memcpy(text, start, sizeof(start) - 1);
    memcpy(text + size - 4, "\r\n\r\n", 4);
    return text;
}

static void head_bound_is_exact(void **state)
{
    (void)state;
    struct http_request request;
    size_t head_size;
    char *text = head_of(HTTP_HEAD_MAX);
    assert_int_equal(head_parse((struct str){ text, HTTP_HEAD_MAX - 1 }, &request, &head_size), ERR_MORE);
    assert_int_equal(head_parse((struct str){ text, HTTP_HEAD_MAX }, &request, &head_size), OK);
    assert_int_equal(head_size, HTTP_HEAD_MAX);
    free(text);
    text = head_of(HTTP_HEAD_MAX + 1);
    assert_int_equal(head_parse((struct str){ text, HTTP_HEAD_MAX - 1 }, &request, &head_size), ERR_MORE);
    assert_int_equal(head_parse((struct str){ text, HTTP_HEAD_MAX }, &request, &head_size), ERR_TOO_LARGE);
    assert_int_equal(head_parse((struct str){ text, HTTP_HEAD_MAX + 1 }, &request, &head_size), ERR_TOO_LARGE);
    free(text);
}

static void a_body_behind_the_head_does_not_count_for_its_bound(void **state)
{
    (void)state;
    struct http_request request;
    size_t head_size;
    static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 40000\r\n\r\n";
    size_t size = sizeof(head) - 1 + 40000;
    char *text = malloc(size);
    memset(text, '\n', size);
    memcpy(text, head, sizeof(head) - 1);
    assert_int_equal(head_parse((struct str){ text, size }, &request, &head_size), OK);
    assert_int_equal(head_size, sizeof(head) - 1);
    free(text);
}

static void empty_lines_without_end_are_too_large(void **state)
{
    (void)state;
    struct http_request request;
    size_t head_size;
    char *text = malloc(HTTP_HEAD_MAX);
    for (size_t i = 0; i < HTTP_HEAD_MAX; i++)
        text[i] = i % 2 == 0 ? '\r' : '\n';
    assert_int_equal(head_parse((struct str){ text, HTTP_HEAD_MAX }, &request, &head_size), ERR_TOO_LARGE);
    free(text);
}

static void headers_bound_is_exact(void **state)
{
    (void)state;
    struct http_request request;
    for (int count = HTTP_HEADERS_MAX; count <= HTTP_HEADERS_MAX + 1; count++) {
        char text[2048];
        size_t size = (size_t)snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\n");
        for (int i = 1; i < count; i++)
            size += (size_t)snprintf(text + size, sizeof(text) - size, "X%d: y\r\n", i);
        snprintf(text + size, sizeof(text) - size, "\r\n");
        assert_int_equal(parse_text(text, &request), count == HTTP_HEADERS_MAX ? OK : ERR_TOO_LARGE);
    }
}

static void pipelined_heads_come_one_after_another(void **state)
{
    (void)state;
    struct str bytes = STR("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
                           "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
                           "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    static const char *const paths[] = { "/1", "/2", "/3" };
    for (size_t i = 0; i < 3; i++) {
        struct http_request request;
        size_t head_size;
        assert_int_equal(head_parse(bytes, &request, &head_size), OK);
        assert_str(request.path, paths[i]);
        assert_int_equal(request.keep_alive, i < 2);
        size_t taken = head_size + (size_t)request.content_length;
        bytes = (struct str){ bytes.ptr + taken, bytes.size - taken };
    }
    assert_int_equal(bytes.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_is_asked_for_once),
        cmocka_unit_test(lengths_that_smuggle_are_refused),
        cmocka_unit_test(one_length_or_chunked_is_taken),
        cmocka_unit_test(connection_is_read_as_a_list_of_tokens),
        cmocka_unit_test(upgrade_needs_both_headers_get_and_1_1),
        cmocka_unit_test(expect_counts_in_1_1_only),
        cmocka_unit_test(head_bound_is_exact),
        cmocka_unit_test(a_body_behind_the_head_does_not_count_for_its_bound),
        cmocka_unit_test(empty_lines_without_end_are_too_large),
        cmocka_unit_test(headers_bound_is_exact),
        cmocka_unit_test(pipelined_heads_come_one_after_another),
    };
    return cmocka_run_group_tests_name("http head meaning", tests, NULL, NULL);
}
