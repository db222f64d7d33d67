/* test_map.c: the map against a plain array, and the hashes it stands on. */
#include "unit.h"

#include "util/map.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { KEYS = 3000 };

/* What every key from 1 to KEYS should map to. */
static void *expected[KEYS + 1];

static void assert_as_expected(const struct map *map)
{
    size_t count = 0;
    for (uint64_t key = 1; key <= KEYS; key++) {
        assert_ptr_equal(map_get(map, key), expected[key]);
        count += expected[key] != NULL;
    }
    assert_int_equal(map->count, count);
    size_t seen = 0;
    uint64_t key;
    void *value;
    for (size_t cursor = 0; map_next(map, &cursor, &key, &value); seen++)
        assert_ptr_equal(value, expected[key]);
    assert_int_equal(seen, count);
}

static void it_holds_what_an_array_would_through_random_changes(void **state)
{
    static char values[64];
    (void)state;
    unsigned seed = (unsigned)time(NULL);
    printf("seed %u\n", seed);
    hash_seed(seed);
    struct map map = { 0 };
    memset(expected, 0, sizeof(expected));
    for (int step = 0; step < 300000; step++) {
        uint64_t key = 1 + (uint64_t)rand_r(&seed) % KEYS;
        void *before = expected[key];
        /* Swings between mostly growing and mostly shrinking. */
        if (rand_r(&seed) % 100 < ((step / 30000) % 2 == 0 ? 70 : 30)) {
            expected[key] = &values[rand_r(&seed) % 64];
            assert_ptr_equal(map_put(&map, key, expected[key]), before);
        } else {
            expected[key] = NULL;
            assert_ptr_equal(map_remove(&map, key), before);
        }
        if (step % 30000 == 29999)
            assert_as_expected(&map);
    }
    map_release(&map);
    assert_null(map.slots);
}

/* Enough entries that some chain wraps around the end of a small table, and
 * every single removal is followed by a look at all the others. */
static void a_removal_leaves_every_other_entry_findable(void **state)
{
    static char value;
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        hash_seed(seed);
        struct map map = { 0 };
        memset(expected, 0, sizeof(expected));
        for (uint64_t key = 1; key <= 24; key++)
            map_put(&map, key, expected[key] = &value);
        for (uint64_t key = 1; key <= 24; key++) {
            assert_ptr_equal(map_remove(&map, key), &value);
            expected[key] = NULL;
            for (uint64_t other = 1; other <= 24; other++)
                assert_ptr_equal(map_get(&map, other), expected[other]);
        }
        assert_int_equal(map.count, 0);
        map_release(&map);
    }
}

static void an_empty_map_has_nothing(void **state)
{
    (void)state;
    struct map map = { 0 };
    size_t cursor = 0;
    uint64_t key;
    void *value;
    assert_null(map_get(&map, 1));
    assert_null(map_remove(&map, 1));
    assert_false(map_next(&map, &cursor, &key, &value));
    map_release(&map);
}

static void keys_at_the_ends_of_the_range_are_keys(void **state)
{
    static char values[2];
    (void)state;
    struct map map = { 0 };
    map_put(&map, 1, &values[0]);
    map_put(&map, UINT64_MAX, &values[1]);
    assert_ptr_equal(map_get(&map, UINT64_MAX), &values[1]);
    assert_ptr_equal(map_get(&map, 1), &values[0]);
    map_release(&map);
}

static void comings_and_goings_do_not_grow_it(void **state)
{
    static char value;
    (void)state;
    struct map map = { 0 };
    for (uint64_t key = 1; key <= 100; key++)
        map_put(&map, key, &value);
    size_t capacity = map.capacity;
    for (uint64_t key = 101; key <= 100000; key++) {
        map_remove(&map, key - 100);
        map_put(&map, key, &value);
    }
    assert_int_equal(map.capacity, capacity);
    map_release(&map);
}

static void hashes_depend_on_the_seed_and_are_never_zero(void **state)
{
    (void)state;
    hash_seed(1);
    uint64_t text = hash_bytes("alice@example.com", 17);
    uint64_t number = hash_u64(42);
    assert_true(text == hash_bytes("alice@example.com", 17));
    assert_true(text != hash_bytes("alice@example.com", 16));
    assert_true(hash_bytes("", 0) != 0);
    hash_seed(2);
    assert_true(text != hash_bytes("alice@example.com", 17));
    assert_true(number != hash_u64(42));
}

/* Consecutive ids are what the map sees most: each low bit of their hashes
 * has to be one about half of the time. */
static void consecutive_numbers_spread_over_every_bit(void **state)
{
    (void)state;
    hash_seed(7);
    for (unsigned bit = 0; bit < 64; bit++) {
        unsigned ones = 0;
        for (uint64_t id = 1; id <= 10000; id++)
            ones += (unsigned)(hash_u64(id) >> bit & 1);
        assert_in_range(ones, 4700, 5300); /* six standard deviations */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_holds_what_an_array_would_through_random_changes),
        cmocka_unit_test(a_removal_leaves_every_other_entry_findable),
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(keys_at_the_ends_of_the_range_are_keys),
        cmocka_unit_test(comings_and_goings_do_not_grow_it),
        cmocka_unit_test(hashes_depend_on_the_seed_and_are_never_zero),
        cmocka_unit_test(consecutive_numbers_spread_over_every_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
