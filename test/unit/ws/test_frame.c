/* test_frame.c: RFC 6455 framing, in and out: headers, lengths, fragments, control frames. */
#include "stream.h"

static void examples_of_rfc_6455_come_out(void **state)
{
    (void)state;
    expect_bytes(STR("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "text Hello\n");
    expect_bytes(STR("\x89\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "ping Hello\n");
    expect_bytes(STR("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), "pong Hello\n");
    expect_bytes(STR("\x01\x83\0\0\0\0Hel\x80\x82\0\0\0\0lo"), "text Hello\n");
}

static void unmasked_frames_are_refused(void **state)
{
    (void)state;
    expect_bytes(STR("\x81\x05Hello"), "refused 1002\n");
    expect_bytes(STR("\x89\x00"), "refused 1002\n");
}

static void frames_without_payload_are_events(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x81, "");
    client_text(&stream, 0x82, "");
    client_text(&stream, 0x89, "");
    client_text(&stream, 0x8a, "");
    client_text(&stream, 0x01, "");
    client_text(&stream, 0x00, "");
    client_text(&stream, 0x80, "");
    client_text(&stream, 0x88, "");
    expect(&stream, "text\nbinary\nping\npong\ntext\nclose 1005\n");
}

static void every_length_at_a_border_comes_through(void **state)
{
    (void)state;
    static const size_t sizes[] = { 1, 2, 7, 8, 9, 124, 125, 126, 127, 128, 199, 65534, 65535, 65536, 65537 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct buf payload = { 0 };
        for (size_t at = 0; at < sizes[i]; at++)
            buf_append_byte(&payload, (char)('a' + at % 26));
        struct buf expected = { 0 };
        event_note(&expected, &(struct ws_event){ WS_TEXT, buf_str(&payload), 0 });
        buf_append_byte(&expected, '\0');
        struct buf stream = { 0 };
        client_frame(&stream, 0x81, buf_str(&payload));
        expect(&stream, expected.ptr);
        buf_release(&payload);
        buf_release(&expected);
    }
}

static void lengths_not_written_in_the_fewest_bytes_are_refused(void **state)
{
    (void)state;
    expect_bytes(STR("\x81\xfe\x00\x7d\0\0\0\0"), "refused 1002\n");
    expect_bytes(STR("\x81\xfe\x00\x00\0\0\0\0"), "refused 1002\n");
    expect_bytes(STR("\x81\xff\0\0\0\0\0\0\xff\xff\0\0\0\0"), "refused 1002\n");
    expect_bytes(STR("\x81\xff\0\0\0\0\0\0\0\x01\0\0\0\0"), "refused 1002\n");
}

static void the_top_bit_of_a_64_bit_length_is_refused(void **state)
{
    (void)state;
    expect_bytes(STR("\x81\xff\x80\0\0\0\0\x01\0\0\0\0\0\0"), "refused 1002\n");
    expect_bytes(STR("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"), "refused 1002\n");
    expect_bytes(STR("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0"), "too large 1009\n");
}

static void control_frames_come_between_fragments(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x01, "Hel");
    client_text(&stream, 0x89, "one");
    client_text(&stream, 0x00, "lo ");
    client_text(&stream, 0x8a, "");
    client_text(&stream, 0x89, "three");
    client_text(&stream, 0x80, "there");
    client_text(&stream, 0x82, "next");
    expect(&stream, "ping one\npong\nping three\ntext Hello there\nbinary next\n");
}

static void control_frames_before_a_first_byte_of_a_message(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x02, "");
    client_text(&stream, 0x89, "ping");
    client_text(&stream, 0x80, "x");
    expect(&stream, "ping ping\nbinary x\n");
}

static void a_close_between_fragments_is_seen(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x01, "Hel");
    client_text(&stream, 0x88,
                "\x03\xe9"
                "bye");
    expect(&stream, "close 1001 bye\n");
}

static void fragmented_control_frames_are_refused(void **state)
{
    (void)state;
    for (unsigned opcode = 8; opcode <= 10; opcode++) {
        struct buf stream = { 0 };
        client_text(&stream, opcode, "x");
        expect(&stream, "refused 1002\n");
    }
}

static void control_frames_over_125_bytes_are_refused(void **state)
{
    (void)state;
    char payload[127] = { 0 };
    memset(payload, 'p', 126);
    for (unsigned first = 0x88; first <= 0x8a; first++) {
        struct buf stream = { 0 };
        client_text(&stream, first, payload);
        expect(&stream, "refused 1002\n");
    }
    struct buf stream = { 0 };
    client_frame(&stream, 0x89, (struct str){ payload, 125 });
    char expected[140];
    snprintf(expected, sizeof(expected), "ping %.125s\n", payload);
    expect(&stream, expected);
}

static void reserved_bits_and_opcodes_are_refused(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++) {
        unsigned opcode = first & 0x0f;
        bool control = opcode >= 8;
        bool known = opcode == WS_TEXT || opcode == WS_BINARY || (opcode >= 8 && opcode <= 10);
        bool good = (first & 0x70) == 0 && known && (!control || (first & 0x80) != 0);
        struct buf stream = { 0 };
        client_text(&stream, first, "");
        struct buf log = run(buf_str(&stream), MESSAGE_MAX, false, SIZE_MAX);
        assert_int_equal(strncmp(log.ptr, "refused 1002", 12) != 0, good);
        buf_release(&log);
        buf_release(&stream);
    }
}

static void a_bad_first_byte_is_refused_before_the_second(void **state)
{
    (void)state;
    expect_bytes(STR("\x83"), "refused 1002\n");
    expect_bytes(STR("\xc1"), "refused 1002\n");
    expect_bytes(STR("\x80"), "refused 1002\n");
}

static void continuation_without_a_start_is_refused(void **state)
{
    (void)state;
    for (unsigned first = 0x00; first <= 0x80; first += 0x80) {
        struct buf stream = { 0 };
        client_text(&stream, 0x81, "whole");
        client_text(&stream, first, "x");
        expect(&stream, "text whole\nrefused 1002\n");
    }
}

static void a_new_message_inside_fragments_is_refused(void **state)
{
    (void)state;
    for (unsigned first = 0x81; first <= 0x82; first++) {
        struct buf stream = { 0 };
        client_text(&stream, 0x01, "Hel");
        client_text(&stream, first, "lo");
        expect(&stream, "refused 1002\n");
    }
}

static void close_payloads_are_read(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x88, "\x03\xe8");
    expect(&stream, "close 1000\n");
    client_text(&stream, 0x88, "\x03\xe8\xe5\x86\x8d\xe8\xa7\x81");
    expect(&stream, "close 1000 \xe5\x86\x8d\xe8\xa7\x81\n");
    client_text(&stream, 0x88, "\x03");
    expect(&stream, "refused 1002\n");
    client_text(&stream, 0x88, "\x03\xe8\xff");
    expect(&stream, "refused 1007\n");
    client_text(&stream, 0x88, "\x03\xe8ok\xe5\x86");
    expect(&stream, "refused 1007\n");
}

