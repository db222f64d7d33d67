/* The MySQL driver on a real server: values, errors, transactions. IM_TEST_STORE_URL names it (test/mysql). */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/copy_private.h"

static struct sql *sql_of(struct store *store)
{
    return db_sql(store->db);
}

static struct sql_stmt *prepared(struct store *store, const char *text)
{
    struct sql_stmt *stmt = NULL;
    assert_ok(sql_of(store)->v->prepare(sql_of(store), text, &stmt));
    return stmt;
}

static enum err run(struct store *store, const char *text)
{
    return sql_of(store)->v->run(sql_of(store), text);
}

/* ---- values ---- */

static void text_keeps_nul_bytes_and_null_differs_from_empty(void **state)
{
    struct store *store = *state;
    const struct sql_driver *v = sql_of(store)->v;
    struct sql_stmt *stmt = prepared(store, "SELECT ?, ?, ?, NULL");
    struct str nul = { "a\0b", 3 };
    bool row = false;
    v->bind_text(stmt, 1, nul);
    v->bind_blob(stmt, 2, STR(""));
    v->bind_text(stmt, 3, STR_NONE);
    assert_ok(v->step(stmt, &row));
    assert_true(row);
    assert_true(str_equal(nul, v->column_text(stmt, 0)));
    assert_non_null(v->column_text(stmt, 1).ptr);
    assert_int_equal(0, v->column_text(stmt, 1).size);
    assert_null(v->column_text(stmt, 2).ptr);
    assert_null(v->column_text(stmt, 3).ptr);
    assert_int_equal(0, v->column_i64(stmt, 3));
    assert_ok(v->step(stmt, &row));
    assert_false(row);
    assert_ok(v->step(stmt, &row)); /* it stays ended */
    assert_false(row);
    v->finish(stmt);
}

static void numbers_have_64_bits(void **state)
{
    struct store *store = *state;
    const struct sql_driver *v = sql_of(store)->v;
    static const int64_t numbers[] = { INT64_MIN, INT64_MAX, 0, -1, (int64_t)1 << 62 | 5 };
    store_run(store, "CREATE TABLE t (n BIGINT, s INT, d DECIMAL(30))");
    struct sql_stmt *insert = prepared(store, "INSERT INTO t VALUES (?, 7, 9)");
    struct sql_stmt *get =
        prepared(store, "SELECT n, s, SUM(d), CAST(n AS CHAR), COUNT(*) FROM t WHERE n = ? GROUP BY n, s");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        bool row = false;
        v->bind_i64(insert, 1, numbers[i]);
        assert_ok(v->step(insert, &row));
        assert_false(row);
        assert_int_equal(1, v->changes(sql_of(store)));
        v->reset(insert);
        v->bind_i64(get, 1, numbers[i]);
        assert_ok(v->step(get, &row));
        assert_true(row);
        assert_true(v->column_i64(get, 0) == numbers[i]);
        assert_int_equal(7, v->column_i64(get, 1));
        assert_int_equal(9, v->column_i64(get, 2));
        assert_true(v->column_i64(get, 3) == numbers[i]); /* text that is a number */
        assert_int_equal(1, v->column_i64(get, 4));
        assert_str("7", v->column_text(get, 1)); /* a number that is asked for as text */
        v->reset(get);
    }
    v->finish(insert);
    v->finish(get);
}

static struct str long_text(struct store *store, size_t size, char c)
{
    char *text = arena_alloc(&store->arena, size);
    memset(text, c, size);
    return (struct str){ text, size };
}

