/* test_message.c: whole messages out of frames: UTF-8, bounds, compression, and
 * random streams. */
#include "stream.h"

static void text_split_inside_a_character_is_joined(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x01, "\xe6");
    client_text(&stream, 0x00, "\x9e");
    client_text(&stream, 0x89, "\xff\xfe"); /* a ping is not text */
    client_text(&stream, 0x00, "\xb6\xf0\x9f");
    client_text(&stream, 0x80, "\x92\x93");
    expect(&stream, "ping \xff\xfe\ntext \xe6\x9e\xb6\xf0\x9f\x92\x93\n");
}

static void ill_formed_text_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x80",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xe0\x80\xaf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x80\x80\xaf",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xe6\x9e",
        "ok \xf0\x9f\x92",
        "abcdefgh\346abcdefgh",
        "0123456\xff",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct buf stream = { 0 };
        client_text(&stream, 0x81, texts[i]);
        expect(&stream, "refused 1007\n");
    }
}

static void binary_may_hold_anything(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x82, "\xff\xfe\x80");
    expect(&stream, "binary \xff\xfe\x80\n");
}

static void text_ending_inside_a_character_is_refused_at_its_end(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x01, "\xe6\x9e");
    client_text(&stream, 0x80, "");
    expect(&stream, "refused 1007\n");
}

static void ascii_inside_a_split_character_is_refused(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x01, "\xe6\x9e");
    client_text(&stream, 0x00, "ascii, and then the missing byte");
    client_text(&stream, 0x80, "\xb6");
    expect(&stream, "refused 1007\n");
}

static void ill_formed_text_is_found_in_an_unfinished_fragment(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x01, "good, then \xff and much more to come");
    stream.size -= 20;
    expect(&stream, "refused 1007\n");
    client_text(&stream, 0x01, "\xf4");
    client_text(&stream, 0x00, "\x90");
    expect(&stream, "refused 1007\n");
}

static void message_max_is_exact(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x81, "0123456789");
    assert_log(buf_str(&stream), 10, false, "text 0123456789\n");
    assert_log(buf_str(&stream), 9, false, "too large 1009\n");
    buf_release(&stream);
}

static void message_max_bounds_all_fragments_together(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x01, "01234");
    client_text(&stream, 0x89, "a ping does not count");
    client_text(&stream, 0x00, "56789");
    client_text(&stream, 0x80, "");
    assert_log(buf_str(&stream), 10, false, "ping a ping does not count\ntext 0123456789\n");
    assert_log(buf_str(&stream), 9, false, "ping a ping does not count\ntoo large 1009\n");
    buf_release(&stream);
}

static void a_frame_too_large_is_refused_by_its_header(void **state)
{
    (void)state;
    expect_bytes(STR("\x82\xff\0\0\0\0\xff\xff\xff\xff\x01\x02\x03\x04"), "too large 1009\n");
}

/* A random text of ASCII, Chinese and emoji, one byte at least, at most size_max. */
static void random_text(struct buf *out, size_t size_max)
{
    static const char *const pieces[] = { "a", "~", "hello ", "\xe6\x9e\xb6", "\xc3\xa9", "\xf0\x9f\x92\x93", "\n" };
    size_t size = (size_t)rand_r(&seed) % (size_max + 1);
    buf_append_byte(out, 'a');
    while (out->size + 6 <= size)
        buf_append_str(out, str_from(pieces[(size_t)rand_r(&seed) % 7]));
}

static void maybe_control(struct buf *stream)
{
    if (rand_r(&seed) % 4 != 0)
        return;
    client_text(stream, rand_r(&seed) % 2 == 0 ? 0x89 : 0x8a, rand_r(&seed) % 2 == 0 ? "" : "counter 17");
}

/* Messages of random sizes in random fragments with control frames between. */
static void random_streams_mean_the_same_however_they_are_cut(void **state)
{
    (void)state;
    for (size_t round = 0; round < 60; round++) {
        struct buf stream = { 0 };
        for (size_t message = 0; message < 8; message++) {
            struct buf text = { 0 };
            random_text(&text, round % 10 == 0 ? 66000 : 400);
            bool binary = rand_r(&seed) % 4 == 0;
            unsigned opcode = binary ? WS_BINARY : WS_TEXT;
            size_t at = 0;
            while (rand_r(&seed) % 3 == 0 && at < text.size) {
                size_t size = (size_t)rand_r(&seed) % (text.size - at);
                client_frame(&stream, opcode, (struct str){ text.ptr + at, size });
                maybe_control(&stream);
                at += size;
                opcode = WS_CONT;
            }
            client_frame(&stream, 0x80 | opcode, (struct str){ text.ptr + at, text.size - at });
            maybe_control(&stream);
            buf_release(&text);
        }
        if (round % 2 == 0)
            stream.ptr[(size_t)rand_r(&seed) % stream.size] ^= (char)(1 << rand_r(&seed) % 8);
        struct buf whole = run(buf_str(&stream), MESSAGE_MAX, false, SIZE_MAX);
        assert_log(buf_str(&stream), MESSAGE_MAX, false, whole.ptr);
        buf_release(&whole);
        buf_release(&stream);
    }
}

