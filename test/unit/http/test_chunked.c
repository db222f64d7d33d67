/* test_chunked.c: chunked bodies, each fed whole, byte by byte and in random pieces. */
#include "head.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned seed;

struct fed {
    enum err err;
    struct buf body;
    size_t rest; /* bytes not consumed */
};

/* Feeds in pieces of 1 to piece_max bytes. */
static struct fed feed(struct str bytes, size_t body_max, size_t piece_max)
{
    struct fed fed = { .err = ERR_MORE };
    struct http_chunked chunked = { 0 };
    while (fed.err == ERR_MORE && bytes.size > 0) {
        size_t size = piece_max == SIZE_MAX ? bytes.size : 1 + (size_t)rand_r(&seed) % piece_max;
        size = size < bytes.size ? size : bytes.size;
        struct str piece = { bytes.ptr, size };
        fed.err = http_chunked_feed(&chunked, &piece, &fed.body, body_max);
        if (fed.err == ERR_MORE)
            assert_int_equal(piece.size, 0);
        bytes = (struct str){ piece.ptr, bytes.size - size + piece.size };
    }
    fed.rest = bytes.size;
    return fed;
}

static void assert_fed(struct str bytes, size_t body_max, enum err err, const char *body, size_t rest)
{
    static const size_t piece_sizes[] = { SIZE_MAX, 1, 2, 3, 7 };
    for (size_t i = 0; i < sizeof(piece_sizes) / sizeof(piece_sizes[0]); i++) {
        struct fed fed = feed(bytes, body_max, piece_sizes[i]);
        if (fed.err != err)
            print_error("%d instead of %d: %.*s\n", (int)fed.err, (int)err, (int)bytes.size, bytes.ptr);
        assert_int_equal(fed.err, err);
        assert_true(fed.body.size <= body_max);
        if (err == OK) {
            assert_int_equal(fed.rest, rest);
            assert_int_equal(fed.body.size, strlen(body));
            if (fed.body.size > 0)
                assert_memory_equal(fed.body.ptr, body, fed.body.size);
        }
        buf_release(&fed.body);
    }
}

static void chunks_are_joined_and_what_follows_is_left(void **state)
{
    (void)state;
    assert_fed(STR("0\r\n\r\n"), 0, OK, "", 0);
    assert_fed(STR("5\r\nhello\r\n0\r\n\r\n"), 5, OK, "hello", 0);
    assert_fed(STR("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /"), 100, OK, "hello world", 5);
    assert_fed(STR("a\r\n0123456789\r\nA\r\n0123456789\r\n000\r\n\r\n"), 100, OK, "01234567890123456789", 0);
    assert_fed(STR("00000005\r\nhello\r\n0\r\n\r\n"), 100, OK, "hello", 0);
    assert_fed(STR("2\r\n\r\n\r\n0\r\n\r\n"), 100, OK, "\r\n", 0);
}

static void extensions_and_trailers_are_read_over(void **state)
{
    (void)state;
    assert_fed(STR("5;a\r\nhello\r\n0;b=c;d=\"e f\"\r\n\r\n"), 5, OK, "hello", 0);
    assert_fed(STR("5 \t ;a\r\nhello\r\n0\r\n\r\n"), 5, OK, "hello", 0);
    assert_fed(STR("5\r\nhello\r\n0\r\nA: b\r\nContent-Length:\t9\r\nC:\r\n\r\nX"), 5, OK, "hello", 1);
}

static void an_unfinished_body_wants_more(void **state)
{
    (void)state;
    struct str whole = STR("5;x=y\r\nhello\r\n0\r\nA: b\r\n\r\n");
    for (size_t size = 1; size < whole.size; size++)
        assert_fed((struct str){ whole.ptr, size }, 5, ERR_MORE, "", 0);
}

static void bad_framing_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\r\n",
        "g\r\n",
        "-1\r\n",
        "+5\r\n",
        " 5\r\n",
        "0x5\r\n",
        "5h\r\n",
        ";a\r\n",
        "5 \r\nhello",
        "5\t\r\nhello",
        "5\nhello",
        "5\rhello",
        "5\r\rhello",
        "5;a\nhello",
        "5;a\rb\r\nhello",
        "5;\x01\r\nhello",
        "5;\x7f\r\nhello",
        "5\r\nhelloo\r\n",
        "5\r\nhello\n",
        "5\r\nhello\r0",
        "5\r\nhello0\r\n",
        "0\r\n\n",
        "0\r\n\rx",
        "0\n\r\n",
        "0\r\n: b\r\n\r\n",
        "0\r\n a: b\r\n\r\n",
        "0\r\na\r\n\r\n",
        "0\r\na b: c\r\n\r\n",
        "0\r\na: b\n\r\n",
        "0\r\na: b\r\n c\r\n\r\n",
        "0\r\na : b\r\n\r\n",
        "0\r\na: \x01\r\n\r\n",
        "5 x\r\nhello",
        "5,5\r\nhello",
        "0\r\na: b\r\r\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_fed(str_from(texts[i]), 100, ERR_PARSE, "", 0);
    assert_fed(STR("5;\0\r\nhello"), 100, ERR_PARSE, "", 0);
    assert_fed(STR("\0"), 100, ERR_PARSE, "", 0);
    assert_fed(STR("0\r\n\0: a\r\n\r\n"), 100, ERR_PARSE, "", 0);
}