static void close_codes_are_held_to_the_registry(void **state)
{
    (void)state;
    for (unsigned code = 0; code <= 65535; code = code < 5100 ? code + 1 : code + 977) {
        bool good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
        char payload[2] = { (char)(code >> 8 & 0xff), (char)(code & 0xff) };
        struct buf stream = { 0 };
        client_frame(&stream, 0x88, (struct str){ payload, 2 });
        char expected[32];
        snprintf(expected, sizeof(expected), good ? "close %u\n" : "refused 1002\n", code);
        struct buf log = run(buf_str(&stream), MESSAGE_MAX, false, SIZE_MAX);
        assert_string_equal(log.ptr, expected);
        buf_release(&log);
        buf_release(&stream);
    }
}

static void whole_frames_are_handed_out_where_they_lie(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x81, "in place");
    client_text(&stream, 0x89, "too");
    struct ws_decoder *decoder = ws_decoder_new(MESSAGE_MAX, NULL);
    char *bytes = stream.ptr;
    size_t size = stream.size;
    struct ws_event event;
    unsigned close_code;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(ws_decode(decoder, &bytes, &size, &event, &close_code), OK);
        assert_ptr_equal(event.payload.ptr + event.payload.size, bytes);
        assert_int_equal(ws_decoder_buffered(decoder), 0);
    }
    assert_int_equal(ws_decode(decoder, &bytes, &size, &event, &close_code), ERR_MORE);
    ws_decoder_free(&decoder);
    buf_release(&stream);
}

static void buffered_tells_what_is_incomplete_and_is_nothing_afterwards(void **state)
{
    (void)state;
    struct buf stream = { 0 };
    client_text(&stream, 0x81, "split over two reads");
    struct ws_decoder *decoder = ws_decoder_new(MESSAGE_MAX, NULL);
    struct ws_event event;
    unsigned close_code;
    char *bytes = stream.ptr;
    size_t size = 3;
    assert_int_equal(ws_decode(decoder, &bytes, &size, &event, &close_code), ERR_MORE);
    assert_int_equal(ws_decoder_buffered(decoder), 3);
    size = 8;
    assert_int_equal(ws_decode(decoder, &bytes, &size, &event, &close_code), ERR_MORE);
    assert_int_equal(ws_decoder_buffered(decoder), 5);
    size = 15;
    assert_int_equal(ws_decode(decoder, &bytes, &size, &event, &close_code), OK);
    assert_int_equal(event.payload.size, 20);
    assert_int_equal(ws_decode(decoder, &bytes, &size, &event, &close_code), ERR_MORE);
    assert_int_equal(ws_decoder_buffered(decoder), 0);
    ws_decoder_free(&decoder);
    buf_release(&stream);
}

static void decoding_nothing_wants_more(void **state)
{
    (void)state;
    struct ws_decoder *decoder = ws_decoder_new(MESSAGE_MAX, NULL);
    struct ws_event event;
    unsigned close_code;
    char *bytes = NULL;
    size_t size = 0;
    assert_int_equal(ws_decode(decoder, &bytes, &size, &event, &close_code), ERR_MORE);
    ws_decoder_free(&decoder);
    ws_decoder_free(&decoder);
}

