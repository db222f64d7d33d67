/* test_parser.c: the request line and the lines of headers, good and bad. */
#include "head.h"

static void head_gives_method_path_query_and_headers(void **state)
{
    (void)state;
    struct http_request request;
    const char *text = "GET /user/user_info?email=a%40b.cn&x HTTP/1.1\r\nHost: im.example:9000\r\n"
                       "Token: \t ABC def \t\r\nEmpty:\r\nX: \xe6\x9e\xb6\r\n\r\nrest";
    size_t head_size;
    assert_taken(text, &request);
    assert_int_equal(head_parse(str_from(text), &request, &head_size), OK);
    assert_int_equal(head_size, strlen(text) - 4);
    assert_int_equal(request.method, HTTP_GET);
    assert_str(request.method_text, "GET");
    assert_str(request.path, "/user/user_info");
    assert_str(request.query, "email=a%40b.cn&x");
    assert_int_equal(request.minor, 1);
    assert_int_equal(request.header_count, 4);
    assert_str(request.headers[1].name, "Token");
    assert_str(http_header_get(&request, "token"), "ABC def");
    assert_str(http_header_get(&request, "EMPTY"), "");
    assert_str(http_header_get(&request, "x"), "\xe6\x9e\xb6");
    assert_null(http_header_get(&request, "toke").ptr);
    assert_true(request.keep_alive);
    assert_false(request.chunked);
    assert_false(request.upgrade_websocket);
    assert_int_equal(request.content_length, 0);
}

static void header_get_gives_the_first_of_a_name(void **state)
{
    (void)state;
    struct http_request request;
    assert_taken("GET / HTTP/1.1\r\n" HOST_LINE "A: 1\r\na: 2\r\n\r\n", &request);
    assert_str(http_header_get(&request, "A"), "1");
}

static void every_method_is_known_by_its_exact_name(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum http_method method;
    } rows[] = {
        { "GET", HTTP_GET },         { "HEAD", HTTP_HEAD },   { "POST", HTTP_POST },      { "PUT", HTTP_PUT },
        { "DELETE", HTTP_DELETE },   { "PATCH", HTTP_PATCH }, { "TRACE", HTTP_OTHER },    { "get", HTTP_OTHER },
        { "OPTIONS", HTTP_OPTIONS }, { "GETS", HTTP_OTHER },  { "M-SEARCH", HTTP_OTHER },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[128];
        snprintf(text, sizeof(text), "%s / HTTP/1.1\r\n" HOST_LINE "\r\n", rows[i].text);
        struct http_request request;
        assert_taken(text, &request);
        assert_int_equal(request.method, rows[i].method);
        assert_str(request.method_text, rows[i].text);
    }
}

static void query_is_null_when_absent_and_empty_after_a_bare_mark(void **state)
{
    (void)state;
    struct http_request request;
    assert_taken("GET /a HTTP/1.1\r\n" HOST_LINE "\r\n", &request);
    assert_null(request.query.ptr);
    assert_taken("GET /a? HTTP/1.1\r\n" HOST_LINE "\r\n", &request);
    assert_str(request.query, "");
    assert_taken("GET /a?b?c=/d HTTP/1.1\r\n" HOST_LINE "\r\n", &request);
    assert_str(request.path, "/a");
    assert_str(request.query, "b?c=/d");
}

static void absolute_form_gives_its_path(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "http://im.example/chat?a=1", "/chat", "a=1" },
        { "HTTPS://[::1]:9000/", "/", NULL },
        { "http://im.example", "/", NULL },
        { "http://im.example?q", "/", "q" },
        { "http://im.example:80/a/b", "/a/b", NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[160];
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST_LINE "\r\n", rows[i][0]);
        struct http_request request;
        assert_taken(text, &request);
        assert_str(request.path, rows[i][1]);
        if (rows[i][2] == NULL)
            assert_null(request.query.ptr);
        else
            assert_str(request.query, rows[i][2]);
    }
}

static void asterisk_is_for_options_alone(void **state)
{
    (void)state;
    struct http_request request;
    assert_taken("OPTIONS * HTTP/1.1\r\n" HOST_LINE "\r\n", &request);
    assert_str(request.path, "*");
    assert_refused("GET * HTTP/1.1\r\n" HOST_LINE "\r\n");
}

static void odd_targets_are_refused(void **state)
{
    (void)state;
    static const char *const targets[] = {
        "",
        "a",
        "im.example:443",
        "http://",
        "http:///a",
        "http://u@h/a",
        "ftp://h/a",
        "http:/h/a",
        "/a#fragment",
        "/a\tb",
        "/a\x7f",
        "/a\x01",
        "/a b",
        "http://h\\a/",
        "?a=1",
        " /a",
        "/a ",
        "http//h.x/a",
        "javascript://h/",
    };
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        char text[160];
        snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\n" HOST_LINE "\r\n", targets[i]);
        assert_refused(text);
    }
}

static void raw_utf8_and_odd_ascii_in_a_target_are_taken(void **state)
{
    (void)state;
    struct http_request request;
    assert_taken("GET /\xe6\x9e\xb6?q=\xe6\x9e\x84|\"<> HTTP/1.1\r\n" HOST_LINE "\r\n", &request);
}

static void odd_request_lines_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "GET /",
        "GET / HTTP/1.2",
        "GET / HTTP/2.0",
        "GET / HTTP/0.9",
        "GET / HTTP/1.10",
        "GET / http/1.1",
        "GET / HTTP/1.1 ",
        "GET /  HTTP/1.1",
        "GET  / HTTP/1.1",
        " GET / HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "G(T / HTTP/1.1",
        "/ HTTP/1.1",
        "GET / HTTP/11",
        "GET / HTTP/1.",
        "GET / HTTP/",
        "GET / HTTPS/1.1",
        "\x16\x03\x01",
        "CONNECT a.example:443 HTTP/1.1",
        "G\xc3\x84T / HTTP/1.1",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[160];
        snprintf(text, sizeof(text), "%s\r\n" HOST_LINE "\r\n", lines[i]);
        assert_refused(text);
    }
}

