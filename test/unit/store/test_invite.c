/* Invitations. */
#include "store_fixture.h"

#include "os/clock.h"

static int64_t wall(void)
{
    return NOW;
}

static int64_t mono(void)
{
    return 0;
}

static void a_code_is_good_for_its_uses(void **state)
{
    struct store *store = *state;
    assert_ok(invite_insert(store->db, STR("abc"), 2, 0));
    assert_err(ERR_EXISTS, invite_insert(store->db, STR("abc"), 5, 0));
    assert_ok(invite_take(store->db, STR("abc"), NOW));
    assert_ok(invite_take(store->db, STR("abc"), NOW));
    assert_err(ERR_NOT_FOUND, invite_take(store->db, STR("abc"), NOW));
    assert_err(ERR_NOT_FOUND, invite_take(store->db, STR("abd"), NOW));
    assert_err(ERR_NOT_FOUND, invite_take(store->db, STR(""), NOW));
    assert_err(ERR_EXISTS, invite_insert(store->db, STR("abc"), 5, 0)); /* used up, still known */
}

static void a_code_ends_at_its_time(void **state)
{
    struct store *store = *state;
    assert_ok(invite_insert(store->db, STR("abc"), 5, NOW));
    assert_ok(invite_take(store->db, STR("abc"), NOW - 1));
    assert_err(ERR_NOT_FOUND, invite_take(store->db, STR("abc"), NOW));
}

static void the_good_ones_are_listed(void **state)
{
    struct store *store = *state;
    struct invite_list list;
    const struct clock_source source = { .wall_ms = wall, .mono_us = mono };
    assert_ok(invite_insert(store->db, STR("b-late"), 5, NOW + 1));
    assert_ok(invite_insert(store->db, STR("a-ever"), 1, 0));
    assert_ok(invite_insert(store->db, STR("over"), 5, NOW));
    assert_ok(invite_insert(store->db, STR("used"), 1, 0));
    assert_ok(invite_take(store->db, STR("used"), NOW));
    clock_replace(&source);
    assert_ok(invite_list(store->db, &store->arena, &list));
    clock_replace(NULL);
    assert_int_equal(2, list.count);
    assert_str("a-ever", list.rows[0].code);
    assert_int_equal(1, list.rows[0].uses_left);
    assert_int_equal(0, list.rows[0].expires_ms);
    assert_str("b-late", list.rows[1].code);
    assert_int_equal(NOW + 1, list.rows[1].expires_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_code_is_good_for_its_uses),
        test(a_code_ends_at_its_time),
        test(the_good_ones_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
