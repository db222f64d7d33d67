/* The MySQL driver and connections that are refused, break, or wait in vain. IM_TEST_STORE_URL names the server. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "cut_fixture.h"
#include "os/clock.h"

static struct sql *sql_of(struct store *store)
{
    return db_sql(store->db);
}

static int server_port(void)
{
    return atoi(strrchr(getenv("IM_TEST_STORE_URL"), ':') + 1);
}

static void kill_connection(struct store *store, int64_t id)
{
    char text[64];
    snprintf(text, sizeof text, "KILL %lld", (long long)id);
    store_beside(store, text);
}

static int64_t connection_of(struct store *store)
{
    return store_number(store, "SELECT CONNECTION_ID()");
}

static enum err opened(const char *url)
{
    struct db *db = NULL;
    enum err err = db_open(&sql_mysql, url, SQL_WRITER, &db);
    db_close(&db);
    return err;
}

/* ---- opening ---- */

static void who_may_not_come_in_is_told_so(void **state)
{
    struct store *store = *state;
    char url[256];
    store_beside(store, "CREATE OR REPLACE USER im IDENTIFIED BY 'right'; GRANT ALL ON *.* TO im");
    snprintf(url, sizeof url, "mysql://im:wrong@127.0.0.1:%d/%s", server_port(), store->database);
    assert_err(ERR_DENIED, opened(url));
    snprintf(url, sizeof url, "mysql://im:right@127.0.0.1:%d/%s", server_port(), store->database);
    assert_ok(opened(url));
    snprintf(url, sizeof url, "mysql://im:right@127.0.0.1:%d/no_such_database", server_port());
    assert_err(ERR_DENIED, opened(url));
    store_beside(store, "DROP USER im");
}

static void an_address_of_another_form_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "mysql://root@127.0.0.1:1",
                                       "mysql://root@127.0.0.1/",
                                       "postgres://h/d",
                                       "mysql:///d",
                                       "mysql://h,/d",
                                       "mysql://h:1,:2/d",
                                       "mysql://h/d?",
                                       "mysql://h/d?accept_lost_messages=no",
                                       "mysql://h/d?ca=/x.pem",
                                       "mysql://h/d?tls=verify&",
                                       "mysql://a,b,c,d,e,f,g,h,i/d",
                                       "im.db" };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (opened(bad[i]) != ERR_ARG)
            fail_msg("%s was taken", bad[i]);
}

static void nobody_there_is_an_error_soon(void **state)
{
    (void)state;
    int64_t begin_ms = clock_mono_ms();
    assert_err(ERR_IO, opened("mysql://root@127.0.0.1:1/d"));
    assert_err(ERR_IO, opened("mysql://root@no-such-host.invalid/d"));
    assert_true(clock_mono_ms() - begin_ms < 20000);
}

static void the_first_host_that_serves_is_used(void **state)
{
    struct store *store = *state;
    char url[256];
    struct db *db = NULL;
    snprintf(url, sizeof url, "mysql://root@127.0.0.1:1,127.0.0.1:2,127.0.0.1:%d/%s", server_port(), store->database);
    assert_ok(db_open(&sql_mysql, url, SQL_WRITER, &db));
    assert_ok(meta_put(db, "a", STR("1")));
    db_close(&db);
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM meta WHERE name = 'a'"));
}

static void a_place_is_shown_without_its_password(void **state)
{
    (void)state;
    struct buf shown = { 0 };
    struct db_place place = db_place_of("mysql://im:se%3Acret@a:1,b/d?accept_lost_messages=yes", "unused");
    db_place_show(&place, &shown);
    assert_str("mysql://a:1,b:3306/d", buf_str(&shown));
    db_place_release(&place);
    buf_release(&shown);
}

/* Each of these settings would lose messages or stop working later. */
static void a_server_that_would_lose_messages_is_refused(void **state)
{
    struct store *store = *state;
    char accepting[256];
    snprintf(accepting, sizeof accepting, "%s?accept_lost_messages=yes", store->url);
    static const char *const settings[][2] = {
        { "SET GLOBAL innodb_flush_log_at_trx_commit = 2", "SET GLOBAL innodb_flush_log_at_trx_commit = 1" },
        { "SET GLOBAL innodb_flush_log_at_trx_commit = 0", "SET GLOBAL innodb_flush_log_at_trx_commit = 1" },
        { "SET GLOBAL max_allowed_packet = 1048576", "SET GLOBAL max_allowed_packet = 16777216" },
        { "SET GLOBAL read_only = ON", "SET GLOBAL read_only = OFF" },
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        assert_ok(sql_of(store)->v->run(sql_of(store), settings[i][0]));
        enum err err = opened(store->url);
        enum err accepted = opened(accepting);
        assert_ok(sql_of(store)->v->run(sql_of(store), settings[i][1]));
        assert_err(ERR_STORE, err);
        assert_err(i < 2 ? OK : ERR_STORE, accepted);
    }
    assert_ok(opened(store->url));
}

