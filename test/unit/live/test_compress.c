/* test_compress.c: compressed frames say what the plain ones said. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "live/compress.h"
#include "live/shard.h"
#include "util/mem.h"
#include "ws/deflate.h"
#include "ws/frame.h"

/* Splits a frame off, inflates it where RSV1 says so, appends its text. */
static bool frame_open(struct str *frames, struct ws_inflate *inflate, struct buf *text, bool *compressed)
{
    const unsigned char *bytes = (const unsigned char *)frames->ptr;
    if (frames->size == 0)
        return false;
    assert_int_equal(bytes[0] & 0xbf, 0x81); /* FIN, text, nothing but RSV1 */
    assert_int_equal(bytes[1] & 0x80, 0);
    *compressed = (bytes[0] & 0x40) != 0;
    uint64_t size = bytes[1];
    size_t at = 2;
    size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    for (size = more > 0 ? 0 : size; more > 0; more--)
        size = size << 8 | bytes[at++];
    struct str payload = { frames->ptr + at, (size_t)size };
    assert_true(at + size <= frames->size);
    if (*compressed)
        assert_int_equal(ws_inflate_message(inflate, payload, text, 1 << 20), OK);
    else
        buf_append_str(text, payload);
    frames->ptr += at + size;
    frames->size -= at + size;
    return true;
}

static struct payload *frames_of(const size_t *sizes, size_t count)
{
    struct buf out = { 0 };
    for (size_t i = 0; i < count; i++) {
        struct buf text = { 0 };
        while (text.size < sizes[i])
            buf_append_format(&text, "%zu 你好,", text.size % 97);
        text.size = sizes[i];
        ws_frame_append(&out, WS_TEXT, buf_str(&text));
        buf_release(&text);
    }
    struct payload *payload = payload_from(buf_str(&out));
    buf_release(&out);
    return payload;
}

static void every_frame_comes_back_whole_and_in_order(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 125, 126, 127, 128, 129, 200, 5, 65535, 65536, 100000, 10 };
    enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };
    struct shard shard = { 0 };
    struct payload *plain = frames_of(sizes, COUNT);
    struct payload *small = compress_frames(&shard, plain);
    struct ws_inflate *inflate = ws_inflate_new();
    struct str from = { plain->bytes, plain->size };
    struct str to = { small->bytes, small->size };
    bool compressed;
    assert_true(small->size < plain->size / 4);
    for (size_t i = 0; i < COUNT; i++) {
        struct buf expected = { 0 };
        struct buf got = { 0 };
        assert_true(frame_open(&from, inflate, &expected, &compressed));
        assert_false(compressed);
        assert_true(frame_open(&to, inflate, &got, &compressed));
        assert_int_equal(compressed, sizes[i] >= 128); /* Below it does not pay. */
        assert_str(buf_str(&got), buf_str(&expected));
        buf_release(&expected);
        buf_release(&got);
    }
    assert_int_equal(to.size, 0);
    ws_inflate_free(&inflate);
    payload_unref(&plain);
    payload_unref(&small);
    compress_forget(&shard);
}

static void what_goes_to_many_is_compressed_once(void **state)
{
    (void)state;
    static const size_t sizes[] = { 500 };
    struct shard shard = { 0 };
    struct payload *plain = frames_of(sizes, 1);
    struct payload *first = compress_frames(&shard, plain);
    struct payload *second = compress_frames(&shard, plain);
    assert_ptr_equal(first, second);
    struct payload *other_plain = frames_of(sizes, 1); /* equal bytes, but not the same */
    struct payload *other = compress_frames(&shard, other_plain);
    assert_ptr_not_equal(first, other);
    struct payload *again = compress_frames(&shard, plain); /* only the last one is remembered */
    assert_ptr_not_equal(first, again);
    payload_unref(&plain);
    payload_unref(&other_plain);
    payload_unref(&first);
    payload_unref(&second);
    payload_unref(&other);
    compress_forget(&shard);
    assert_true(again->size > 0); /* the caller's own reference */
    payload_unref(&again);
    assert_null(shard.compressed);
    assert_null(shard.compressed_from);
    assert_null(shard.deflate);
    compress_forget(&shard);
}

/* A payload that was freed must not be taken for a new one at its address. */
static void a_new_payload_is_never_taken_for_an_old_one(void **state)
{
    (void)state;
    struct shard shard = { 0 };
    struct ws_inflate *inflate = ws_inflate_new();
    for (unsigned i = 0; i < 200; i++) {
        char text[256];
        memset(text, 'a' + (int)(i % 26), sizeof(text));
        struct buf frame = { 0 };
        struct buf got = { 0 };
        bool compressed;
        ws_frame_append(&frame, WS_TEXT, (struct str){ text, sizeof(text) });
        struct payload *plain = payload_from(buf_str(&frame));
        struct payload *small = compress_frames(&shard, plain);
        struct str to = { small->bytes, small->size };
        assert_true(frame_open(&to, inflate, &got, &compressed));
        assert_str(buf_str(&got), ((struct str){ text, sizeof(text) }));
        payload_unref(&plain);
        payload_unref(&small);
        buf_release(&frame);
        buf_release(&got);
    }
    ws_inflate_free(&inflate);
    compress_forget(&shard);
}

static void what_does_not_shrink_comes_back_too(void **state)
{
    (void)state;
    static char noise[70000];
    uint64_t state64 = 88172645463325252u;
    for (size_t i = 0; i < sizeof(noise); i++) { /* printable, without repetition */
        state64 ^= state64 << 13;
        state64 ^= state64 >> 7;
        state64 ^= state64 << 17;
        noise[i] = (char)(32 + state64 % 95);
    }
    struct shard shard = { 0 };
    struct ws_inflate *inflate = ws_inflate_new();
    struct buf frame = { 0 };
    struct buf got = { 0 };
    bool compressed;
    ws_frame_append(&frame, WS_TEXT, (struct str){ noise, sizeof(noise) });
    struct payload *plain = payload_from(buf_str(&frame));
    struct payload *small = compress_frames(&shard, plain);
    struct str to = { small->bytes, small->size };
    assert_true(frame_open(&to, inflate, &got, &compressed));
    assert_int_equal(got.size, sizeof(noise));
    assert_memory_equal(got.ptr, noise, sizeof(noise));
    payload_unref(&plain);
    payload_unref(&small);
    buf_release(&frame);
    buf_release(&got);
    ws_inflate_free(&inflate);
    compress_forget(&shard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_frame_comes_back_whole_and_in_order),
        cmocka_unit_test(what_goes_to_many_is_compressed_once),
        cmocka_unit_test(a_new_payload_is_never_taken_for_an_old_one),
        cmocka_unit_test(what_does_not_shrink_comes_back_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