static void texts_of_any_size_come_back_in_any_order(void **state)
{
    struct store *store = *state;
    static const size_t sizes[] = { 0, 1, 127, 128, 129, 1000, 1 << 20, 3, 5 << 20, 16 * 1024, 2 };
    enum { COUNT = sizeof sizes / sizeof *sizes };
    for (size_t i = 0; i < COUNT; i++) {
        struct message message = { .id = (int64_t)i + 1,
                                   .chat = 1000,
                                   .seq = (int64_t)i + 1,
                                   .sender = 1,
                                   .type = 1,
                                   .created_ms = NOW,
                                   .content = long_text(store, sizes[i], (char)('a' + i)),
                                   .attrs = long_text(store, sizes[COUNT - 1 - i], 'z') };
        assert_ok(message_insert(store->db, &message));
    }
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < COUNT; i++) {
            struct message message;
            assert_ok(message_by_id(store->db, &store->arena, (int64_t)i + 1, &message));
            assert_true(str_equal(message.content, long_text(store, sizes[i], (char)('a' + i))));
            assert_int_equal(sizes[COUNT - 1 - i], message.attrs.size);
        }
    struct message_list list;
    assert_ok(message_page(store->db, &store->arena, 1000, 0, 100, &list)); /* its bound of bytes cuts it: half read */
    assert_int_equal(2, list.rows[list.count - 1].content.size);
    assert_ok(message_page(store->db, &store->arena, 1000, 4, 100, &list));
    assert_int_equal(3, list.count);
}

static void four_byte_characters_and_unusual_bytes_come_back(void **state)
{
    struct store *store = *state;
    static const char text[] = "\xf0\x9f\x98\x80 \xe4\xbd\xa0\xe5\xa5\xbd e\xcc\x81 \xef\xbf\xbf '\"\\;%_ \x01";
    int64_t id = 0;
    struct user user;
    assert_ok(user_insert(store->db, STR("a@x.cc"), str_from(text), STR_NONE, STR("hash"), NOW, &id));
    assert_ok(user_by_id(store->db, &store->arena, id, &user));
    assert_str(text, user.uname);
    assert_null(user.avatar.ptr);
}

static struct message cid_message(int64_t number, struct str cid)
{
    return (struct message){ .id = number,
                             .chat = 7,
                             .seq = number,
                             .sender = 1,
                             .type = 1,
                             .created_ms = NOW,
                             .content = STR("x"),
                             .cid = cid,
                             .digest = number };
}

static void keys_differ_by_case_by_accents_and_by_spaces_at_the_end(void **state)
{
    struct store *store = *state;
    static const struct str cids[] = { { "key", 3 },        { "key ", 4 },  { "key  ", 5 }, { "KEY", 3 },
                                       { "k\xc3\xa9y", 4 }, { "key\0", 4 }, { "", 0 } };
    int64_t number = 0;
    for (size_t i = 0; i < sizeof cids / sizeof *cids; i++) {
        struct message message = cid_message(++number, cids[i]);
        assert_ok(message_insert(store->db, &message));
    }
    for (size_t i = 0; i < sizeof cids / sizeof *cids; i++) {
        struct message found, again = cid_message(number + 1, cids[i]);
        assert_ok(message_by_cid(store->db, 7, 1, cids[i], &found));
        assert_int_equal(i + 1, found.id);
        assert_err(ERR_EXISTS, message_insert(store->db, &again));
    }
    struct message found;
    assert_err(ERR_NOT_FOUND, message_by_cid(store->db, 7, 1, STR("key   "), &found));
}