/* ---- breaking ---- */

static void a_connection_killed_in_a_transaction_loses_it_whole(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    struct str value;
    assert_ok(sql->v->begin(sql));
    assert_ok(meta_put(store->db, "a", STR("1")));
    kill_connection(store, connection_of(store));
    assert_err(ERR_IO, meta_put(store->db, "b", STR("1")));
    assert_false(sql->v->in_transaction(sql));
    assert_err(ERR_IO, meta_put(store->db, "c", STR("1"))); /* not in a transaction of its own */
    assert_err(ERR_IO, meta_get(store->db, &store->arena, "a", &value));
    assert_err(ERR_IO, sql->v->savepoint(sql));
    sql->v->savepoint_rollback(sql);
    assert_err(ERR_IO, sql->v->commit(sql));
    assert_ok(sql->v->begin(sql)); /* a new connection, the same statements */
    assert_ok(meta_put(store->db, "d", STR("1")));
    assert_ok(sql->v->commit(sql));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM meta WHERE name IN ('a', 'b', 'c', 'd')"));
}

static void a_connection_killed_at_rest_is_not_missed(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    struct str value;
    assert_ok(meta_put(store->db, "a", STR("1")));
    kill_connection(store, connection_of(store));
    assert_ok(sql->v->begin(sql));
    assert_ok(meta_put(store->db, "a", STR("2")));
    assert_ok(sql->v->commit(sql));
    kill_connection(store, connection_of(store));
    assert_ok(meta_get(store->db, &store->arena, "a", &value)); /* outside of transactions, what reads */
    assert_str("2", value);
}

static void a_reader_killed_at_rest_is_not_missed(void **state)
{
    struct store *store = *state;
    struct str value;
    struct db *reader = store_reader(store);
    char text[160];
    assert_ok(meta_put(store->db, "a", STR("1")));
    assert_ok(db_read_begin(reader));
    assert_ok(meta_get(reader, &store->arena, "a", &value));
    db_read_end(reader);
    snprintf(text, sizeof text,
             "SELECT id FROM information_schema.processlist WHERE db = '%s' AND id <> CONNECTION_ID()",
             store->database);
    kill_connection(store, store_number(store, text));
    assert_ok(db_read_begin(reader));
    assert_ok(meta_get(reader, &store->arena, "a", &value));
    kill_connection(store, store_number(store, text));
    assert_err(ERR_IO, meta_get(reader, &store->arena, "a", &value));
    assert_err(ERR_IO, meta_get(reader, &store->arena, "a", &value)); /* not of another moment */
    db_read_end(reader);
    assert_ok(meta_get(reader, &store->arena, "a", &value));
}

static void a_commit_that_was_cut_is_unsure_and_may_have_happened_or_not(void **state)
{
    struct store *store = *state;
    int port;
    char url[256];
    struct db *db = NULL;
    struct cut *cut = cut_new(server_port(), &port);
    snprintf(url, sizeof url, "mysql://root@127.0.0.1:%d/%s", port, store->database);
    assert_ok(db_open(&sql_mysql, url, SQL_WRITER, &db));
    struct sql *sql = db_sql(db);
    static const enum cut_at moments[] = { CUT_BEFORE, CUT_AFTER, CUT_NEVER };
    for (size_t i = 0; i < 3; i++) {
        struct str value;
        assert_ok(sql->v->begin(sql));
        assert_ok(meta_put(db, "a", STR("1")));
        cut_set(cut, moments[i], "COMMIT");
        assert_err(moments[i] == CUT_NEVER ? OK : ERR_UNSURE, sql->v->commit(sql));
        assert_false(sql->v->in_transaction(sql));
        assert_ok(sql->v->begin(sql));
        assert_err(moments[i] == CUT_BEFORE ? ERR_NOT_FOUND : OK, meta_get(db, &store->arena, "a", &value));
        sql->v->rollback(sql);
        store_run(store, "DELETE FROM meta WHERE name = 'a'");
    }
    db_close(&db);
    cut_free(&cut);
}

