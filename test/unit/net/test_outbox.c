/* test_outbox.c: the outbox against a plain byte string as its model. */
#include "served.h"

#include <stdlib.h>
#include <string.h>

#include "net/outbox.h"
#include "util/mem.h"

static void outbox_holds_the_same_bytes_as_a_plain_buffer(void **state)
{
    (void)state;
    struct dice dice = { dice_seed("outbox") };
    struct outbox outbox = { 0 };
    struct outbox_spares spares = { 0 };
    struct buf model = { 0 };
    char *copy = mem_alloc(1 << 20);
    char bytes[3000];
    for (unsigned step = 0; step < 20000; step++) {
        if (dice_below(&dice, 100) < 60 && model.size < 500000) {
            size_t size = dice_below(&dice, dice_below(&dice, 10) == 0 ? sizeof(bytes) : 40);
            dice_fill(&dice, bytes, size);
            struct payload *payload = payload_from((struct str){ bytes, size });
            assert_int_equal(outbox_push(&outbox, &spares, payload, 1 << 20), OK);
            payload_unref(&payload);
            buf_append(&model, bytes, size);
        } else {
            size_t size = dice_below(&dice, (uint32_t)model.size + 1);
            if (dice_below(&dice, 3) > 0 && size > 100)
                size = dice_below(&dice, 100);
            outbox_advance(&outbox, &spares, size);
            buf_consume(&model, size);
        }
        assert_int_equal(outbox.bytes, model.size);
        assert_int_equal(outbox.count == 0, model.size == 0);
        struct str first = outbox_first(&outbox);
        assert_true(first.size <= model.size && (first.size > 0) == (model.size > 0));
        assert_true(first.size == 0 || memcmp(first.ptr, model.ptr, first.size) == 0);
        if (step % 64 != 0)
            continue;
        size_t wanted = dice_below(&dice, 1 << 20);
        size_t copied = outbox_copy(&outbox, copy, wanted);
        assert_int_equal(copied, wanted < model.size ? wanted : model.size);
        assert_true(copied == 0 || memcmp(copy, model.ptr, copied) == 0);
    }
    outbox_clear(&outbox, &spares);
    assert_int_equal(outbox.bytes, 0);
    outbox_spares_release(&spares);
    buf_release(&model);
    free(copy);
}

static void outbox_refuses_payload_over_its_bound(void **state)
{
    (void)state;
    struct outbox outbox = { 0 };
    struct outbox_spares spares = { 0 };
    struct payload *ten = payload_from(STR("0123456789"));
    assert_int_equal(outbox_push(&outbox, &spares, ten, 9), ERR_FULL);
    assert_int_equal(outbox_push(&outbox, &spares, ten, 20), OK);
    assert_int_equal(outbox_push(&outbox, &spares, ten, 20), OK);
    assert_int_equal(outbox_push(&outbox, &spares, ten, 20), ERR_FULL);
    assert_int_equal(outbox_push(&outbox, &spares, ten, 5), ERR_FULL);
    assert_int_equal(ten->refs, 3);
    outbox_advance(&outbox, &spares, 1);
    assert_int_equal(outbox_push(&outbox, &spares, ten, 29), OK);
    assert_int_equal(outbox.bytes, 29);
    outbox_clear(&outbox, &spares);
    assert_int_equal(ten->refs, 1);
    payload_unref(&ten);
    outbox_spares_release(&spares);
}

static void outbox_bounds_how_many_tiny_payloads_wait(void **state)
{
    (void)state;
    struct outbox outbox = { 0 };
    struct outbox_spares spares = { 0 };
    struct payload *one = payload_from(STR("x"));
    for (unsigned i = 0; i < OUTBOX_COUNT_MAX; i++)
        assert_int_equal(outbox_push(&outbox, &spares, one, SIZE_MAX), OK);
    assert_int_equal(outbox_push(&outbox, &spares, one, SIZE_MAX), ERR_FULL);
    outbox_clear(&outbox, &spares);
    payload_unref(&one);
    outbox_spares_release(&spares);
}

static void empty_payload_leaves_no_trace(void **state)
{
    (void)state;
    struct outbox outbox = { 0 };
    struct outbox_spares spares = { 0 };
    struct payload *none = payload_from(STR_NONE);
    assert_int_equal(outbox_push(&outbox, &spares, none, 0), OK);
    assert_int_equal(none->refs, 1);
    assert_int_equal(outbox.count, 0);
    assert_int_equal(outbox_first(&outbox).size, 0);
    payload_unref(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outbox_holds_the_same_bytes_as_a_plain_buffer),
        cmocka_unit_test(outbox_refuses_payload_over_its_bound),
        cmocka_unit_test(outbox_bounds_how_many_tiny_payloads_wait),
        cmocka_unit_test(empty_payload_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
