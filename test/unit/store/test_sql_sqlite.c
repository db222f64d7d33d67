/* The SQLite driver: settings, errors, transactions, checkpoints. */
#include "store_fixture.h"

#include <stdio.h>
#include <sys/stat.h>

static struct sql *sql_of(struct store *store)
{
    return db_sql(store->db);
}

static int64_t wal_bytes(struct store *store)
{
    char path[128];
    struct stat info;
    snprintf(path, sizeof path, "%s-wal", store->path);
    return stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
}

static void writer_syncs_every_commit_into_a_wal(void **state)
{
    struct store *store = *state;
    assert_int_equal(2, store_number(store, "PRAGMA synchronous")); /* FULL */
    assert_int_equal(0, store_number(store, "PRAGMA mmap_size"));
    assert_int_equal(0, store_number(store, "PRAGMA query_only"));
    assert_int_equal(1, store_number(store, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"));
}

static void reader_refuses_to_write(void **state)
{
    struct store *store = *state;
    assert_err(ERR_IO, meta_put(store_reader(store), "a", STR("b")));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'a'"));
}

static void reader_does_not_make_a_missing_file(void **state)
{
    struct store *store = *state;
    struct db *db = NULL;
    char path[128];
    struct stat info;
    snprintf(path, sizeof path, "%s-absent", store->path);
    assert_err(ERR_IO, db_open(&sql_sqlite, path, SQL_READER, &db));
    assert_null(db);
    assert_int_equal(-1, stat(path, &info));
}

static void a_file_that_is_no_database_is_refused(void **state)
{
    struct store *store = *state;
    struct db *db = NULL;
    char path[128];
    snprintf(path, sizeof path, "%s-journal", store->path); /* a name the teardown removes */
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++)
        fputs("not a database, ", file);
    fclose(file);
    assert_err(ERR_STORE, db_open(&sql_sqlite, path, SQL_WRITER, &db));
    assert_null(db);
}

static void text_keeps_nul_bytes_and_null_differs_from_empty(void **state)
{
    struct store *store = *state;
    const struct sql_driver *v = sql_of(store)->v;
    struct sql_stmt *stmt = NULL;
    struct str nul = { "a\0b", 3 };
    bool row = false;
    assert_ok(v->prepare(sql_of(store), "SELECT ?, ?, ?", &stmt));
    v->bind_text(stmt, 1, nul);
    v->bind_text(stmt, 2, STR(""));
    v->bind_text(stmt, 3, STR_NONE);
    assert_ok(v->step(stmt, &row));
    assert_true(row);
    assert_true(str_equal(nul, v->column_text(stmt, 0)));
    assert_non_null(v->column_text(stmt, 1).ptr);
    assert_int_equal(0, v->column_text(stmt, 1).size);
    assert_null(v->column_text(stmt, 2).ptr);
    assert_ok(v->step(stmt, &row));
    assert_false(row);
    v->reset(stmt); /* forgets the bindings */
    assert_ok(v->step(stmt, &row));
    assert_null(v->column_text(stmt, 0).ptr);
    v->finish(stmt);
}

static void errors_are_told_apart(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    struct sql_stmt *stmt = NULL;
    assert_err(ERR_STORE, sql->v->prepare(sql, "SELECT nonsense FROM nowhere", &stmt));
    assert_null(stmt);
    store_run(store, "INSERT INTO meta (name, value) VALUES ('a', 'b')");
    assert_err(ERR_EXISTS, sql->v->run(sql, "INSERT INTO meta (name, value) VALUES ('a', 'c')"));
    assert_err(ERR_STORE, sql->v->run(sql, "INSERT INTO meta (name, value) VALUES (NULL, NULL)"));
    assert_int_equal(1, store_number(store, "SELECT value = 'b' FROM meta WHERE name = 'a'"));
}

static void a_second_writer_is_told_to_wait(void **state)
{
    struct store *store = *state;
    struct db *other = NULL;
    assert_ok(db_open(&sql_sqlite, store->path, SQL_WRITER, &other));
    assert_ok(sql_of(store)->v->begin(sql_of(store)));
    assert_err(ERR_BUSY, db_sql(other)->v->begin(db_sql(other)));
    sql_of(store)->v->rollback(sql_of(store));
    assert_ok(db_sql(other)->v->begin(db_sql(other)));
    db_sql(other)->v->rollback(db_sql(other));
    db_close(&other);
}

static void savepoint_undoes_its_part_alone(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    assert_ok(sql->v->begin(sql));
    assert_true(sql->v->in_transaction(sql));
    assert_ok(meta_put(store->db, "a", STR("1")));
    assert_ok(sql->v->savepoint(sql));
    assert_ok(meta_put(store->db, "b", STR("2")));
    sql->v->savepoint_rollback(sql);
    assert_ok(sql->v->savepoint(sql));
    assert_ok(meta_put(store->db, "c", STR("3")));
    assert_ok(sql->v->savepoint_release(sql));
    assert_ok(sql->v->commit(sql));
    assert_false(sql->v->in_transaction(sql));
    assert_int_equal(2, store_number(store, "SELECT COUNT(*) FROM meta WHERE name IN ('a', 'b', 'c')"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'b'"));
}

static void rollback_undoes_everything_and_may_come_twice(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    assert_ok(sql->v->begin(sql));
    assert_ok(meta_put(store->db, "a", STR("1")));
    sql->v->rollback(sql);
    sql->v->rollback(sql);
    sql->v->savepoint_rollback(sql);
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'a'"));
}

static void snapshot_of_a_reader_stands_still(void **state)
{
    struct store *store = *state;
    struct db *reader = store_reader(store);
    int64_t head = -1;
    message_make(store, 1, 1000, 1, "one");
    assert_ok(db_read_begin(reader));
    assert_ok(message_head(reader, 1000, &head));
    assert_int_equal(1, head);
    message_make(store, 2, 1000, 2, "two");
    assert_ok(message_head(reader, 1000, &head));
    assert_int_equal(1, head);
    db_read_end(reader);
    assert_ok(message_head(reader, 1000, &head));
    assert_int_equal(2, head);
}

static void fill(struct store *store, int64_t first, int64_t count)
{
    struct sql *sql = sql_of(store);
    static char content[4000];
    memset(content, 'x', sizeof content - 1);
    assert_ok(sql->v->begin(sql));
    for (int64_t id = first; id < first + count; id++)
        message_make(store, id, 1000, id, content);
    assert_ok(sql->v->commit(sql));
}

static void maintenance_keeps_the_wal_bounded(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    int64_t most = 0;
    for (int64_t i = 0; i < 600; i++) { /* 400 KB each: 240 MB */
        fill(store, 1 + i * 100, 100);
        assert_ok(sql->v->maintain(sql, false));
        most = wal_bytes(store) > most ? wal_bytes(store) : most;
    }
    assert_in_range(most, 1, 200 << 20);
    assert_ok(sql->v->maintain(sql, true));
    assert_int_equal(0, wal_bytes(store));
    assert_int_equal(60000, store_number(store, "SELECT COUNT(*) FROM message"));
}

static void maintenance_is_not_stopped_by_a_reader(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    struct db *reader = store_reader(store);
    int64_t head = 0;
    fill(store, 1, 100);
    assert_ok(db_read_begin(reader));
    assert_ok(message_head(reader, 1000, &head));
    for (int64_t i = 1; i < 100; i++) {
        fill(store, 1 + i * 100, 100);
        assert_ok(sql->v->maintain(sql, false));
    }
    assert_ok(message_head(reader, 1000, &head));
    assert_int_equal(100, head); /* its snapshot survived */
    assert_err(ERR_BUSY, sql->v->maintain(sql, true));
    db_read_end(reader);
    assert_ok(sql->v->maintain(sql, true));
    assert_int_equal(0, wal_bytes(store));
}

static void a_full_store_says_so_and_works_again_after_room_is_made(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    (void)store_number(store, "PRAGMA max_page_count = 60");
    assert_ok(sql->v->begin(sql));
    enum err err = OK;
    static char content[4000];
    memset(content, 'x', sizeof content - 1);
    for (int64_t id = 1; id < 100 && err == OK; id++) {
        struct message message = { .id = id, .chat = 1000, .seq = id, .content = str_from(content) };
        err = message_insert(store->db, &message);
    }
    assert_err(ERR_DISK_FULL, err);
    sql->v->rollback(sql);
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM message"));
    (void)store_number(store, "PRAGMA max_page_count = 1000000");
    fill(store, 1, 100);
    assert_int_equal(100, store_number(store, "SELECT COUNT(*) FROM message"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(writer_syncs_every_commit_into_a_wal),
        test(reader_refuses_to_write),
        test(reader_does_not_make_a_missing_file),
        test(a_file_that_is_no_database_is_refused),
        test(text_keeps_nul_bytes_and_null_differs_from_empty),
        test(errors_are_told_apart),
        test(a_second_writer_is_told_to_wait),
        test(savepoint_undoes_its_part_alone),
        test(rollback_undoes_everything_and_may_come_twice),
        test(snapshot_of_a_reader_stands_still),
        test(maintenance_keeps_the_wal_bounded),
        test(maintenance_is_not_stopped_by_a_reader),
        test(a_full_store_says_so_and_works_again_after_room_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
