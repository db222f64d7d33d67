/* test_clock.c: the wall clock never goes back, and a test may own time. */
#include "unit.h"

#include "os/clock.h"

#include <pthread.h>
#include <time.h>

static int64_t wall_now;
static int64_t mono_now;

static int64_t read_wall(void)
{
    return wall_now;
}

static int64_t read_mono(void)
{
    return mono_now;
}

static const struct clock_source by_hand = { .wall_ms = read_wall, .mono_us = read_mono };

static int put_system_back(void **state)
{
    (void)state;
    clock_replace(NULL);
    return 0;
}

static void the_wall_clock_is_the_systems(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = clock_wall_ms();
    assert_true(now >= before && now <= before + 60000);
}

static void the_wall_clock_stands_still_when_the_machines_is_set_back(void **state)
{
    (void)state;
    clock_replace(&by_hand);
    wall_now = 1000;
    assert_true(clock_wall_ms() == 1000);
    wall_now = 400;
    assert_true(clock_wall_ms() == 1000);
    wall_now = 999;
    assert_true(clock_wall_ms() == 1000);
    wall_now = 1001;
    assert_true(clock_wall_ms() == 1001);
}

static void a_replaced_clock_starts_anew_and_null_puts_the_systems_back(void **state)
{
    (void)state;
    clock_wall_ms();
    clock_replace(&by_hand);
    wall_now = 5;
    mono_now = 7001;
    assert_true(clock_wall_ms() == 5);
    assert_true(clock_mono_us() == 7001);
    assert_true(clock_mono_ms() == 7);
    clock_replace(NULL);
    assert_true(clock_wall_ms() > 1000000000000);
}

static void *watch(void *context)
{
    bool *fine = context;
    int64_t wall = 0;
    int64_t mono = 0;
    *fine = true;
    for (int i = 0; i < 100000; i++) {
        int64_t wall_next = clock_wall_ms();
        int64_t mono_next = clock_mono_us();
        *fine = *fine && wall_next >= wall && mono_next >= mono;
        wall = wall_next;
        mono = mono_next;
    }
    return NULL;
}

static void no_thread_sees_time_go_back(void **state)
{
    (void)state;
    pthread_t threads[4];
    bool fine[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, watch, &fine[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_true(fine[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_clock_is_the_systems),
        cmocka_unit_test_teardown(the_wall_clock_stands_still_when_the_machines_is_set_back, put_system_back),
        cmocka_unit_test_teardown(a_replaced_clock_starts_anew_and_null_puts_the_systems_back, put_system_back),
        cmocka_unit_test(no_thread_sees_time_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
