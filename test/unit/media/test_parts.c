/* test_parts.c: where parts lie, and which are there. */
#include "unit.h"

#include "media/hold.h"
#include "media/parts.h"

static void parts_cover_the_file_without_gap_or_overlap(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 1, 2, 999, 1000, 1001, 2000, 1024000, 1024001, 5000000000 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct parts parts;
        struct part_range range;
        int64_t at = 0;
        parts_init(&parts, sizes[i], 1000);
        assert_in_range(parts.count, 1, PARTS_MAX);
        assert_int_equal(parts.part_size % 1000, 0);
        for (int64_t n = 0; n < parts.count; n++) {
            assert_true(parts_range(&parts, n, &range));
            assert_int_equal(range.from, at);
            assert_true(range.size >= 1 && range.size <= parts.part_size);
            at += range.size;
        }
        assert_int_equal(at, sizes[i]);
        assert_false(parts_range(&parts, parts.count, &range));
        assert_false(parts_range(&parts, -1, &range));
    }
}

static void the_largest_numbers_have_parts_too(void **state)
{
    (void)state;
    struct parts parts;
    struct part_range range;
    static const int64_t part_sizes[] = { 1, 3, 1000, INT64_MAX / 1024, INT64_MAX / 2, INT64_MAX - 1, INT64_MAX };
    for (size_t i = 0; i < sizeof(part_sizes) / sizeof(part_sizes[0]); i++) {
        parts_init(&parts, INT64_MAX, part_sizes[i]);
        assert_in_range(parts.count, 1, PARTS_MAX);
        assert_true(parts_range(&parts, parts.count - 1, &range));
        assert_int_equal(range.from, INT64_MAX - range.size);
    }
}

static void it_is_whole_when_each_part_came_once(void **state)
{
    (void)state;
    struct parts parts;
    parts_init(&parts, 95, 10);
    assert_int_equal(parts.count, 10);
    for (int64_t i = 9; i >= 0; i--) {
        assert_false(parts_whole(&parts));
        assert_false(parts_has(&parts, i));
        parts_add(&parts, i);
        parts_add(&parts, i);
        assert_true(parts_has(&parts, i));
    }
    assert_true(parts_whole(&parts));
    assert_false(parts_has(&parts, 10));
    assert_false(parts_has(&parts, -1));
}

static void what_was_kept_is_what_is_read(void **state)
{
    (void)state;
    struct parts parts;
    struct parts read;
    parts_init(&parts, 95, 10);
    parts_add(&parts, 0);
    parts_add(&parts, 9);
    assert_int_equal(parts_bits(&parts).size, 2);
    assert_int_equal(parts_load(&read, 95, parts.part_size, parts_bits(&parts)), OK);
    assert_memory_equal(&parts, &read, sizeof(parts));
}

static void bits_of_another_file_are_refused(void **state)
{
    (void)state;
    struct parts parts;
    char bits[3] = { 0 };
    assert_int_equal(parts_load(&parts, 95, 10, (struct str){ bits, 1 }), ERR_PARSE);
    assert_int_equal(parts_load(&parts, 95, 10, (struct str){ bits, 3 }), ERR_PARSE);
    assert_int_equal(parts_load(&parts, 95, 10, STR_NONE), ERR_PARSE);
    assert_int_equal(parts_load(&parts, 0, 10, (struct str){ bits, 1 }), ERR_PARSE);
    assert_int_equal(parts_load(&parts, 95, 0, (struct str){ bits, 1 }), ERR_PARSE);
    assert_int_equal(parts_load(&parts, 1025, 1, (struct str){ bits, 2 }), ERR_PARSE);
    bits[1] = 4; /* an eleventh part */
    assert_int_equal(parts_load(&parts, 95, 10, (struct str){ bits, 2 }), ERR_PARSE);
    bits[1] = 2;
    assert_int_equal(parts_load(&parts, 95, 10, (struct str){ bits, 2 }), OK);
}

static void parts_are_written_side_by_side_and_the_whole_alone(void **state)
{
    (void)state;
    struct holds *holds = holds_new();
    assert_int_equal(hold_part(holds, STR("a")), OK);
    assert_int_equal(hold_part(holds, STR("a")), OK);
    assert_int_equal(hold_whole(holds, STR("a")), ERR_BUSY);
    assert_int_equal(hold_whole(holds, STR("b")), OK);
    assert_int_equal(hold_whole(holds, STR("b")), ERR_BUSY);
    assert_int_equal(hold_part(holds, STR("b")), ERR_BUSY);
    hold_end(holds, STR("a"));
    assert_int_equal(hold_whole(holds, STR("a")), ERR_BUSY);
    hold_end(holds, STR("a"));
    assert_int_equal(hold_whole(holds, STR("a")), OK);
    hold_end(holds, STR("a"));
    hold_end(holds, STR("b"));
    holds_free(&holds);
    assert_null(holds);
    holds_free(&holds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_cover_the_file_without_gap_or_overlap),
        cmocka_unit_test(the_largest_numbers_have_parts_too),
        cmocka_unit_test(it_is_whole_when_each_part_came_once),
        cmocka_unit_test(what_was_kept_is_what_is_read),
        cmocka_unit_test(bits_of_another_file_are_refused),
        cmocka_unit_test(parts_are_written_side_by_side_and_the_whole_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