static void body_bound_is_exact(void **state)
{
    (void)state;
    assert_fed(STR("5\r\nhello\r\n5\r\nworld\r\n0\r\n\r\n"), 10, OK, "helloworld", 0);
    assert_fed(STR("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), 10, ERR_TOO_LARGE, "", 0);
    assert_fed(STR("1\r\nx\r\n0\r\n\r\n"), 0, ERR_TOO_LARGE, "", 0);
    assert_fed(STR("ffffffffffffffff\r\n"), SIZE_MAX, ERR_MORE, "", 0);
    assert_fed(STR("10000000000000000\r\n"), SIZE_MAX, ERR_TOO_LARGE, "", 0);
    assert_fed(STR("fffffffffffffffff\r\n"), 100, ERR_TOO_LARGE, "", 0);
}

static void a_size_over_the_bound_is_refused_before_its_line_ends(void **state)
{
    (void)state;
    assert_fed(STR("ff"), 100, ERR_TOO_LARGE, "", 0);
}

static void body_may_start_with_bytes_in_it(void **state)
{
    (void)state;
    struct buf body = { 0 };
    buf_append(&body, "abc", 3);
    struct http_chunked chunked = { 0 };
    struct str bytes = STR("5\r\n");
    assert_int_equal(http_chunked_feed(&chunked, &bytes, &body, 7), ERR_TOO_LARGE);
    chunked = (struct http_chunked){ 0 };
    bytes = STR("4\r\ndefg\r\n0\r\n\r\n");
    assert_int_equal(http_chunked_feed(&chunked, &bytes, &body, 7), OK);
    assert_memory_equal(body.ptr, "abcdefg", 7);
    buf_release(&body);
}

static void fill(struct buf *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        buf_append_byte(out, 'x');
}

static void extension_bound_is_exact(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct buf text = { 0 };
        buf_append_str(&text, STR("1;"));
        fill(&text, HTTP_CHUNKED_EXTRA_MAX - 4 + over);
        buf_append_str(&text, STR("\r\n"));
        assert_fed(buf_str(&text), 100, over == 0 ? ERR_MORE : ERR_TOO_LARGE, "", 0);
        buf_release(&text);
    }
}

static void trailer_bound_is_exact(void **state)
{
    (void)state;
    for (size_t over = 0; over < 2; over++) {
        struct buf text = { 0 };
        buf_append_str(&text, STR("0\r\nA:"));
        fill(&text, HTTP_CHUNKED_EXTRA_MAX - 9 + over);
        buf_append_str(&text, STR("\r\n\r\n"));
        assert_fed(buf_str(&text), 100, over == 0 ? OK : ERR_TOO_LARGE, "", 0);
        buf_release(&text);
    }
}

static void many_small_extensions_are_bounded_together(void **state)
{
    (void)state;
    struct buf text = { 0 };
    for (size_t i = 0; i < 200; i++)
        buf_append_str(&text, STR("1;0123456789012345678901234567890123456789\r\nx\r\n"));
    assert_fed(buf_str(&text), 1000, ERR_TOO_LARGE, "", 0);
    buf_release(&text);
}

static void many_small_chunks_are_no_reason_to_refuse(void **state)
{
    (void)state;
    struct buf text = { 0 };
    struct buf body = { 0 };
    for (size_t i = 0; i < 20000; i++) {
        buf_append_str(&text, STR("1\r\nx\r\n"));
        buf_append_byte(&body, 'x');
    }
    buf_append_str(&text, STR("0\r\n\r\n"));
    buf_append_byte(&body, '\0');
    assert_fed(buf_str(&text), 20000, OK, body.ptr, 0);
    buf_release(&text);
    buf_release(&body);
}

static void an_ended_body_takes_nothing_more(void **state)
{
    (void)state;
    struct http_chunked chunked = { 0 };
    struct buf body = { 0 };
    struct str bytes = STR("0\r\n\r\n5\r\nhello");
    assert_int_equal(http_chunked_feed(&chunked, &bytes, &body, 9), OK);
    assert_int_equal(http_chunked_feed(&chunked, &bytes, &body, 9), OK);
    assert_int_equal(bytes.size, 8);
    assert_int_equal(body.size, 0);
}

int main(void)
{
    seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chunks_are_joined_and_what_follows_is_left),
        cmocka_unit_test(extensions_and_trailers_are_read_over),
        cmocka_unit_test(an_unfinished_body_wants_more),
        cmocka_unit_test(bad_framing_is_refused),
        cmocka_unit_test(body_bound_is_exact),
        cmocka_unit_test(a_size_over_the_bound_is_refused_before_its_line_ends),
        cmocka_unit_test(body_may_start_with_bytes_in_it),
        cmocka_unit_test(extension_bound_is_exact),
        cmocka_unit_test(trailer_bound_is_exact),
        cmocka_unit_test(many_small_extensions_are_bounded_together),
        cmocka_unit_test(many_small_chunks_are_no_reason_to_refuse),
        cmocka_unit_test(an_ended_body_takes_nothing_more),
    };
    return cmocka_run_group_tests_name("http chunked", tests, NULL, NULL);
}