static void garbage_is_refused_at_its_first_byte(void **state)
{
    (void)state;
    struct http_request request;
    size_t head_size;
    assert_int_equal(head_parse(STR("\x16"), &request, &head_size), ERR_PARSE);
    assert_int_equal(head_parse(STR("\n"), &request, &head_size), ERR_PARSE);
    assert_int_equal(head_parse((struct str){ "\0", 1 }, &request, &head_size), ERR_PARSE);
}

static void empty_lines_before_the_request_are_skipped(void **state)
{
    (void)state;
    struct http_request request;
    const char *text = "\r\n\r\nGET / HTTP/1.1\r\n" HOST_LINE "\r\n";
    size_t head_size;
    assert_taken(text, &request);
    assert_int_equal(head_parse(str_from(text), &request, &head_size), OK);
    assert_int_equal(head_size, strlen(text));
    assert_refused("\nGET / HTTP/1.1\r\n" HOST_LINE "\r\n");
    assert_refused("\rGET / HTTP/1.1\r\n" HOST_LINE "\r\n");
}

static void bare_cr_and_lf_are_refused_everywhere(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "GET / HTTP/1.1\n" HOST_LINE "\r\n",
        "GET / HTTP/1.1\r" HOST_LINE "\r\n",
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\r\n",
        "GET / HTTP/1.1\r\n" HOST_LINE "A: b\rC: d\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST_LINE "A: b\nC: d\r\n\r\n",
        "GET / HTTP/1.1\r\n" HOST_LINE "\n",
        "GET / HTTP/1.1\r\n" HOST_LINE "\rX",
        "GET /\r HTTP/1.1\r\n" HOST_LINE "\r\n",
        "GET /\n HTTP/1.1\r\n" HOST_LINE "\r\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_refused(texts[i]);
}

static void odd_header_lines_are_refused(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "A : b",           "A\t: b",           " A: b",    "\tA: b",   ": b",      "A",      "A b: c",
        "B: 1\r\n folded", "B: 1\r\n\tfolded", "A\x80: b", "A: b\x01", "A: b\x7f", "(A): b", "A: \x0b",
        "A: 12345678\x1f", "A: 1234567\1778",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char text[160];
        snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" HOST_LINE "%s\r\n\r\n", lines[i]);
        assert_refused(text);
    }
}

static void a_control_byte_at_any_place_of_a_value_is_refused(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        bool plain = (byte >= 0x20 && byte != 0x7f) || byte == '\t';
        for (size_t at = 0; at < 20; at++) {
            char text[] = "GET / HTTP/1.1\r\nHost: a\r\nX: abcdefghijklmnopqrst\r\n\r\n";
            char *value = strstr(text, "abc");
            value[at] = (char)byte;
            struct http_request request;
            size_t head_size;
            struct str bytes = { text, sizeof(text) - 1 };
            assert_int_equal(head_parse(bytes, &request, &head_size), plain ? OK : ERR_PARSE);
        }
    }
}

static void nul_bytes_are_refused(void **state)
{
    (void)state;
    struct http_request request;
    assert_int_equal(parse(STR("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), &request), ERR_PARSE);
    assert_int_equal(parse(STR("GET / HTTP/1.1\r\nHo\0st: a\r\n\r\n"), &request), ERR_PARSE);
    assert_int_equal(parse(STR("GET / HTTP/1.1\r\nHost: a\r\nB: \0\r\n\r\n"), &request), ERR_PARSE);
}

/* One byte changed anywhere: never a crash, and pieces agree with the whole. */
static void a_changed_byte_never_makes_pieces_and_whole_disagree(void **state)
{
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    static const char head[] = "POST http://h/a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nConnection: a, b\r\n\r\n";
    for (size_t round = 0; round < 2000; round++) {
        char text[sizeof(head)];
        memcpy(text, head, sizeof(head));
        for (size_t changes = 0; changes < 1 + round % 3; changes++)
            text[(size_t)rand_r(&seed) % (sizeof(head) - 1)] = (char)rand_r(&seed);
        struct http_request request;
        parse((struct str){ text, sizeof(head) - 1 }, &request);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(head_gives_method_path_query_and_headers),
        cmocka_unit_test(header_get_gives_the_first_of_a_name),
        cmocka_unit_test(every_method_is_known_by_its_exact_name),
        cmocka_unit_test(query_is_null_when_absent_and_empty_after_a_bare_mark),
        cmocka_unit_test(absolute_form_gives_its_path),
        cmocka_unit_test(asterisk_is_for_options_alone),
        cmocka_unit_test(odd_targets_are_refused),
        cmocka_unit_test(raw_utf8_and_odd_ascii_in_a_target_are_taken),
        cmocka_unit_test(odd_request_lines_are_refused),
        cmocka_unit_test(garbage_is_refused_at_its_first_byte),
        cmocka_unit_test(empty_lines_before_the_request_are_skipped),
        cmocka_unit_test(bare_cr_and_lf_are_refused_everywhere),
        cmocka_unit_test(odd_header_lines_are_refused),
        cmocka_unit_test(a_control_byte_at_any_place_of_a_value_is_refused),
        cmocka_unit_test(nul_bytes_are_refused),
        cmocka_unit_test(a_changed_byte_never_makes_pieces_and_whole_disagree),
    };
    return cmocka_run_group_tests_name("http head", tests, NULL, NULL);
}
