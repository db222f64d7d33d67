/* test_random.c: uniform, and replaceable. */
#include "unit.h"

#include "os/random.h"

#include <string.h>

static uint32_t script[8];
static size_t script_at;

static void fill_from_script(void *out, size_t size)
{
    assert_int_equal(size, sizeof(uint32_t));
    memcpy(out, &script[script_at++], size);
}

static int put_system_back(void **state)
{
    (void)state;
    random_replace(NULL);
    return 0;
}

static void bytes_differ_from_call_to_call(void **state)
{
    (void)state;
    unsigned char first[32] = { 0 };
    unsigned char second[32] = { 0 };
    random_bytes(first, sizeof(first));
    random_bytes(second, sizeof(second));
    assert_memory_not_equal(first, second, sizeof(first));
    random_bytes(NULL, 0);
}

static void below_stays_below_and_reaches_every_value_alike(void **state)
{
    (void)state;
    enum { BOUND = 7, DRAWS = 70000 };
    unsigned counts[BOUND] = { 0 };
    for (int i = 0; i < DRAWS; i++) {
        uint32_t value = random_below(BOUND);
        assert_true(value < BOUND);
        counts[value]++;
    }
    for (int i = 0; i < BOUND; i++)
        assert_in_range(counts[i], 9400, 10600); /* more than six standard deviations */
    assert_int_equal(random_below(1), 0);
}

/* Of 2^32 values, 2^32 mod 3 = 1 is one too many for thirds: it is drawn again. */
static void below_draws_again_where_taking_would_favour_some(void **state)
{
    (void)state;
    random_replace(fill_from_script);
    script_at = 0;
    script[0] = 0;
    script[1] = 1;
    assert_int_equal(random_below(3), 1);
    assert_int_equal(script_at, 2);
    script_at = 0;
    script[0] = UINT32_MAX;
    assert_int_equal(random_below(3), UINT32_MAX % 3);
    assert_int_equal(script_at, 1);
}

static void a_power_of_two_never_draws_again(void **state)
{
    (void)state;
    random_replace(fill_from_script);
    script_at = 0;
    script[0] = 0;
    assert_int_equal(random_below(1u << 31), 0);
    assert_int_equal(script_at, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_differ_from_call_to_call),
        cmocka_unit_test(below_stays_below_and_reaches_every_value_alike),
        cmocka_unit_test_teardown(below_draws_again_where_taking_would_favour_some, put_system_back),
        cmocka_unit_test_teardown(a_power_of_two_never_draws_again, put_system_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