static void a_beginning_that_was_cut_is_repeated(void **state)
{
    struct store *store = *state;
    int port;
    char url[256];
    struct db *db = NULL;
    struct cut *cut = cut_new(server_port(), &port);
    snprintf(url, sizeof url, "mysql://root@127.0.0.1:%d/%s", port, store->database);
    assert_ok(db_open(&sql_mysql, url, SQL_WRITER, &db));
    cut_set(cut, CUT_AFTER, "START TRANSACTION");
    assert_ok(db_sql(db)->v->begin(db_sql(db)));
    assert_ok(meta_put(db, "a", STR("1")));
    assert_ok(db_sql(db)->v->commit(db_sql(db)));
    db_close(&db);
    cut_free(&cut);
}

static void a_database_that_is_away_is_an_error_until_it_is_back(void **state)
{
    struct store *store = *state;
    int port;
    char url[256];
    struct db *db = NULL;
    struct cut *cut = cut_new(server_port(), &port);
    snprintf(url, sizeof url, "mysql://root@127.0.0.1:%d/%s", port, store->database);
    assert_ok(db_open(&sql_mysql, url, SQL_WRITER, &db));
    cut_free(&cut);
    for (int i = 0; i < 3; i++)
        assert_err(ERR_IO, db_sql(db)->v->begin(db_sql(db)));
    assert_err(ERR_IO, meta_put(db, "a", STR("1")));
    db_close(&db);
}

/* ---- waiting ---- */

static void a_deadlock_undoes_one_of_both_whole(void **state)
{
    struct store *store = *state;
    struct db *other = NULL;
    struct sql *sql = sql_of(store);
    assert_ok(db_place_open(&store->place, SQL_WRITER, &other));
    store_run(store, "CREATE TABLE t (a BIGINT PRIMARY KEY, b BIGINT); INSERT INTO t VALUES (1, 0), (2, 0)");
    struct sql *second = db_sql(other);
    assert_ok(sql->v->begin(sql));
    assert_ok(second->v->begin(second));
    assert_ok(second->v->run(second, "UPDATE t SET b = 2 WHERE a = 2"));
    assert_ok(sql->v->run(sql, "UPDATE t SET b = 1 WHERE a = 1"));
    /* The wait is in vain without a second thread: a deadlock to this side. */
    assert_ok(sql->v->run(sql, "SET SESSION innodb_lock_wait_timeout = 1"));
    assert_err(ERR_BUSY, sql->v->run(sql, "UPDATE t SET b = 1 WHERE a = 2"));
    assert_false(sql->v->in_transaction(sql));
    assert_err(ERR_IO, sql->v->run(sql, "UPDATE t SET b = 5 WHERE a = 1")); /* not by itself */
    assert_err(ERR_IO, sql->v->commit(sql));
    assert_ok(second->v->run(second, "UPDATE t SET b = 2 WHERE a = 1")); /* its lock is gone */
    assert_ok(second->v->commit(second));
    assert_int_equal(4, store_number(store, "SELECT SUM(b) FROM t"));
    db_close(&other);
}

static void a_writer_that_sleeps_in_a_transaction_is_ended_by_the_server(void **state)
{
    struct store *store = *state;
    struct sql *sql = sql_of(store);
    assert_int_equal(5, store_number(store, "SELECT @@SESSION.idle_transaction_timeout"));
    assert_ok(sql->v->run(sql, "SET SESSION idle_transaction_timeout = 1"));
    assert_ok(sql->v->begin(sql));
    assert_ok(meta_put(store->db, "a", STR("1")));
    struct timespec nap = { .tv_sec = 2, .tv_nsec = 500000000 };
    nanosleep(&nap, NULL);
    assert_err(ERR_IO, meta_put(store->db, "b", STR("1")));
    sql->v->rollback(sql);
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM meta WHERE name IN ('a', 'b')"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(who_may_not_come_in_is_told_so),
        test(an_address_of_another_form_is_refused),
        test(nobody_there_is_an_error_soon),
        test(the_first_host_that_serves_is_used),
        test(a_place_is_shown_without_its_password),
        test(a_server_that_would_lose_messages_is_refused),
        test(a_connection_killed_in_a_transaction_loses_it_whole),
        test(a_connection_killed_at_rest_is_not_missed),
        test(a_reader_killed_at_rest_is_not_missed),
        test(a_commit_that_was_cut_is_unsure_and_may_have_happened_or_not),
        test(a_beginning_that_was_cut_is_repeated),
        test(a_database_that_is_away_is_an_error_until_it_is_back),
        test(a_deadlock_undoes_one_of_both_whole),
        test(a_writer_that_sleeps_in_a_transaction_is_ended_by_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
