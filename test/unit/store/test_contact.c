/* Friendships. */
#include "store_fixture.h"

#include "store/block.h"

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
    struct contact_list list;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    int64_t c = user_make(store, "c@b.cc");
    int64_t d = user_make(store, "d@b.cc");
    assert_ok(contact_insert(store->db, a, c, NOW));
    assert_ok(contact_insert(store->db, d, a, NOW + 1));
    assert_ok(contact_insert(store->db, a, b, NOW + 2));
    assert_ok(contact_list(store->db, &store->arena, a, &list));
    assert_int_equal(3, list.count);
    assert_str("c@b.cc", list.rows[0].user.email);
    assert_str("d@b.cc", list.rows[1].user.email);
    assert_str("b@b.cc", list.rows[2].user.email);
    assert_ok(contact_list(store->db, &store->arena, b, &list));
    assert_int_equal(1, list.count);
    assert_ok(contact_list(store->db, &store->arena, 99, &list));
    assert_int_equal(0, list.count);
}

static void removing_ends_both_directions(void **state)
{
    struct store *store = *state;
    assert_ok(contact_insert(store->db, 1, 2, NOW));
    assert_ok(contact_insert(store->db, 1, 3, NOW));
    assert_ok(contact_delete(store->db, 2, 1));
    assert_false(exists(store, 1, 2));
    assert_false(exists(store, 2, 1));
    assert_true(exists(store, 1, 3));
    assert_err(ERR_NOT_FOUND, contact_delete(store->db, 1, 2));
}

static void remark_and_tags_are_the_owners_alone(void **state)
{
    struct store *store = *state;
    struct contact_list list;
    struct str remark;
    struct str tags;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    assert_ok(contact_insert(store->db, a, b, NOW));
    assert_err(ERR_NOT_FOUND, contact_set_note(store->db, a, 99, STR("x"), STR_NONE));
    assert_ok(contact_set_note(store->db, a, b, STR("Bob"), STR("[\"x\"]")));
    assert_ok(contact_note(store->db, &store->arena, a, b, &remark, &tags));
    assert_str("Bob", remark);
    assert_str("[\"x\"]", tags);
    assert_ok(contact_list(store->db, &store->arena, a, &list));
    assert_str("Bob", list.rows[0].remark);
    assert_str("[\"x\"]", list.rows[0].tags);
    assert_ok(contact_list(store->db, &store->arena, b, &list));
    assert_null(list.rows[0].remark.ptr);
    assert_null(list.rows[0].tags.ptr);
    assert_err(ERR_NOT_FOUND, contact_note(store->db, &store->arena, a, 99, &remark, &tags));
}

static void a_friend_says_which_of_the_two_blocks(void **state)
{
    struct store *store = *state;
    struct contact_list list;
    struct id_list ids;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    int64_t c = user_make(store, "c@b.cc");
    assert_ok(contact_insert(store->db, a, c, NOW));
    assert_ok(contact_insert(store->db, a, b, NOW + 1));
    assert_ok(contact_unblocked(store->db, &store->arena, a, &ids));
    assert_int_equal(ids.count, 2);
    assert_true(ids.ids[0] == b && ids.ids[1] == c);
    assert_ok(block_insert(store->db, a, b, NOW));
    assert_ok(contact_unblocked(store->db, &store->arena, a, &ids));
    assert_int_equal(ids.count, 1);
    assert_int_equal(ids.ids[0], c);
    assert_ok(contact_unblocked(store->db, &store->arena, b, &ids));
    assert_int_equal(ids.count, 1);
    assert_ok(contact_list(store->db, &store->arena, a, &list));
    assert_false(list.rows[0].blocked || list.rows[0].blocks || list.rows[1].blocks);
    assert_true(list.rows[1].blocked);
    assert_ok(contact_list(store->db, &store->arena, b, &list));
    assert_true(list.rows[0].blocks);
    assert_false(list.rows[0].blocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_friendship_holds_both_ways_and_once),      test(half_a_friendship_is_completed),
        test(friends_are_listed_oldest_friendship_first), test(removing_ends_both_directions),
        test(remark_and_tags_are_the_owners_alone),       test(a_friend_says_which_of_the_two_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
