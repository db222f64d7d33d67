/* test_deflate.c: permessage-deflate, with the examples of RFC 7692 section 7.2.3. */
#include "ws/deflate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static unsigned seed;

static enum err inflate_text(struct str bytes, struct buf *out, size_t size_max)
{
    struct ws_inflate *inflate = ws_inflate_new();
    enum err err = ws_inflate_message(inflate, bytes, out, size_max);
    ws_inflate_free(&inflate);
    assert_null(inflate);
    return err;
}

static void assert_inflated(struct str bytes, struct str expected)
{
    struct buf out = { 0 };
    assert_int_equal(inflate_text(bytes, &out, expected.size), OK);
    assert_int_equal(out.size, expected.size);
    if (out.size > 0)
        assert_memory_equal(out.ptr, expected.ptr, out.size);
    buf_release(&out);
}

static void assert_refused(struct str bytes, size_t size_max, enum err err)
{
    struct buf out = { 0 };
    buf_append(&out, "kept", 4);
    assert_int_equal(inflate_text(bytes, &out, size_max), err);
    assert_int_equal(out.size, 4);
    buf_release(&out);
}

static void examples_of_rfc_7692_inflate(void **state)
{
    (void)state;
    struct str hello = STR("Hello");
    assert_inflated(STR("\xf2\x48\xcd\xc9\xc9\x07\x00"), hello);                         /* 7.2.3.1 */
    assert_inflated(STR("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), hello);         /* 7.2.3.3 */
    assert_inflated(STR("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), hello);                     /* 7.2.3.4 */
    assert_inflated(STR("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), hello); /* 7.2.3.5 */
    assert_inflated(STR("\x00"), STR(""));                                               /* 7.2.3.6 */
}

static void a_message_may_not_lean_on_the_one_before(void **state)
{
    (void)state;
    struct ws_inflate *inflate = ws_inflate_new();
    struct buf out = { 0 };
    assert_int_equal(ws_inflate_message(inflate, STR("\xf2\x48\xcd\xc9\xc9\x07\x00"), &out, 100), OK);
    /* 7.2.3.2: the second Hello with context takeover */
    assert_int_equal(ws_inflate_message(inflate, STR("\xf2\x00\x11\x00\x00"), &out, 100), ERR_PARSE);
    assert_int_equal(ws_inflate_message(inflate, STR("\xf2\x48\xcd\xc9\xc9\x07\x00"), &out, 100), OK);
    assert_int_equal(out.size, 10);
    assert_memory_equal(out.ptr, "HelloHello", 10);
    buf_release(&out);
    ws_inflate_free(&inflate);
}

static void bad_streams_are_refused(void **state)
{
    (void)state;
    assert_refused(STR(""), 100, ERR_PARSE);
    assert_refused(STR_NONE, 100, ERR_PARSE);
    assert_refused(STR("\x07"), 100, ERR_PARSE);                          /* block type 3 */
    assert_refused(STR("\x00\x05\x00\xfa\xfeHello\x00"), 100, ERR_PARSE); /* a length and its complement disagree */
    assert_refused(STR("\x00\x05\x00\xfa\xffHe"), 100, ERR_PARSE);        /* cut in a stored block */
    assert_refused(STR("\xf2\x48\xcd\xc9"), 100, ERR_PARSE);              /* cut in a compressed block */
    assert_refused(STR("\xf3\x48\xcd\xc9\xc9\x07\x00"), 100, ERR_PARSE);  /* the final block, its empty one missing */
    assert_refused(STR("\xf3\x48\xcd\xc9\xc9\x07\x00\x07"), 100, ERR_PARSE); /* garbage behind the final block */
    assert_refused(STR("Hello, this is not compressed"), 100, ERR_PARSE);
}

static void the_bound_is_exact(void **state)
{
    (void)state;
    struct str hello = STR("\xf2\x48\xcd\xc9\xc9\x07\x00");
    assert_refused(hello, 4, ERR_TOO_LARGE);
    assert_refused(hello, 0, ERR_TOO_LARGE);
    assert_inflated(hello, STR("Hello"));
}

/* 64 MiB of one letter: what memory it takes is seen in the buffer's capacity. */
static void a_bomb_is_stopped_at_the_bound(void **state)
{
    (void)state;
    size_t size = (size_t)64 << 20;
    char *text = malloc(size);
    memset(text, 'b', size);
    struct ws_deflate *deflate = ws_deflate_new(9);
    struct buf bomb = { 0 };
    ws_deflate_message(deflate, (struct str){ text, size }, &bomb);
    free(text);
    assert_true(bomb.size < size / 500);

    struct buf out = { 0 };
    assert_int_equal(inflate_text(buf_str(&bomb), &out, 70000), ERR_TOO_LARGE);
    assert_int_equal(out.size, 0);
    assert_true(out.capacity <= 4 * 70000);
    buf_release(&out);
    buf_release(&bomb);
    ws_deflate_free(&deflate);
    assert_null(deflate);
}

static void many_final_blocks_are_one_message(void **state)
{
    (void)state;
    struct buf bytes = { 0 };
    struct buf expected = { 0 };
    for (size_t i = 0; i < 1000; i++) {
        buf_append_str(&bytes, STR("\xf3\x48\xcd\xc9\xc9\x07\x00"));
        buf_append_str(&expected, STR("Hello"));
    }
    buf_append_byte(&bytes, 0);
    assert_inflated(buf_str(&bytes), buf_str(&expected));
    buf_release(&bytes);
    buf_release(&expected);
}

static void a_message_is_compressed_without_its_tail_and_without_context(void **state)
{
    (void)state;
    struct ws_deflate *deflate = ws_deflate_new(6);
    struct buf out = { 0 };
    for (size_t i = 0; i < 2; i++)
        ws_deflate_message(deflate, STR("Hello"), &out);
    ws_deflate_message(deflate, STR(""), &out);
    struct str expected = STR("\xf2\x48\xcd\xc9\xc9\x07\x00\xf2\x48\xcd\xc9\xc9\x07\x00\x00");
    assert_int_equal(out.size, expected.size);
    assert_memory_equal(out.ptr, expected.ptr, expected.size);
    buf_release(&out);
    ws_deflate_free(&deflate);
}

/* size bytes: noise, or letters that repeat. */
static void random_bytes(struct buf *out, size_t size, bool noise)
{
    for (size_t i = 0; i < size; i++)
        buf_append_byte(out, noise ? (char)rand_r(&seed) : (char)("im im im {\"cmd\":10}"[(size_t)rand_r(&seed) % 18]));
}

static void what_is_compressed_inflates_to_itself_at_every_level(void **state)
{
    (void)state;
    for (int level = 1; level <= 9; level++) {
        struct ws_deflate *deflate = ws_deflate_new(level);
        for (size_t round = 0; round < 40; round++) {
            struct buf plain = { 0 };
            struct buf packed = { 0 };
            random_bytes(&plain, (size_t)rand_r(&seed) % (round % 8 == 0 ? 200000 : 500), round % 2 == 0);
            ws_deflate_message(deflate, buf_str(&plain), &packed);
            assert_inflated(buf_str(&packed), buf_str(&plain));
            buf_release(&plain);
            buf_release(&packed);
        }
        ws_deflate_free(&deflate);
    }
}

static void noise_never_harms_and_never_passes_the_bound(void **state)
{
    (void)state;
    for (size_t round = 0; round < 3000; round++) {
        struct buf noise = { 0 };
        struct buf out = { 0 };
        random_bytes(&noise, (size_t)rand_r(&seed) % 100, true);
        enum err err = inflate_text(buf_str(&noise), &out, 50);
        assert_true(out.size <= 50);
        assert_true(err == OK || out.size == 0);
        buf_release(&noise);
        buf_release(&out);
    }
}

int main(void)
{
    seed = (unsigned)time(NULL);
    print_message("seed %u\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_of_rfc_7692_inflate),
        cmocka_unit_test(a_message_may_not_lean_on_the_one_before),
        cmocka_unit_test(bad_streams_are_refused),
        cmocka_unit_test(the_bound_is_exact),
        cmocka_unit_test(a_bomb_is_stopped_at_the_bound),
        cmocka_unit_test(many_final_blocks_are_one_message),
        cmocka_unit_test(a_message_is_compressed_without_its_tail_and_without_context),
        cmocka_unit_test(what_is_compressed_inflates_to_itself_at_every_level),
        cmocka_unit_test(noise_never_harms_and_never_passes_the_bound),
    };
    return cmocka_run_group_tests_name("ws deflate", tests, NULL, NULL);
}