static void searching_people_ignores_case_and_nothing_else(void **state)
{
    struct store *store = *state;
    struct user_list list;
    int64_t id = 0;
    assert_ok(user_insert(store->db, STR("a@x.cc"), STR("Ren\xc3\xa9 100%"), STR_NONE, STR("hash"), NOW, &id));
    static const struct {
        const char *text;
        size_t found;
    } cases[] = { { "rEN\xc3\xa9", 1 }, { "rene", 0 }, { "0%", 1 },        { "%x", 0 },
                  { "_", 0 },           { "A@X", 1 },  { "\xc3\xa9 1", 1 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(user_search(store->db, &store->arena, str_from(cases[i].text), 10, &list));
        if (list.count != cases[i].found)
            fail_msg("%s: %zu", cases[i].text, list.count);
    }
}

/* ---- statements ---- */

static void statements_run_inside_each_other_and_may_be_left_half_read(void **state)
{
    struct store *store = *state;
    const struct sql_driver *v = sql_of(store)->v;
    bool row = false;
    for (int i = 0; i < 50; i++)
        message_make(store, i + 1, 1000, i + 1, "text");
    struct sql_stmt *outer = prepared(store, "SELECT id FROM message ORDER BY id");
    for (int i = 0; i < 10; i++) {
        assert_ok(v->step(outer, &row));
        assert_int_equal(i + 1, v->column_i64(outer, 0));
        assert_int_equal(50, store_number(store, "SELECT COUNT(*) FROM message"));
        assert_ok(meta_put(store->db, "x", STR("y")));
    }
    v->reset(outer);
    assert_ok(v->step(outer, &row)); /* from the beginning */
    assert_int_equal(1, v->column_i64(outer, 0));
    v->finish(outer);
}

static void a_statement_goes_on_after_its_table_changed(void **state)
{
    struct store *store = *state;
    const struct sql_driver *v = sql_of(store)->v;
    bool row = false;
    store_run(store, "CREATE TABLE t (a BIGINT, b VARBINARY(10)); INSERT INTO t VALUES (1, 'x')");
    struct sql_stmt *all = prepared(store, "SELECT b, a FROM t");
    assert_ok(v->step(all, &row));
    assert_str("x", v->column_text(all, 0));
    v->reset(all);
    store_run(store,
              "ALTER TABLE t ADD COLUMN c BIGINT FIRST, MODIFY b VARBINARY(2000); UPDATE t SET b = REPEAT('y', 999)");
    assert_ok(v->step(all, &row));
    assert_int_equal(999, v->column_text(all, 0).size);
    assert_int_equal(1, v->column_i64(all, 1));
    v->finish(all);
}

static void changes_are_rows_found_also_when_nothing_differs(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    store_run(store, "CREATE TABLE t (a BIGINT PRIMARY KEY, b BIGINT); INSERT INTO t VALUES (1, 1), (2, 1), (3, 2)");
    static const struct {
        const char *text;
        int64_t changes;
    } cases[] = { { "UPDATE t SET b = 1 WHERE b = 1", 2 },    { "UPDATE t SET b = 5 WHERE a = 9", 0 },
                  { "UPDATE t SET b = 7 WHERE a < 3", 2 },    { "DELETE FROM t WHERE a = 9", 0 },
                  { "DELETE FROM t WHERE a > 1 LIMIT 1", 1 }, { "INSERT INTO t SELECT a + 10, b FROM t", 2 } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sql_stmt *stmt = prepared(store, cases[i].text);
        bool row = false;
        assert_ok(sql->v->step(stmt, &row));
        if (sql->v->changes(sql) != cases[i].changes)
            fail_msg("%s: %lld", cases[i].text, (long long)sql->v->changes(sql));
        sql->v->finish(stmt);
    }
}

static void ids_are_given_and_never_twice(void **state)
{
    struct store *store = *state;
    int64_t first = device_make(store, 1, 1), second = device_make(store, 1, 2);
    assert_int_equal(first + 1, second);
    assert_ok(device_delete(store->db, second));
    store_reopen(store);
    assert_int_equal(second + 1, device_make(store, 1, 3));
}

static void errors_are_told_apart(void **state)
{
    struct store *store = *state;
    const struct sql_driver *v = sql_of(store)->v;
    bool row = false;
    struct sql_stmt *stmt = prepared(store, "SELECT nonsense FROM nowhere");
    assert_err(ERR_STORE, v->step(stmt, &row));
    v->finish(stmt);
    store_run(store, "INSERT INTO meta (name, value) VALUES ('a', 'b')");
    assert_err(ERR_EXISTS, run(store, "INSERT INTO meta (name, value) VALUES ('a', 'c')"));
    assert_err(ERR_STORE, run(store, "INSERT INTO meta (name, value) VALUES (NULL, NULL)"));
    assert_err(ERR_STORE, run(store, "INSERT INTO meta (name, value) VALUES ('b', REPEAT('x', 300))")); /* not cut */
    assert_int_equal(1, store_number(store, "SELECT value = 'b' FROM meta WHERE name = 'a'"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'b'"));
}

static void a_table_without_room_is_a_full_disk(void **state)
{
    struct store *store = *state;
    store_run(store, "SET SESSION max_heap_table_size = 16384; CREATE TABLE t (a CHAR(200)) ENGINE = MEMORY");
    enum err err = OK;
    for (int i = 0; err == OK && i < 10000; i++)
        err = run(store, "INSERT INTO t VALUES ('x')");
    assert_err(ERR_DISK_FULL, err);
    assert_ok(meta_put(store->db, "a", STR("goes on")));
}

static void what_is_over_the_servers_packet_is_refused_and_the_connection_stays(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    int64_t id = store_number(store, "SELECT CONNECTION_ID()");
    struct message message = {
        .id = 1, .chat = 7, .seq = 1, .sender = 1, .type = 1, .content = long_text(store, 17 << 20, 'x')
    };
    assert_ok(sql->v->begin(sql));
    assert_err(ERR_TOO_LARGE, message_insert(store->db, &message));
    assert_true(sql->v->in_transaction(sql));
    message.content = long_text(store, 15 << 20, 'x');
    assert_ok(message_insert(store->db, &message));
    assert_ok(sql->v->commit(sql));
    assert_int_equal(id, store_number(store, "SELECT CONNECTION_ID()"));
}

/* ---- transactions ---- */

static void a_savepoint_undoes_its_part_alone(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    assert_ok(sql->v->begin(sql));
    assert_true(sql->v->in_transaction(sql));
    assert_ok(meta_put(store->db, "a", STR("1")));
    assert_ok(sql->v->savepoint(sql));
    assert_ok(meta_put(store->db, "b", STR("1")));
    sql->v->savepoint_rollback(sql);
    assert_ok(sql->v->savepoint(sql)); /* one that writes nothing */
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'a'"));
    sql->v->savepoint_rollback(sql);
    assert_ok(sql->v->savepoint(sql));
    assert_ok(meta_put(store->db, "c", STR("1")));
    assert_ok(sql->v->savepoint_release(sql));
    assert_ok(meta_put(store->db, "d", STR("1")));
    assert_ok(sql->v->savepoint(sql));
    assert_ok(meta_put(store->db, "e", STR("1")));
    sql->v->savepoint_rollback(sql);
    assert_ok(sql->v->commit(sql));
    assert_false(sql->v->in_transaction(sql));
    assert_int_equal(3, store_number(store, "SELECT COUNT(*) FROM meta WHERE name IN ('a', 'c', 'd')"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name IN ('b', 'e')"));
}

static void a_rollback_undoes_everything(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    assert_ok(sql->v->begin(sql));
    assert_ok(meta_put(store->db, "a", STR("1")));
    sql->v->rollback(sql);
    assert_false(sql->v->in_transaction(sql));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'a'"));
}

static void a_reader_sees_one_moment_and_writes_nothing(void **state)
{
    struct store *store = *state;
    struct str value;
    struct db *reader = store_reader(store);
    assert_ok(meta_put(store->db, "a", STR("1")));
    assert_ok(db_read_begin(reader));
    assert_ok(meta_get(reader, &store->arena, "a", &value));
    assert_ok(meta_put(store->db, "a", STR("2")));
    message_make(store, 1, 7, 1, "x");
    assert_ok(meta_get(reader, &store->arena, "a", &value));
    assert_str("1", value);
    int64_t id = 9;
    assert_ok(message_last_id(reader, &id));
    assert_int_equal(0, id);
    db_read_end(reader);
    assert_ok(meta_get(reader, &store->arena, "a", &value));
    assert_str("2", value);
    assert_err(ERR_STORE, meta_put(reader, "a", STR("3")));
    assert_ok(db_read_begin(reader));
    db_read_end(reader); /* asked nothing */
}

static void a_writer_sees_what_was_committed_before_its_statement(void **state)
{
    struct store *store = *state;
    struct db *other = NULL;
    struct str value;
    struct sql *sql = sql_of(store);
    assert_ok(db_place_open(&store->place, SQL_WRITER, &other));
    assert_ok(sql->v->begin(sql));
    assert_err(ERR_NOT_FOUND, meta_get(store->db, &store->arena, "a", &value));
    assert_ok(meta_put(other, "a", STR("1")));
    assert_ok(meta_get(store->db, &store->arena, "a", &value));
    sql->v->rollback(sql);
    db_close(&other);
}

static void only_one_migrates_at_a_time(void **state)
{
    struct store *store = *state;
    struct db *other = NULL;
    struct sql *sql = sql_of(store);
    assert_ok(db_place_open(&store->place, SQL_WRITER, &other));
    assert_ok(sql->v->exclude(sql, true));
    char text[128];
    snprintf(text, sizeof text, "SELECT GET_LOCK(CONCAT('im_service ', MD5('%s')), 0)", store->database);
    struct sql_stmt *stmt = NULL;
    bool row = false;
    assert_ok(db_sql(other)->v->prepare(db_sql(other), text, &stmt));
    assert_ok(db_sql(other)->v->step(stmt, &row));
    assert_int_equal(0, db_sql(other)->v->column_i64(stmt, 0));
    db_sql(other)->v->finish(stmt);
    assert_ok(sql->v->exclude(sql, false));
    assert_ok(db_migrate(other)); /* and it may run again */
    db_close(&other);
}

static void a_migration_that_was_cut_off_is_completed(void **state)
{
    struct store *store = *state;
    struct str epoch, again;
    assert_ok(meta_get(store->db, &store->arena, "epoch", &epoch));
    store_run(store, "UPDATE counter SET value = 1234; DELETE FROM meta WHERE name IN ('schema', 'epoch');"
                     "DROP TABLE user_pack; DROP TABLE message");
    store_reopen(store);
    assert_ok(db_migrate(store->db));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM user_pack"));
    assert_int_equal(1234, store_number(store, "SELECT value FROM counter WHERE name = 'group'"));
    assert_ok(meta_get(store->db, &store->arena, "epoch", &again));
    assert_false(str_equal(epoch, again));
}

/* ---- inserts that wait ---- */

static struct sql *gathering(struct store *store)
{
    struct sql *sql = sql_of(store);
    sql->v->gather(sql);
    return sql;
}

static void rows_that_waited_are_there_for_who_asks_and_after_the_commit(void **state)
{
    struct store *store = *state;
    struct sql *sql = gathering(store);
    static const size_t counts[] = { 1, 2, 3, 7, 64, 65, 200 };
    int64_t id = 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        assert_ok(sql->v->begin(sql));
        for (size_t n = 0; n < counts[i]; n++) {
            id++;
            message_make(store, id, id % 3, id, n % 2 == 0 ? "" : "text 😀");
        }
        if (i % 2 == 0) /* a statement of the same transaction sees them */
            assert_int_equal(id, store_number(store, "SELECT COUNT(*) FROM message"));
        assert_ok(sql->v->commit(sql));
        assert_int_equal(id, store_number(store, "SELECT COUNT(*) FROM message"));
    }
    struct message message;
    assert_ok(message_by_id(store->db, &store->arena, 2, &message));
    assert_str("", message.content);
    assert_null(message.cid.ptr);
    message_make(store, id + 1, 5, 1, "outside of a transaction nothing waits");
    assert_int_equal(id + 1, store_number(store, "SELECT COUNT(*) FROM message"));
}

static void large_rows_do_not_wait_for_too_many(void **state)
{
    struct store *store = *state;
    struct sql *sql = gathering(store);
    assert_ok(sql->v->begin(sql));
    for (int64_t id = 1; id <= 30; id++) {
        struct message message = {
            .id = id, .chat = 7, .seq = id, .sender = 1, .type = 1, .content = long_text(store, 700000, 'x')
        };
        assert_ok(message_insert(store->db, &message));
    }
    struct message message = { .id = 31, .chat = 7, .seq = 31, .content = long_text(store, 17 << 20, 'x') };
    assert_err(ERR_TOO_LARGE, message_insert(store->db, &message));
    assert_ok(sql->v->commit(sql));
    assert_int_equal(30, store_number(store, "SELECT COUNT(*) FROM message WHERE LENGTH(content) = 700000"));
}

static void a_rollback_and_a_failed_job_forget_what_waited(void **state)
{
    struct store *store = *state;
    struct sql *sql = gathering(store);
    assert_ok(sql->v->begin(sql));
    message_make(store, 1, 7, 1, "x");
    sql->v->rollback(sql);
    assert_ok(sql->v->begin(sql));
    message_make(store, 2, 7, 2, "of the job before");
    assert_ok(sql->v->savepoint(sql));
    message_make(store, 3, 7, 3, "waits");
    sql->v->savepoint_rollback(sql);
    assert_ok(sql->v->savepoint(sql));
    message_make(store, 4, 7, 4, "was sent");
    assert_ok(meta_put(store->db, "a", STR("1")));
    message_make(store, 5, 7, 5, "waits");
    sql->v->savepoint_rollback(sql);
    assert_ok(sql->v->savepoint(sql));
    message_make(store, 6, 7, 6, "kept");
    assert_ok(sql->v->savepoint_release(sql));
    assert_ok(sql->v->commit(sql));
    assert_int_equal(8, store_number(store, "SELECT SUM(id) FROM message"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'a'"));
}

/* As the writer does: the second time the one who did it is told, and everybody else's stays. */
static void a_key_in_the_way_undoes_the_transaction_once_and_is_told_the_second_time(void **state)
{
    struct store *store = *state;
    struct sql *sql = gathering(store);
    struct message first = cid_message(1, STR("c1"));
    assert_ok(message_insert(store->db, &first));
    for (int round = 0; round < 2; round++) {
        assert_ok(sql->v->begin(sql));
        message_make(store, 10, 8, 1, "before");
        struct message again = cid_message(11, STR("c1"));
        assert_err(round == 0 ? OK : ERR_EXISTS, message_insert(store->db, &again));
        message_make(store, 12, 8, 2, "after");
        assert_err(round == 0 ? ERR_BUSY : OK, sql->v->commit(sql));
        assert_false(sql->v->in_transaction(sql));
        assert_int_equal(round == 0 ? 1 : 3, store_number(store, "SELECT COUNT(*) FROM message"));
    }
    assert_ok(sql->v->begin(sql)); /* and from then on they wait again */
    struct message again = cid_message(13, STR("c1"));
    assert_ok(message_insert(store->db, &again));
    assert_err(ERR_BUSY, meta_put(store->db, "a", STR("1")));
    assert_false(sql->v->in_transaction(sql));
    sql->v->rollback(sql);
}

static void its_tables_have_the_columns_that_are_copied(void **state)
{
    struct store *store = *state;
    for (size_t i = 0; i < copy_table_count; i++) {
        char text[200];
        snprintf(text, sizeof text,
                 "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = '%s' AND table_name = '%s'",
                 store->database, copy_tables[i].name);
        if (store_number(store, text) != (int64_t)copy_column_count(&copy_tables[i]))
            fail_msg("%s", copy_tables[i].name);
    }
}

static void what_is_half_copied_is_opened_by_no_server(void **state)
{
    struct store *store = *state;
    assert_ok(meta_put(store->db, COPY_META, STR("0:0:x")));
    assert_err(ERR_STORE, db_migrate(store->db));
    assert_ok(db_migrate_target(store->db));
}

static void a_store_of_a_newer_program_is_refused(void **state)
{
    struct store *store = *state;
    assert_ok(meta_put_i64(store->db, "schema", 99));
    assert_err(ERR_STORE, db_migrate(store->db));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(text_keeps_nul_bytes_and_null_differs_from_empty),
        test(numbers_have_64_bits),
        test(texts_of_any_size_come_back_in_any_order),
        test(four_byte_characters_and_unusual_bytes_come_back),
        test(keys_differ_by_case_by_accents_and_by_spaces_at_the_end),
        test(searching_people_ignores_case_and_nothing_else),
        test(statements_run_inside_each_other_and_may_be_left_half_read),
        test(a_statement_goes_on_after_its_table_changed),
        test(changes_are_rows_found_also_when_nothing_differs),
        test(ids_are_given_and_never_twice),
        test(errors_are_told_apart),
        test(a_table_without_room_is_a_full_disk),
        test(what_is_over_the_servers_packet_is_refused_and_the_connection_stays),
        test(a_savepoint_undoes_its_part_alone),
        test(a_rollback_undoes_everything),
        test(a_reader_sees_one_moment_and_writes_nothing),
        test(a_writer_sees_what_was_committed_before_its_statement),
        test(only_one_migrates_at_a_time),
        test(a_migration_that_was_cut_off_is_completed),
        test(rows_that_waited_are_there_for_who_asks_and_after_the_commit),
        test(large_rows_do_not_wait_for_too_many),
        test(a_rollback_and_a_failed_job_forget_what_waited),
        test(a_key_in_the_way_undoes_the_transaction_once_and_is_told_the_second_time),
        test(its_tables_have_the_columns_that_are_copied),
        test(what_is_half_copied_is_opened_by_no_server),
        test(a_store_of_a_newer_program_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
