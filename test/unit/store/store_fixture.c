/* store_fixture.c: a real store in a directory of its own. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "os/log.h"
#include "util/mem.h"

void store_beside(struct store *store, const char *text)
{
    char url[192];
    struct db *db = NULL;
    (void)store;
    snprintf(url, sizeof url, "%s/mysql?accept_lost_messages=yes", getenv("IM_TEST_STORE_URL"));
    assert_ok(db_open(&sql_mysql, url, SQL_WRITER, &db));
    assert_ok(db_sql(db)->v->run(db_sql(db), text));
    db_close(&db);
}

static void database_do(struct store *store, const char *verb)
{
    char text[64];
    snprintf(text, sizeof text, "%s DATABASE %s", verb, store->database);
    store_beside(store, text);
}

static void database_make(struct store *store, const char *server)
{
    static unsigned number;
    snprintf(store->database, sizeof store->database, "u_%d_%u", (int)getpid(), number++);
    snprintf(store->url, sizeof store->url, "%s/%s", server, store->database);
    database_do(store, "CREATE");
}

int store_setup(void **state)
{
    struct store *store = mem_zalloc(sizeof *store);
    const char *server = getenv("IM_TEST_STORE_URL");
    log_init(LOG_LEVEL_ERROR, 2);
    if (server != NULL)
        database_make(store, server);
    snprintf(store->dir, sizeof store->dir, "/tmp/im-store-XXXXXX");
    assert_non_null(mkdtemp(store->dir));
    snprintf(store->path, sizeof store->path, "%s/im.db", store->dir);
    store->place = db_place_of(store->url, store->path);
    assert_ok(db_place_open(&store->place, SQL_WRITER, &store->db));
    assert_ok(db_migrate(store->db));
    *state = store;
    return 0;
}

int store_teardown(void **state)
{
    static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };
    struct store *store = *state;
    char path[128];
    db_close(&store->reader);
    db_close(&store->db);
    db_place_release(&store->place);
    if (store->url[0] != '\0')
        database_do(store, "DROP");
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", store->path, suffixes[i]);
        unlink(path);
    }
    assert_int_equal(0, rmdir(store->dir));
    arena_release(&store->arena);
    free(store);
    return 0;
}

struct db *store_reader(struct store *store)
{
    if (store->reader == NULL)
        assert_ok(db_place_open(&store->place, SQL_READER, &store->reader));
    return store->reader;
}

void store_share(struct store *store)
{
    store_run(store, "CREATE TABLE journal (number INTEGER PRIMARY KEY, node BIGINT NOT NULL, mark BLOB NOT NULL,"
                     " flags INTEGER NOT NULL, created BIGINT NOT NULL, events BLOB NOT NULL);"
                     "CREATE TABLE node (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(64) NOT NULL,"
                     " seen BIGINT NOT NULL);"
                     "INSERT INTO counter (name, value) VALUES ('commit', 0)");
}

void store_reopen(struct store *store)
{
    db_close(&store->reader);
    db_close(&store->db);
    assert_ok(db_place_open(&store->place, SQL_WRITER, &store->db));
}

int64_t store_number(struct store *store, const char *text)
{
    const struct sql_driver *v = db_sql(store->db)->v;
    struct sql_stmt *stmt = NULL;
    bool row = false;
    assert_ok(v->prepare(db_sql(store->db), text, &stmt));
    assert_ok(v->step(stmt, &row));
    assert_true(row);
    int64_t number = v->column_i64(stmt, 0);
    v->finish(stmt);
    return number;
}

void store_run(struct store *store, const char *text)
{
    assert_ok(db_sql(store->db)->v->run(db_sql(store->db), text));
}

int64_t user_make(struct store *store, const char *email)
{
    int64_t id = 0;
    assert_ok(user_insert(store->db, str_from(email), STR("name"), STR_NONE, STR("hash"), NOW, &id));
    return id;
}

int64_t device_make(struct store *store, int64_t user, unsigned number)
{
    unsigned char hash[TOKEN_HASH_SIZE] = { 0 };
    int64_t id = 0;
    memcpy(hash, &number, sizeof number);
    assert_ok(device_insert(store->db, user, hash, NOW, &id));
    return id;
}

void message_make(struct store *store, int64_t id, int64_t chat, int64_t seq, const char *content)
{
    struct message message = {
        .id = id, .chat = chat, .seq = seq, .sender = 1, .type = 1, .created_ms = NOW, .content = str_from(content)
    };
    assert_ok(message_insert(store->db, &message));
}

uint64_t seed_take(void)
{
    const char *text = getenv("IM_SEED");
    uint64_t seed = text != NULL ? strtoull(text, NULL, 10) : (uint64_t)time(NULL) * 1000003u + (uint64_t)getpid();
    printf("seed %llu (IM_SEED repeats it)\n", (unsigned long long)seed);
    return seed;
}

uint64_t seed_next(uint64_t *seed)
{
    uint64_t x = *seed += 0x9e3779b97f4a7c15u; /* splitmix64 */
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}
