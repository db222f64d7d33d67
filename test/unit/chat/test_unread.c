/* test_unread.c: what counts as unread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "chat/unread.h"

static int64_t unread(int64_t head, struct member member, int64_t gone)
{
    return unread_count(head, unread_after(&member), gone);
}

static void everything_is_unread_to_who_was_there_from_the_first(void **state)
{
    (void)state;
    assert_int_equal(unread(7, (struct member){ .joined_seq = 1 }, 0), 7);
    assert_int_equal(unread(0, (struct member){ .joined_seq = 1 }, 0), 0);
}

static void what_was_before_joining_is_no_news(void **state)
{
    (void)state;
    assert_int_equal(unread(7, (struct member){ .joined_seq = 5 }, 0), 3);
    assert_int_equal(unread(7, (struct member){ .joined_seq = 8 }, 0), 0);
}

static void the_greatest_of_all_marks_counts(void **state)
{
    (void)state;
    const int64_t seqs[] = { 2, 4, 6 };
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < 3; j++)
            for (size_t k = 0; k < 3; k++) {
                struct member member = {
                    .joined_seq = 1, .read_seq = seqs[i], .cleared_seq = seqs[j], .sent_seq = seqs[k]
                };
                int64_t greatest = seqs[i] > seqs[j] ? seqs[i] : seqs[j];
                greatest = greatest > seqs[k] ? greatest : seqs[k];
                assert_int_equal(unread_after(&member), greatest);
                assert_int_equal(unread(10, member, 1), 10 - greatest - 1);
            }
}

static void a_count_is_never_below_zero(void **state)
{
    (void)state;
    assert_int_equal(unread(3, (struct member){ .joined_seq = 1, .read_seq = 9 }, 0), 0);
    assert_int_equal(unread(3, (struct member){ .joined_seq = 1 }, 5), 0);
    assert_int_equal(unread_after(&(struct member){ 0 }), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_unread_to_who_was_there_from_the_first),
        cmocka_unit_test(what_was_before_joining_is_no_news),
        cmocka_unit_test(the_greatest_of_all_marks_counts),
        cmocka_unit_test(a_count_is_never_below_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
