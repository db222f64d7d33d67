/* test_object.c: files on their way to another store, shared by the nodes that carry them. */
#include "store_fixture.h"

#include "store/object.h"

#define FID_TEXT "0123456789abcdef0123456789abcdef"
#define FID STR(FID_TEXT)

static const struct object_offer OFFER = { .owner = 42, .fid = { FID_TEXT, sizeof(FID_TEXT) - 1 }, .size = 5 };

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

static struct object due_one(struct store *store, int64_t now_ms)
{
    struct object_list list;
    assert_ok(object_due(store->db, &store->arena, now_ms, 10, &list));
    assert_int_equal(list.count, 1);
    return list.rows[0];
}

static int64_t there(struct store *store)
{
    struct object object;
    enum err err = object_there(store->db, &store->arena, FID, &object);
    assert_true(err == OK || err == ERR_NOT_FOUND);
    return err == OK;
}

static void what_came_by_an_offer_is_a_files_only_until_it_is_nearly_due(void **state)
{
    struct store *store = *state;
    assert_err(ERR_NOT_FOUND, object_arrive(store->db, &OFFER, NOW));
    assert_ok(object_offer(store->db, &OFFER, NOW, NOW + 1000));
    assert_int_equal(due(store, NOW + 999), 0);
    assert_int_equal(there(store), 0);
    assert_err(ERR_NOT_FOUND, object_arrive(store->db, &OFFER, NOW + 1000));
    assert_ok(object_arrive(store->db, &OFFER, NOW + 999));
    assert_int_equal(there(store), 1);
}

static void an_offer_made_again_lasts_longer_and_one_that_is_ending_is_not_made_again(void **state)
{
    struct store *store = *state;
    assert_ok(object_offer(store->db, &OFFER, NOW, NOW + 1000));
    assert_ok(object_offer(store->db, &OFFER, NOW + 999, NOW + 2000));
    assert_int_equal(due(store, NOW + 1999), 0);
    struct object offer = due_one(store, NOW + 2000);
    assert_err(ERR_BUSY, object_offer(store->db, &OFFER, NOW + 2000, NOW + 3000));
    assert_ok(object_offer_end(store->db, &offer));
    assert_err(ERR_BUSY, object_offer(store->db, &OFFER, NOW, NOW + 3000));
    assert_err(ERR_NOT_FOUND, object_arrive(store->db, &OFFER, NOW));
    assert_err(ERR_NOT_FOUND, object_offer_end(store->db, &offer));
    offer = due_one(store, NOW + 2000);
    assert_int_equal(offer.state, OBJECT_GONE);
    assert_str(FID_TEXT "-put", offer.name);
    assert_ok(object_delete(store->db, offer.fid, OBJECT_GONE));
    assert_ok(object_offer(store->db, &OFFER, NOW, NOW + 3000));
}

static void an_offer_whose_object_is_a_files_ends_without_removing_it(void **state)
{
    struct store *store = *state;
    assert_ok(object_offer(store->db, &OFFER, NOW, NOW + 1000));
    assert_ok(object_arrive(store->db, &OFFER, NOW));
    struct object offer = due_one(store, NOW + 1000);
    assert_err(ERR_NOT_FOUND, object_offer_end(store->db, &offer));
    assert_int_equal(due(store, NOW + 5000), 0);
    assert_int_equal(there(store), 1);
}

/* The address still works, so what comes by it later has to go, too. */
static void a_file_that_goes_before_its_offer_leaves_both_to_be_removed(void **state)
{
    struct store *store = *state;
    store_run(store, "INSERT INTO file (id, fid, owner, size, kind, mime, name, sha256, width, height, created, refs)"
                     " VALUES (7, '0123456789abcdef0123456789abcdef', 1, 5, 3, '', '', x'00', 0, 0, 0, 0)");
    assert_ok(object_offer(store->db, &OFFER, NOW, NOW + 1000));
    assert_ok(object_arrive(store->db, &OFFER, NOW));
    assert_ok(object_file_gone(store->db, 7));
    struct object gone = due_one(store, NOW);
    assert_str(FID_TEXT, gone.fid);
    assert_int_equal(gone.state, OBJECT_GONE);
    assert_ok(object_delete(store->db, FID, OBJECT_GONE));
    struct object offer = due_one(store, NOW + 1000);
    assert_int_equal(offer.state, OBJECT_OFFERED);
    assert_ok(object_offer_end(store->db, &offer));
}

static void offers_that_are_no_files_count_for_him_who_got_them(void **state)
{
    struct store *store = *state;
    struct object_offer more = OFFER;
    struct object_offer others = OFFER;
    int64_t count;
    int64_t bytes;
    more.fid = STR("1123456789abcdef0123456789abcdef");
    more.size = 70;
    others.owner = 4;
    assert_ok(object_offer(store->db, &OFFER, NOW, NOW + 1000));
    assert_ok(object_offers(store->db, &OFFER, &count, &bytes));
    assert_int_equal(count, 0); /* itself */
    assert_ok(object_offers(store->db, &others, &count, &bytes));
    assert_int_equal(count, 0);
    assert_ok(object_offers(store->db, &more, &count, &bytes));
    assert_int_equal(count, 1);
    assert_int_equal(bytes, 5);
    assert_ok(object_offer(store->db, &more, NOW, NOW + 1000));
    assert_ok(object_offers(store->db, &OFFER, &count, &bytes));
    assert_int_equal(bytes, 70);
    assert_ok(object_arrive(store->db, &OFFER, NOW));
    assert_ok(object_offers(store->db, &more, &count, &bytes));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_one_claims_nobody_else_finds_due),
        test(a_file_that_goes_while_it_is_carried_stays_claimed),
        test(what_came_by_an_offer_is_a_files_only_until_it_is_nearly_due),
        test(an_offer_made_again_lasts_longer_and_one_that_is_ending_is_not_made_again),
        test(offers_that_are_no_files_count_for_him_who_got_them),
        test(an_offer_whose_object_is_a_files_ends_without_removing_it),
        test(a_file_that_goes_before_its_offer_leaves_both_to_be_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
