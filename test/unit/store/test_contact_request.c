/* Requests to be friends, and blocks. */
#include "store_fixture.h"

#include "store/block.h"
#include "store/contact_request.h"

#define A "a@b.cc"
#define B "b@b.cc"
#define C "c@b.cc"

static int64_t asked(struct store *store, int64_t sender, int64_t receiver, const char *content)
{
    int64_t id = 0;
    assert_ok(request_insert(store->db, sender, receiver, str_from(content), NOW, &id));
    return id;
}

static void a_request_is_found_by_id_and_by_pair_in_its_direction(void **state)
{
    struct store *store = *state;
    struct contact_request request;
    int64_t a = user_make(store, A);
    int64_t b = user_make(store, B);
    int64_t id = asked(store, a, b, "hello");
    assert_ok(request_by_id(store->db, &store->arena, id, &request));
    assert_int_equal(request.sender, a);
    assert_int_equal(request.receiver, b);
    assert_int_equal(request.state, REQUEST_PENDING);
    assert_int_equal(request.told, 1);
    assert_true(request.created_ms == NOW);
    assert_str("hello", request.content);
    assert_ok(request_between(store->db, &store->arena, a, b, &request));
    assert_int_equal(request.id, id);
    assert_err(ERR_NOT_FOUND, request_between(store->db, &store->arena, b, a, &request));
    assert_err(ERR_NOT_FOUND, request_by_id(store->db, &store->arena, id + 1, &request));
    int64_t again;
    assert_err(ERR_EXISTS, request_insert(store->db, a, b, STR_NONE, NOW, &again));
}

static void a_repeated_request_keeps_its_id_and_counts(void **state)
{
    struct store *store = *state;
    struct contact_request request;
    int64_t id = asked(store, 1, 2, "one");
    assert_ok(request_repeat(store->db, id, STR("two"), NOW + 5));
    assert_ok(request_by_id(store->db, &store->arena, id, &request));
    assert_str("two", request.content);
    assert_int_equal(request.told, 2);
    assert_true(request.created_ms == NOW);
    assert_ok(request_delete(store->db, id));
    assert_true(asked(store, 1, 2, NULL) > id); /* An id is never used again. */
}

static void only_pending_requests_of_the_sender_are_counted(void **state)
{
    struct store *store = *state;
    int64_t count;
    asked(store, 1, 2, NULL);
    int64_t id = asked(store, 1, 3, NULL);
    asked(store, 4, 1, NULL);
    assert_ok(request_count_pending(store->db, 1, &count));
    assert_int_equal(count, 2);
    assert_ok(request_set_state(store->db, id, REQUEST_REJECTED, NOW));
    assert_ok(request_count_pending(store->db, 1, &count));
    assert_int_equal(count, 1);
}

static void a_page_has_both_directions_the_newest_first(void **state)
{
    struct store *store = *state;
    struct request_list list;
    int64_t a = user_make(store, A);
    int64_t b = user_make(store, B);
    int64_t c = user_make(store, C);
    int64_t first = asked(store, a, b, NULL);
    int64_t second = asked(store, c, a, NULL);
    asked(store, b, c, NULL);
    int64_t last = asked(store, a, c, NULL);
    assert_ok(request_page(store->db, &store->arena, a, INT64_MAX, 2, &list));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.rows[0].request.id, last);
    assert_str(C, list.rows[0].other.email);
    assert_int_equal(list.rows[1].request.id, second);
    assert_str(C, list.rows[1].other.email);
    assert_ok(request_page(store->db, &store->arena, a, second, 2, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows[0].request.id, first);
    assert_str(B, list.rows[0].other.email);
}

static void what_a_block_drops_is_seen_by_the_other_side_alone(void **state)
{
    struct store *store = *state;
    static const struct {
        enum contact_request_state state;
        size_t sender_sees;
        size_t receiver_sees;
    } cases[] = { { REQUEST_PENDING, 1, 1 },
                  { REQUEST_ACCEPTED, 1, 1 },
                  { REQUEST_REJECTED, 1, 1 },
                  { REQUEST_WITHDRAWN, 0, 1 },
                  { REQUEST_IGNORED, 1, 0 } };
    int64_t a = user_make(store, A);
    int64_t b = user_make(store, B);
    int64_t id = asked(store, a, b, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct request_list list;
        assert_ok(request_set_state(store->db, id, cases[i].state, NOW));
        assert_ok(request_page(store->db, &store->arena, a, INT64_MAX, 9, &list));
        assert_int_equal(list.count, cases[i].sender_sees);
        assert_ok(request_page(store->db, &store->arena, b, INT64_MAX, 9, &list));
        assert_int_equal(list.count, cases[i].receiver_sees);
    }
}

static void blocks_have_a_direction(void **state)
{
    struct store *store = *state;
    bool blocked;
    int64_t count;
    struct user_list list;
    struct id_list owners;
    int64_t a = user_make(store, A);
    int64_t b = user_make(store, B);
    int64_t c = user_make(store, C);
    assert_ok(block_insert(store->db, a, b, NOW));
    assert_err(ERR_EXISTS, block_insert(store->db, a, b, NOW));
    assert_ok(block_insert(store->db, a, c, NOW + 1));
    assert_ok(block_insert(store->db, c, b, NOW));
    assert_ok(block_exists(store->db, a, b, &blocked));
    assert_true(blocked);
    assert_ok(block_exists(store->db, b, a, &blocked));
    assert_false(blocked);
    assert_ok(block_between(store->db, b, a, &blocked));
    assert_true(blocked);
    assert_ok(block_count(store->db, a, &count));
    assert_int_equal(count, 2);
    assert_ok(block_list(store->db, &store->arena, a, &list));
    assert_int_equal(list.count, 2);
    assert_str(C, list.rows[0].email);
    assert_str(B, list.rows[1].email);
    assert_ok(block_owners(store->db, &store->arena, b, &owners));
    assert_int_equal(owners.count, 2);
    assert_int_equal(owners.ids[0], a);
    assert_int_equal(owners.ids[1], c);
    assert_ok(block_delete(store->db, a, b));
    assert_err(ERR_NOT_FOUND, block_delete(store->db, a, b));
    assert_ok(block_between(store->db, a, b, &blocked));
    assert_false(blocked);
}

static void a_deleted_account_takes_its_requests_and_blocks_along(void **state)
{
    struct store *store = *state;
    int64_t a = user_make(store, A);
    int64_t b = user_make(store, B);
    int64_t c = user_make(store, C);
    asked(store, a, b, NULL);
    asked(store, c, a, NULL);
    asked(store, b, c, NULL);
    assert_ok(block_insert(store->db, a, b, NOW));
    assert_ok(block_insert(store->db, b, a, NOW));
    assert_ok(block_insert(store->db, c, b, NOW));
    assert_ok(user_delete(store->db, a, NOW));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM contact_request"));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM block"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_request_is_found_by_id_and_by_pair_in_its_direction), test(a_repeated_request_keeps_its_id_and_counts),
        test(only_pending_requests_of_the_sender_are_counted),       test(a_page_has_both_directions_the_newest_first),
        test(what_a_block_drops_is_seen_by_the_other_side_alone),    test(blocks_have_a_direction),
        test(a_deleted_account_takes_its_requests_and_blocks_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
