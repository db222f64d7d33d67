/* test_presence.c: who is online on which of several nodes. */
#include "unit.h"

#include "route/presence.h"

static void a_user_of_another_node_is_online_until_that_node_has_him_no_more(void **state)
{
    (void)state;
    struct presence *presence = presence_new();
    int64_t users[] = { 5, 6 };
    presence_elsewhere(presence, 2, users, 2, true);
    assert_true(presence_online(presence, 5));
    assert_false(presence_here(presence, 5));
    assert_int_equal(presence_count(presence), 0);
    presence_elsewhere(presence, 2, users, 1, false);
    assert_false(presence_online(presence, 5));
    assert_true(presence_online(presence, 6));
    presence_free(&presence);
    assert_null(presence);
    presence_free(&presence);
}

static void hearing_the_same_twice_changes_nothing(void **state)
{
    (void)state;
    struct presence *presence = presence_new();
    int64_t user = 5;
    presence_elsewhere(presence, 2, &user, 1, true);
    presence_elsewhere(presence, 2, &user, 1, true);
    presence_elsewhere(presence, 3, &user, 1, false);
    presence_elsewhere(presence, 2, &user, 1, false);
    assert_false(presence_online(presence, 5));
    presence_elsewhere(presence, 2, &user, 1, false);
    assert_false(presence_online(presence, 5));
    presence_free(&presence);
}

static void who_is_on_several_nodes_is_online_until_the_last_one(void **state)
{
    (void)state;
    struct presence *presence = presence_new();
    int64_t user = 5;
    presence_opened(presence, 5);
    presence_elsewhere(presence, 2, &user, 1, true);
    presence_elsewhere(presence, 3, &user, 1, true);
    presence_closed(presence, 5);
    presence_elsewhere(presence, 3, &user, 1, false);
    assert_true(presence_online(presence, 5));
    presence_elsewhere(presence, 2, &user, 1, false);
    assert_false(presence_online(presence, 5));
    presence_free(&presence);
}

static void note(void *context, int64_t user)
{
    *(int64_t *)context += user;
}

static void of_a_dead_node_those_are_gone_who_are_nowhere_else(void **state)
{
    (void)state;
    struct presence *presence = presence_new();
    int64_t users[] = { 1, 20, 300 };
    int64_t sum = 0;
    presence_elsewhere(presence, 2, users, 3, true);
    presence_elsewhere(presence, 3, &users[1], 1, true);
    presence_opened(presence, 1);
    presence_node_gone(presence, 2, note, &sum);
    assert_int_equal(sum, 300);
    assert_true(presence_online(presence, 1));
    assert_true(presence_online(presence, 20));
    assert_false(presence_online(presence, 300));
    presence_node_gone(presence, 2, note, &sum);
    assert_int_equal(sum, 300);
    presence_node_gone(presence, 0, NULL, NULL);
    assert_false(presence_online(presence, 20));
    presence_free(&presence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_user_of_another_node_is_online_until_that_node_has_him_no_more),
        cmocka_unit_test(hearing_the_same_twice_changes_nothing),
        cmocka_unit_test(who_is_on_several_nodes_is_online_until_the_last_one),
        cmocka_unit_test(of_a_dead_node_those_are_gone_who_are_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
