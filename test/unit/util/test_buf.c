/* test_buf.c: growing, numbers, formats, and dropping from the front. */
#include "unit.h"

#include "util/buf.h"

static void a_zeroed_buffer_is_empty_and_takes_nothing(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    buf_append(&buf, NULL, 0);
    buf_append_str(&buf, STR_NONE);
    buf_consume(&buf, 0);
    assert_int_equal(buf_str(&buf).size, 0);
    buf_release(&buf);
    assert_null(buf.ptr);
}

static void bytes_stand_in_the_order_they_came(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    for (unsigned i = 0; i < 100000; i++)
        buf_append_byte(&buf, (char)(i % 251));
    assert_int_equal(buf.size, 100000);
    for (unsigned i = 0; i < 100000; i++)
        assert_true((unsigned char)buf.ptr[i] == i % 251);
    buf_release(&buf);
}

static void reserve_makes_room_without_moving_later(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    buf_append_byte(&buf, 'x');
    buf_reserve(&buf, 5000);
    const char *before = buf.ptr;
    for (int i = 0; i < 5000; i++)
        buf_append_byte(&buf, 'y');
    assert_ptr_equal(buf.ptr, before);
    buf_clear(&buf);
    assert_int_equal(buf.size, 0);
    assert_ptr_equal(buf.ptr, before);
    buf_release(&buf);
}

static void integers_are_written_to_both_ends_of_the_range(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    const int64_t values[] = { 0, 7, -1, 10, INT64_MAX, INT64_MIN };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        buf_append_i64(&buf, values[i]);
        buf_append_byte(&buf, ' ');
    }
    assert_str(buf_str(&buf), STR("0 7 -1 10 9223372036854775807 -9223372036854775808 "));
    buf_release(&buf);
}

static void formats_of_any_length_are_whole(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    for (int width = 0; width < 300; width += 7) {
        buf_clear(&buf);
        buf_append_byte(&buf, '<');
        buf_append_format(&buf, "%*d", width, 5);
        buf_append_byte(&buf, '>');
        assert_int_equal(buf.size, (size_t)(width < 1 ? 1 : width) + 2);
        assert_true(buf.ptr[buf.size - 2] == '5');
    }
    buf_release(&buf);
}

static void consume_drops_from_the_front(void **state)
{
    (void)state;
    struct buf buf = { 0 };
    buf_append_str(&buf, STR("abcdef"));
    buf_consume(&buf, 2);
    assert_str(buf_str(&buf), STR("cdef"));
    buf_append_str(&buf, STR("gh"));
    buf_consume(&buf, 6);
    assert_int_equal(buf.size, 0);
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_zeroed_buffer_is_empty_and_takes_nothing),
        cmocka_unit_test(bytes_stand_in_the_order_they_came),
        cmocka_unit_test(reserve_makes_room_without_moving_later),
        cmocka_unit_test(integers_are_written_to_both_ends_of_the_range),
        cmocka_unit_test(formats_of_any_length_are_whole),
        cmocka_unit_test(consume_drops_from_the_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