/* Compressed as ws_deflate does it. */
static struct buf deflated(struct str text)
{
    struct buf out = { 0 };
    struct ws_deflate *deflate = ws_deflate_new(6);
    ws_deflate_message(deflate, text, &out);
    ws_deflate_free(&deflate);
    return out;
}

static void compressed_messages_come_out_inflated(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_frame(&stream, 0xc1, STR("\xf2\x48\xcd\xc9\xc9\x07\x00"));
    client_frame(&stream, 0x41, STR("\xf2\x48\xcd"));
    client_text(&stream, 0x89, "between");
    client_frame(&stream, 0x80, STR("\xc9\xc9\x07\x00"));
    client_text(&stream, 0x81, "plain");
    client_frame(&stream, 0xc2, STR("\x00"));
    client_frame(&stream, 0x81, STR("plain"));
    assert_log(buf_str(&stream), MESSAGE_MAX, true,
               "text Hello\nping between\ntext Hello\ntext plain\nbinary\ntext plain\n");
    buf_release(&stream);
}

static void rsv1_is_refused_where_it_means_nothing(void **state)
{
    (void)state;
    static const unsigned firsts[] = { 0xc9, 0xca, 0xc8, 0xc0, 0xe1, 0xd1, 0xf1 };
    for (size_t i = 0; i < sizeof(firsts) / sizeof(firsts[0]); i++) {
        struct buf stream = { 0 };
        client_frame(&stream, 0x41, STR("\xf2\x48"));
        if (firsts[i] != 0xc0)
            client_frame(&stream, 0x80, STR("\xcd\xc9\xc9\x07\x00"));
        client_text(&stream, firsts[i], "");
        assert_log(buf_str(&stream), MESSAGE_MAX, true,
                   firsts[i] == 0xc0 ? "refused 1002\n" : "text Hello\nrefused 1002\n");
        buf_release(&stream);
    }
}

static void inflated_size_is_bounded_exactly(void **state)
{
    (void)state;
    struct buf text = { 0 };
    for (size_t i = 0; i < 100000; i++)
        buf_append_byte(&text, 'b');
    struct buf packed = deflated(buf_str(&text));
    struct buf stream = { 0 };
    client_frame(&stream, 0xc1, buf_str(&packed));
    struct buf log = run(buf_str(&stream), 100000, true, SIZE_MAX);
    assert_int_equal(strncmp(log.ptr, "text 100000 bytes", 17), 0);
    assert_log(buf_str(&stream), 100000, true, log.ptr);
    assert_log(buf_str(&stream), 99999, true, "too large 1009\n");
    buf_release(&log);
    buf_release(&stream);
    buf_release(&packed);
    buf_release(&text);
}

static void compressed_text_must_be_utf8_and_binary_need_not(void **state)
{
    (void)state;
    struct buf packed = deflated(STR("abc\xff"));
    for (unsigned opcode = WS_TEXT; opcode <= WS_BINARY; opcode++) {
        struct buf stream = { 0 };
        client_frame(&stream, 0xc0 | opcode, buf_str(&packed));
        assert_log(buf_str(&stream), MESSAGE_MAX, true, opcode == WS_TEXT ? "refused 1007\n" : "binary abc\xff\n");
        buf_release(&stream);
    }
    buf_release(&packed);
}

static void bad_deflate_streams_are_refused(void **state)
{
    (void)state;
    static const char *const payloads[] = { "\x07\xff", "Hello, not compressed", "\xf2\x48\xcd", "" };
    for (size_t i = 0; i < sizeof(payloads) / sizeof(payloads[0]); i++) {
        struct buf stream = { 0 };
        client_text(&stream, 0xc2, payloads[i]);
        assert_log(buf_str(&stream), MESSAGE_MAX, true, "refused 1007\n");
        buf_release(&stream);
    }
}

int main(void)
{
    seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_split_inside_a_character_is_joined),
        cmocka_unit_test(ill_formed_text_is_refused),
        cmocka_unit_test(binary_may_hold_anything),
        cmocka_unit_test(text_ending_inside_a_character_is_refused_at_its_end),
        cmocka_unit_test(ascii_inside_a_split_character_is_refused),
        cmocka_unit_test(ill_formed_text_is_found_in_an_unfinished_fragment),
        cmocka_unit_test(message_max_is_exact),
        cmocka_unit_test(message_max_bounds_all_fragments_together),
        cmocka_unit_test(a_frame_too_large_is_refused_by_its_header),
        cmocka_unit_test(random_streams_mean_the_same_however_they_are_cut),
        cmocka_unit_test(compressed_messages_come_out_inflated),
        cmocka_unit_test(rsv1_is_refused_where_it_means_nothing),
        cmocka_unit_test(inflated_size_is_bounded_exactly),
        cmocka_unit_test(compressed_text_must_be_utf8_and_binary_need_not),
        cmocka_unit_test(bad_deflate_streams_are_refused),
    };
    return cmocka_run_group_tests_name("ws message", tests, NULL, NULL);
}
