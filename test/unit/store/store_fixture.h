/* store_fixture.h: a real store in a directory of its own, for each test; or,
 * where IM_TEST_STORE_URL names a MySQL server (mysql://root@127.0.0.1:PORT),
 * in a database of its own there. test/mysql runs these programs so. */
#ifndef IM_TEST_STORE_FIXTURE_H
#define IM_TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/contact.h"
#include "store/device.h"
#include "store/group.h"
#include "store/invite.h"
#include "store/message.h"
#include "store/writer.h"

#define NOW ((int64_t)1700000000000)

struct store {
    char dir[64];
    char path[96]; /* SQLite's */
    char url[192]; /* MySQL's, empty otherwise */
    char database[32];
    struct db_place place;
    struct db *db;     /* the writing connection, migrated */
    struct db *reader; /* NULL until store_reader */
    struct arena arena;
};

/* For cmocka_unit_test_setup_teardown; *state is a struct store. */
int store_setup(void **state);
int store_teardown(void **state);

/* Runs statements on that server, beside whatever a test does. */
void store_beside(struct store *store, const char *text);

struct db *store_reader(struct store *store);
/* With the tables of many nodes, which SQLite's stores do not have. */
void store_share(struct store *store);
void store_reopen(struct store *store);
/* One number from any SQL text, over the writing connection. */
int64_t store_number(struct store *store, const char *text);
void store_run(struct store *store, const char *text);

/* A query for n from 0 to 99,999, in both dialects. */
#define DIGITS                                                                                                         \
    "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5"    \
    " UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
#define NUMBERS                                                                                                        \
    "SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n FROM " DIGITS " a CROSS JOIN " DIGITS           \
    " b CROSS JOIN " DIGITS " c CROSS JOIN " DIGITS " e CROSS JOIN " DIGITS " f"

int64_t user_make(struct store *store, const char *email);
int64_t device_make(struct store *store, int64_t user, unsigned number);
void message_make(struct store *store, int64_t id, int64_t chat, int64_t seq, const char *content);

/* Seeds rand_r style generators; printed, and taken from IM_SEED when set. */
uint64_t seed_take(void);
uint64_t seed_next(uint64_t *seed);

#define assert_ok(expression) assert_int_equal(OK, (expression))
#define assert_err(expected, expression) assert_int_equal((expected), (expression))
#define assert_str(expected, actual)                                                                                   \
    do {                                                                                                               \
        struct str actual_str = (actual);                                                                              \
        assert_non_null(actual_str.ptr);                                                                               \
        assert_int_equal(strlen(expected), actual_str.size);                                                           \
        assert_memory_equal((expected), actual_str.ptr, actual_str.size);                                              \
    } while (0)
#define test(function) cmocka_unit_test_setup_teardown(function, store_setup, store_teardown)

#endif