static void server_headers_take_the_fewest_bytes(void **state)
{
    (void)state;
    static const struct {
        uint64_t size;
        struct str header;
    } rows[] = {
        { 0, { "\x81\x00", 2 } },
        { 125, { "\x81\x7d", 2 } },
        { 126, { "\x81\x7e\x00\x7e", 4 } },
        { 65535, { "\x81\x7e\xff\xff", 4 } },
        { 65536, { "\x81\x7f\0\0\0\0\0\x01\0\0", 10 } },
        { 0x0102030405060708, { "\x81\x7f\x01\x02\x03\x04\x05\x06\x07\x08", 10 } },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char out[10];
        assert_int_equal(ws_header_write(out, WS_TEXT, false, rows[i].size), rows[i].header.size);
        assert_memory_equal(out, rows[i].header.ptr, rows[i].header.size);
    }
    char out[10];
    ws_header_write(out, WS_BINARY, true, 1);
    assert_int_equal((unsigned char)out[0], 0xc2);
}

static void assert_appended(struct buf *out, struct str expected)
{
    assert_int_equal(out->size, expected.size);
    assert_memory_equal(out->ptr, expected.ptr, expected.size);
    buf_release(out);
}

static void frames_are_appended_with_their_header(void **state)
{
    (void)state;
    struct buf out = { 0 };
    ws_frame_append(&out, WS_TEXT, STR("Hello"));
    ws_frame_append(&out, WS_PONG, STR_NONE);
    assert_appended(&out, STR("\x81\x05Hello\x8a\x00"));
}

static void close_frames_carry_code_and_reason(void **state)
{
    (void)state;
    struct buf out = { 0 };
    ws_close_append(&out, 1000, STR("bye"));
    assert_appended(&out, STR("\x88\x05\x03\xe8"
                              "bye"));
    ws_close_append(&out, 1001, STR_NONE);
    assert_appended(&out, STR("\x88\x02\x03\xe9"));
    ws_close_append(&out, 0, STR("unsaid"));
    assert_appended(&out, STR("\x88\x00"));
    ws_close_append(&out, WS_CLOSE_NONE, STR("unsaid"));
    assert_appended(&out, STR("\x88\x00"));
}

static void a_long_close_reason_is_cut_at_a_character(void **state)
{
    (void)state;
    char reason[201];
    for (size_t start = 0; start < 4; start++) {
        memset(reason, 'r', start);
        for (size_t i = start; i + 3 <= 200; i += 3)
            memcpy(reason + i, "\xe6\x9e\xb6", 3);
        struct buf out = { 0 };
        ws_close_append(&out, 1008, (struct str){ reason, 198 });
        assert_true(out.size > 4 + 120 && out.size <= 4 + 123);
        assert_true(utf8_valid((struct str){ out.ptr + 4, out.size - 4 }));
        buf_release(&out);
    }
    memset(reason, 'r', 123);
    struct buf out = { 0 };
    ws_close_append(&out, 1008, (struct str){ reason, 123 });
    assert_int_equal(out.size, 2 + 125);
    buf_release(&out);
}

int main(void)
{
    seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_rfc_6455_come_out),
        cmocka_unit_test(unmasked_frames_are_refused),
        cmocka_unit_test(frames_without_payload_are_events),
        cmocka_unit_test(every_length_at_a_border_comes_through),
        cmocka_unit_test(lengths_not_written_in_the_fewest_bytes_are_refused),
        cmocka_unit_test(the_top_bit_of_a_64_bit_length_is_refused),
        cmocka_unit_test(control_frames_come_between_fragments),
        cmocka_unit_test(control_frames_before_a_first_byte_of_a_message),
        cmocka_unit_test(a_close_between_fragments_is_seen),
        cmocka_unit_test(fragmented_control_frames_are_refused),
        cmocka_unit_test(control_frames_over_125_bytes_are_refused),
        cmocka_unit_test(reserved_bits_and_opcodes_are_refused),
        cmocka_unit_test(a_bad_first_byte_is_refused_before_the_second),
        cmocka_unit_test(continuation_without_a_start_is_refused),
        cmocka_unit_test(a_new_message_inside_fragments_is_refused),
        cmocka_unit_test(close_payloads_are_read),
        cmocka_unit_test(close_codes_are_held_to_the_registry),
        cmocka_unit_test(whole_frames_are_handed_out_where_they_lie),
        cmocka_unit_test(buffered_tells_what_is_incomplete_and_is_nothing_afterwards),
        cmocka_unit_test(decoding_nothing_wants_more),
        cmocka_unit_test(server_headers_take_the_fewest_bytes),
        cmocka_unit_test(frames_are_appended_with_their_header),
        cmocka_unit_test(close_frames_carry_code_and_reason),
        cmocka_unit_test(a_long_close_reason_is_cut_at_a_character),
    };
    return cmocka_run_group_tests_name("ws frame", tests, NULL, NULL);
}
