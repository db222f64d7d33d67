/* test_arena.c: allocations that do not touch, and payloads that are counted. */
#include "unit.h"

#include "util/arena.h"
#include "util/payload.h"

#include <stdalign.h>

static void allocations_are_aligned_and_do_not_overlap(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    enum { COUNT = 2000 };
    static unsigned char *blocks[COUNT];
    size_t total = 0;
    for (size_t i = 0; i < COUNT; i++) {
        blocks[i] = arena_alloc(&arena, i);
        total += i;
        assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        memset(blocks[i], (int)(i % 256), i);
    }
    assert_int_equal(arena.used_bytes, total);
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 0; j < i; j++)
            assert_true(blocks[i][j] == i % 256);
    }
    arena_release(&arena);
    assert_null(arena.blocks);
    assert_int_equal(arena.used_bytes, 0);
}

static void a_large_allocation_gets_its_room(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    char *small = arena_zalloc(&arena, 8);
    char *large = arena_zalloc(&arena, 10000000);
    memset(large, 1, 10000000);
    assert_int_equal(small[7], 0);
    char *after = arena_zalloc(&arena, 8);
    assert_int_equal(after[0], 0);
    arena_release(&arena);
}

static void copies_of_text_end_with_a_nul_that_is_not_counted(void **state)
{
    (void)state;
    struct arena arena = { 0 };
    struct str copy = arena_str(&arena, STR("a\0b"));
    assert_str(copy, STR("a\0b"));
    assert_int_equal(copy.ptr[3], 0);
    struct str empty = arena_str(&arena, STR_NONE);
    assert_int_equal(empty.size, 0);
    assert_int_equal(empty.ptr[0], 0);
    struct str text = arena_format(&arena, "%s-%d", "x", 12);
    assert_str(text, STR("x-12"));
    assert_int_equal(text.ptr[4], 0);
    arena_release(&arena);
}

static void a_payload_lives_until_its_last_reference(void **state)
{
    (void)state;
    struct payload *first = payload_from(STR("bytes"));
    struct payload *second = payload_ref(first);
    assert_int_equal(first->refs, 2);
    payload_unref(&first);
    assert_null(first);
    assert_str(((struct str){ second->bytes, second->size }), STR("bytes"));
    payload_unref(&second);
    payload_unref(&second); /* NULL is nothing to do. */
    struct payload *empty = payload_from(STR_NONE);
    assert_int_equal(empty->size, 0);
    payload_unref(&empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_do_not_overlap),
        cmocka_unit_test(a_large_allocation_gets_its_room),
        cmocka_unit_test(copies_of_text_end_with_a_nul_that_is_not_counted),
        cmocka_unit_test(a_payload_lives_until_its_last_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
