/* test_measure.c: a ruler that is bent makes every figure wrong: the
 * histogram, the marks in messages, the count of losses, masks and Zipf. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"
#include "hist.h"
#include "mark.h"
#include "ws.h"

#define VALUES 100000

static struct rng rng;

static int by_value(const void *a, const void *b)
{
    int64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

static void percentiles_are_within_one_percent_of_the_sorted_values(void **state)
{
    static struct hist hist;
    static int64_t values[VALUES];
    const double fractions[] = { 0.001, 0.5, 0.9, 0.99, 0.999, 1.0 };
    (void)state;
    hist_clear(&hist);
    for (size_t i = 0; i < VALUES; i++) {
        values[i] = (int64_t)(rng_next(&rng) >> (24 + rng_below(&rng, 39)));
        hist_add(&hist, values[i]);
    }
    qsort(values, VALUES, sizeof *values, by_value);
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions; i++) {
        size_t rank = (size_t)(fractions[i] * VALUES + 0.5);
        double exact = (double)values[rank == 0 ? 0 : rank - 1];
        double found = (double)hist_at(&hist, fractions[i]);
        assert_true(found >= exact && found <= exact * 1.01 + 1.0);
    }
    assert_int_equal(hist_at(&hist, 1.0), values[VALUES - 1]);
}

static void an_empty_histogram_says_zero_and_negative_counts_as_zero(void **state)
{
    static struct hist hist;
    (void)state;
    hist_clear(&hist);
    assert_int_equal(hist_at(&hist, 0.99), 0);
    hist_add(&hist, -5);
    hist_add(&hist, INT64_MAX);
    assert_int_equal(hist_at(&hist, 0.5), 0);
    assert_int_equal(hist_at(&hist, 1.0), INT64_MAX);
    assert_int_equal(hist.count, 2);
}

static void a_mark_is_found_anywhere_and_with_a_stale_hint(void **state)
{
    char text[512];
    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct mark in = { (int64_t)(rng_next(&rng) >> 1), (uint32_t)rng_next(&rng), (uint32_t)rng_next(&rng) };
        struct mark out = { 0 };
        size_t at = rng_below(&rng, sizeof text - MARK_SIZE + 1);
        size_t hint = rng_below(&rng, sizeof text);
        memset(text, rng_below(&rng, 2) == 0 ? '~' : 'T', sizeof text);
        mark_write(text + at, &in);
        assert_true(mark_find(text, sizeof text, &hint, &out));
        assert_memory_equal(&in, &out, sizeof in);
        assert_int_equal(hint, at);
    }
}

static void a_text_without_a_mark_has_none(void **state)
{
    struct mark mark;
    size_t hint = 3;
    (void)state;
    assert_false(mark_find("", 0, &hint, &mark));
    assert_false(mark_find("~T0123", 6, &hint, &mark));
    assert_false(mark_find("~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~", 44, &hint, &mark));
    assert_false(mark_find("~T00000000000000000000000000000000", 34, &hint, &mark));
}

static void the_tally_tells_lost_from_repeated_from_late(void **state)
{
    struct tally tally = { 0 };
    const uint32_t arrivals[] = { 0, 1, 2, 2, 5, 4, 4, 8 };
    (void)state;
    for (size_t i = 0; i < sizeof arrivals / sizeof *arrivals; i++)
        tally_add(&tally, arrivals[i]);
    assert_int_equal(tally.repeated, 2);
    assert_int_equal(tally.late, 1);
    assert_int_equal(tally_lost(&tally, 9), 3);  /* 3, 6, 7 */
    assert_int_equal(tally_lost(&tally, 12), 6); /* and 9, 10, 11 */
    tally_add(&tally, 8 + 200);
    assert_int_equal(tally_lost(&tally, 209), 3 + 199);
    tally_add(&tally, 8 + 199);
    assert_int_equal(tally_lost(&tally, 209), 3 + 198);
}

static void a_sealed_frame_is_as_rfc_6455_has_it(void **state)
{
    char frame[16] = "\0\0\0\0\0\0Hello";
    uint32_t mask;
    (void)state;
    memcpy(&mask, "\x37\xfa\x21\x3d", 4);
    ws_seal(frame, WS_TEXT, 5, mask);
    assert_memory_equal(frame, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
}

static void frames_are_taken_one_by_one_only_when_whole(void **state)
{
    static char bytes[2 + 5 + 4 + 300 + 10 + 70000];
    struct ws_frame frame;
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    memcpy(bytes, "\x81\x05", 2);
    memcpy(bytes + 7, "\x89\x7e\x01\x2c", 4);
    memcpy(bytes + 311, "\x81\x7f\0\0\0\0\0\x01\x11\x70", 10);
    const size_t ends[] = { 7, 311, sizeof bytes };
    for (size_t cut = 0; cut <= sizeof bytes; cut += cut < 330 ? 1 : 997) {
        char *at = bytes;
        size_t left = cut, taken = 0;
        while (ws_take(&at, &left, &frame))
            taken++;
        size_t whole = (size_t)(cut >= ends[0]) + (size_t)(cut >= ends[1]) + (size_t)(cut >= ends[2]);
        assert_int_equal(taken, whole);
        assert_int_equal(at - bytes, whole == 0 ? 0 : (int64_t)ends[whole - 1]);
    }
}

static void zipf_has_the_weights_it_should(void **state)
{
    static uint64_t seen[1000];
    struct zipf zipf;
    double sum = 0;
    (void)state;
    memset(seen, 0, sizeof seen);
    zipf_init(&zipf, 1000, 0.99);
    for (int i = 0; i < 1000000; i++) {
        uint64_t rank = zipf_next(&zipf, &rng);
        assert_true(rank < 1000);
        seen[rank]++;
    }
    for (int k = 1; k <= 1000; k++)
        sum += pow(k, -0.99);
    for (int k = 1; k <= 64; k *= 2) {
        double want = 1e6 * pow(k, -0.99) / sum;
        assert_true(fabs((double)seen[k - 1] - want) < 6 * sqrt(want)); /* six sigmas */
    }
}

static void the_scramble_is_one_to_one(void **state)
{
    static bool hit[100000];
    (void)state;
    memset(hit, 0, sizeof hit);
    for (uint64_t rank = 0; rank < 100000; rank++) {
        assert_false(hit[scramble(rank, 100000)]);
        hit[scramble(rank, 100000)] = true;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(percentiles_are_within_one_percent_of_the_sorted_values),
        cmocka_unit_test(an_empty_histogram_says_zero_and_negative_counts_as_zero),
        cmocka_unit_test(a_mark_is_found_anywhere_and_with_a_stale_hint),
        cmocka_unit_test(a_text_without_a_mark_has_none),
        cmocka_unit_test(the_tally_tells_lost_from_repeated_from_late),
        cmocka_unit_test(a_sealed_frame_is_as_rfc_6455_has_it),
        cmocka_unit_test(frames_are_taken_one_by_one_only_when_whole),
        cmocka_unit_test(zipf_has_the_weights_it_should),
        cmocka_unit_test(the_scramble_is_one_to_one),
    };
    uint64_t seed = (uint64_t)time(NULL);
    printf("seed %llu\n", (unsigned long long)seed);
    rng_seed(&rng, seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
