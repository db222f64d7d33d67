/* test_object.c: files on their way to another store, shared by the nodes that carry them. */
#include "store_fixture.h"

#include "store/object.h"

#define FID STR("0123456789abcdef0123456789abcdef")

static size_t due(struct store *store, int64_t now_ms)
{
    struct object_list list;
    assert_ok(object_due(store->db, &store->arena, now_ms, 10, &list));
    return list.count;
}

static void what_one_claims_nobody_else_finds_due(void **state)
{
    struct store *store = *state;
    assert_ok(object_want(store->db, FID, 5));
    assert_int_equal(due(store, NOW), 1);
    assert_ok(object_set(store->db, FID, OBJECT_WANTED, OBJECT_COMING, 0));
    assert_ok(object_claim(store->db, FID, NOW, NOW + 1000));
    assert_err(ERR_NOT_FOUND, object_claim(store->db, FID, NOW + 999, NOW + 5000));
    assert_int_equal(due(store, NOW + 999), 0);
    assert_int_equal(due(store, NOW + 1000), 1);
    assert_ok(object_claim(store->db, FID, NOW + 1000, NOW + 2000));
}

/* Else its objects would be removed, and then put, by two nodes at once. */
static void a_file_that_goes_while_it_is_carried_stays_claimed(void **state)
{
    struct store *store = *state;
    store_run(store, "INSERT INTO file (id, fid, owner, size, kind, mime, name, sha256, width, height, created, refs)"
                     " VALUES (7, '0123456789abcdef0123456789abcdef', 1, 5, 3, '', '', x'00', 0, 0, 0, 0)");
    assert_ok(object_want(store->db, FID, 5));
    assert_ok(object_set(store->db, FID, OBJECT_WANTED, OBJECT_COMING, 0));
    assert_ok(object_claim(store->db, FID, NOW, NOW + 1000));
    assert_ok(object_file_gone(store->db, 7));
    assert_err(ERR_NOT_FOUND, object_set(store->db, FID, OBJECT_COMING, OBJECT_THERE, 1));
    assert_int_equal(due(store, NOW + 999), 0);
    assert_int_equal(due(store, NOW + 1000), 1);
    assert_ok(object_delete(store->db, FID, OBJECT_GONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_one_claims_nobody_else_finds_due),
        test(a_file_that_goes_while_it_is_carried_stays_claimed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
