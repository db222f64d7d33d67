/* Friendships. */
#include "store_fixture.h"

static bool exists(struct store *store, int64_t owner, int64_t peer)
{
    bool answer = false;
    assert_ok(contact_exists(store->db, owner, peer, &answer));
    return answer;
}

static void a_friendship_holds_both_ways_and_once(void **state)
{
    struct store *store = *state;
    assert_ok(contact_insert(store->db, 1, 2, NOW));
    assert_true(exists(store, 1, 2));
    assert_true(exists(store, 2, 1));
    assert_false(exists(store, 1, 3));
    assert_err(ERR_EXISTS, contact_insert(store->db, 1, 2, NOW));
    assert_err(ERR_EXISTS, contact_insert(store->db, 2, 1, NOW));
    assert_int_equal(2, store_number(store, "SELECT COUNT(*) FROM contact"));
}

static void half_a_friendship_is_completed(void **state)
{
    struct store *store = *state;
    store_run(store, "INSERT INTO contact (owner, peer, created) VALUES (2, 1, 5)");
    assert_ok(contact_insert(store->db, 1, 2, NOW));
    assert_true(exists(store, 1, 2));
    assert_int_equal(5, store_number(store, "SELECT created FROM contact WHERE owner = 2"));
}

static void friends_are_listed_oldest_friendship_first(void **state)
{
    struct store *store = *state;
    struct user_list list;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    int64_t c = user_make(store, "c@b.cc");
    int64_t d = user_make(store, "d@b.cc");
    assert_ok(contact_insert(store->db, a, c, NOW));
    assert_ok(contact_insert(store->db, d, a, NOW + 1));
    assert_ok(contact_insert(store->db, a, b, NOW + 2));
    assert_ok(contact_list(store->db, &store->arena, a, &list));
    assert_int_equal(3, list.count);
    assert_str("c@b.cc", list.rows[0].email);
    assert_str("d@b.cc", list.rows[1].email);
    assert_str("b@b.cc", list.rows[2].email);
    assert_ok(contact_list(store->db, &store->arena, b, &list));
    assert_int_equal(1, list.count);
    assert_ok(contact_list(store->db, &store->arena, 99, &list));
    assert_int_equal(0, list.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_friendship_holds_both_ways_and_once),
        test(half_a_friendship_is_completed),
        test(friends_are_listed_oldest_friendship_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
