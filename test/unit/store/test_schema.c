/* Migrations, the epoch, meta values. */
#include "store_fixture.h"

#include <stdio.h>
#include <unistd.h>

#include "store/query.h"

static void a_fresh_file_gets_the_newest_schema_and_an_epoch(void **state)
{
    struct store *store = *state;
    struct str epoch;
    struct str schema;
    assert_ok(meta_get(store->db, &store->arena, "schema", &schema));
    assert_str("4", schema);
    assert_ok(meta_get(store->db, &store->arena, "epoch", &epoch));
    assert_int_equal(24, epoch.size);
}

static void migrating_again_changes_nothing(void **state)
{
    struct store *store = *state;
    struct str before;
    struct str after;
    assert_ok(meta_get(store->db, &store->arena, "epoch", &before));
    user_make(store, "a@b.cc");
    store_reopen(store);
    assert_ok(db_migrate(store->db));
    assert_ok(meta_get(store->db, &store->arena, "epoch", &after));
    assert_true(str_equal(before, after));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM user"));
}

static void two_stores_have_different_epochs(void **state)
{
    struct store *store = *state;
    void *other_state = NULL;
    struct str ours;
    struct str theirs;
    store_setup(&other_state);
    struct store *other = other_state;
    assert_ok(meta_get(store->db, &store->arena, "epoch", &ours));
    assert_ok(meta_get(other->db, &store->arena, "epoch", &theirs));
    assert_false(str_equal(ours, theirs));
    store_teardown(&other_state);
}

static void a_file_from_a_newer_program_is_refused_and_left_alone(void **state)
{
    struct store *store = *state;
    struct str schema;
    assert_ok(meta_put(store->db, "schema", STR("2000")));
    assert_err(ERR_STORE, db_migrate(store->db));
    assert_ok(meta_get(store->db, &store->arena, "schema", &schema));
    assert_str("2000", schema);
}

static void a_schema_version_that_is_no_number_is_refused(void **state)
{
    static const char *const bad[] = { "", "x", "1x", "-1", "0", "99999999999999999999" };
    struct store *store = *state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_ok(meta_put(store->db, "schema", str_from(bad[i])));
        assert_err(ERR_STORE, db_migrate(store->db));
    }
}

static void a_migration_that_fails_leaves_nothing(void **state)
{
    struct store *store = *state;
    db_close(&store->db);
    assert_int_equal(0, unlink(store->path));
    assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &store->db));
    store_run(store, "CREATE TABLE invite (stands_in_the_way INTEGER)"); /* the last of migration 1 */
    assert_err(ERR_STORE, db_migrate(store->db));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM sqlite_master WHERE name = 'message'"));
    store_run(store, "DROP TABLE invite");
    assert_ok(db_migrate(store->db));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM message"));
}

static void meta_values_are_replaced(void **state)
{
    struct store *store = *state;
    struct str value;
    assert_err(ERR_NOT_FOUND, meta_get(store->db, &store->arena, "absent", &value));
    assert_ok(meta_put(store->db, "key", STR("one")));
    assert_ok(meta_put(store->db, "key", STR("two")));
    assert_ok(meta_get(store->db, &store->arena, "key", &value));
    assert_str("two", value);
}

static void every_query_prepares(void **state)
{
    struct store *store = *state;
    store_share(store); /* which tests prepare, and no SQLite store has */
    for (enum query query = 0; query < QUERIES; query++) {
        assert_non_null(query_text[query][SQL_DIALECT_SQLITE]);
        struct query_call call = call_start(store->db, query);
        assert_ok(call_end(&call));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_fresh_file_gets_the_newest_schema_and_an_epoch),
        test(migrating_again_changes_nothing),
        test(two_stores_have_different_epochs),
        test(a_file_from_a_newer_program_is_refused_and_left_alone),
        test(a_schema_version_that_is_no_number_is_refused),
        test(a_migration_that_fails_leaves_nothing),
        test(meta_values_are_replaced),
        test(every_query_prepares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
