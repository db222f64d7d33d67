/* test_redis.c: nodes that share a Redis, a real one, and what it may do to them: nothing but be missed. */
#include "unit.h"

#include "os/clock.h"
#include "os/log.h"
#include "redis_server.h"
#include "route/router.h"
#include "util/buf.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SOON_MS 20000 /* within which anything must have happened, on a busy machine */

struct node {
    struct router *router;
    _Atomic uint64_t heard; /* the greatest number */
    atomic_uint told;       /* times */
    atomic_uint looked;     /* times it was told to look */
    pthread_mutex_t lock;
    struct buf rows; /* that came along */
};

static void published(void *context, uint64_t number, struct str rows)
{
    struct node *node = context;
    pthread_mutex_lock(&node->lock);
    buf_append_str(&node->rows, rows);
    pthread_mutex_unlock(&node->lock);
    atomic_fetch_add(&node->told, 1);
    if (number == 0)
        atomic_fetch_add(&node->looked, 1);
    if (number > atomic_load(&node->heard))
        atomic_store(&node->heard, number);
}

static void node_open(struct node *node, const char *url)
{
    *node = (struct node){ .lock = PTHREAD_MUTEX_INITIALIZER };
    assert_int_equal(router_redis_new(url, "test:", &node->router), OK);
    node->router->v->listen(node->router, published, node);
}

static void node_close(struct node *node)
{
    int64_t start_ms = clock_mono_ms();
    node->router->v->listen(node->router, NULL, NULL);
    router_free(&node->router);
    buf_release(&node->rows);
    assert_in_range(clock_mono_ms() - start_ms, 0, 3000);
}

static const char *url_of(int port)
{
    static char url[64];
    snprintf(url, sizeof(url), "redis://127.0.0.1:%d", port);
    return url;
}

#define wait_until(condition)                                                                                          \
    do {                                                                                                               \
        int64_t limit_ms = clock_mono_ms() + SOON_MS;                                                                  \
        while (!(condition) && clock_mono_ms() < limit_ms)                                                             \
            poll(NULL, 0, 2);                                                                                          \
        if (!(condition))                                                                                              \
            fail_msg("never: %s", #condition);                                                                         \
    } while (0)

static bool hears(struct node *node)
{
    return node->router->v->hears(node->router);
}

static struct router_stats stats_of(struct node *node)
{
    struct router_stats stats;
    node->router->v->stats(node->router, &stats);
    return stats;
}

static const struct router_bucket slow_bucket = { .name = "test", .per_s = 0.01, .burst = 5 };

static enum router_answer take(struct node *node, struct str key, bool peek)
{
    int64_t wait_ms;
    return node->router->v->take(node->router, &slow_bucket, key, peek, &wait_ms);
}

static void commit(struct node *node, uint64_t number, struct str row)
{
    node->router->v->committed(node->router, number, row);
}

static void every_other_node_hears_what_one_committed(void **state)
{
    struct redis_server *redis = *state;
    struct node nodes[3];
    for (size_t i = 0; i < 3; i++)
        node_open(&nodes[i], url_of(redis->port));
    for (size_t i = 0; i < 3; i++)
        wait_until(hears(&nodes[i]));
    commit(&nodes[0], 7, STR_NONE);
    wait_until(nodes[1].heard == 7 && nodes[2].heard == 7);
    commit(&nodes[2], 9, STR_NONE);
    wait_until(nodes[0].heard == 9 && nodes[1].heard == 9);
    assert_int_equal(nodes[2].heard, 7); /* Its own is no news. */
    for (size_t i = 0; i < 3; i++)
        node_close(&nodes[i]);
}

static size_t rows_size(struct node *node)
{
    pthread_mutex_lock(&node->lock);
    size_t size = node->rows.size;
    pthread_mutex_unlock(&node->lock);
    return size;
}

static void two_open(struct node nodes[2], const struct redis_server *redis)
{
    node_open(&nodes[0], url_of(redis->port));
    node_open(&nodes[1], url_of(redis->port));
    wait_until(hears(&nodes[0]) && hears(&nodes[1]));
}

static void rows_go_along_with_the_hint_as_they_are(void **state)
{
    struct node nodes[2];
    struct buf large = { 0 };
    two_open(nodes, *state);
    commit(&nodes[0], 7, (struct str){ "\0one ", 5 });
    commit(&nodes[0], 8, (struct str){ " \r\n\0\0", 5 });
    wait_until(nodes[1].heard == 8 && rows_size(&nodes[1]) == 10);
    assert_memory_equal(nodes[1].rows.ptr, "\0one  \r\n\0\0", 10);
    assert_int_equal(rows_size(&nodes[0]), 0); /* Its own are no news. */
    buf_reserve(&large, 512 * 1024);
    memset(large.ptr, 0, 512 * 1024);
    commit(&nodes[0], 9, (struct str){ large.ptr, 512 * 1024 }); /* More than sockets take, and it begins with zeros. */
    wait_until(nodes[1].heard == 9 && rows_size(&nodes[1]) == 10 + 512 * 1024);
    commit(&nodes[1], 10, STR("back"));
    wait_until(nodes[0].heard == 10 && rows_size(&nodes[0]) == 4);
    assert_int_equal(stats_of(&nodes[0]).reconnects + stats_of(&nodes[1]).reconnects, 0);
    buf_release(&large);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
}

static void a_hint_goes_without_rows_that_are_too_large(void **state)
{
    struct node nodes[2];
    struct buf large = { 0 };
    two_open(nodes, *state);
    buf_reserve(&large, 512 * 1024 + 1);
    memset(large.ptr, 'x', 512 * 1024 + 1);
    commit(&nodes[0], 7, (struct str){ large.ptr, 512 * 1024 + 1 });
    wait_until(nodes[1].heard == 7);
    assert_int_equal(rows_size(&nodes[1]), 0);
    commit(&nodes[0], 8, STR("small"));
    wait_until(nodes[1].heard == 8 && rows_size(&nodes[1]) == 5);
    buf_release(&large);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
}

/* Between a connection's greeting and its subscription there is nothing to complain of. */
static void a_redis_that_answers_is_never_said_to_be_slow(void **state)
{
    struct redis_server *redis = *state;
    char text[8192] = "";
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    log_init(LOG_LEVEL_INFO, pipe_fds[1]);
    for (size_t i = 0; i < 12; i++) {
        struct node node;
        node_open(&node, url_of(redis->port));
        wait_until(stats_of(&node).well);
        assert_null(stats_of(&node).why);
        node_close(&node);
    }
    log_init(LOG_LEVEL_ERROR, STDERR_FILENO);
    assert_true(read(pipe_fds[0], text, sizeof(text) - 1) > 0);
    assert_non_null(strstr(text, "nodes reach each other"));
    assert_null(strstr(text, "can't be used"));
    close(pipe_fds[0]);
    close(pipe_fds[1]);
}

static void many_commits_are_told_by_few_hints_and_the_last_is(void **state)
{
    struct node nodes[2];
    two_open(nodes, *state);
    for (uint64_t number = 1; number <= 1000000; number++)
        commit(&nodes[0], number, STR_NONE);
    commit(&nodes[0], 10, STR_NONE); /* It was told of more already. */
    wait_until(nodes[1].heard == 1000000);
    assert_in_range(stats_of(&nodes[0]).published, 1, 100000);
    assert_in_range(stats_of(&nodes[1]).received, 1, 100000);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
}

static void what_was_committed_before_redis_was_there_is_told_then(void **state)
{
    (void)state;
    struct redis_server redis = { 0 };
    struct node nodes[2];
    redis_server_start(&redis);
    redis_server_kill(&redis); /* The port is known. */
    node_open(&nodes[0], url_of(redis.port));
    node_open(&nodes[1], url_of(redis.port));
    commit(&nodes[0], 3, STR_NONE);
    assert_false(hears(&nodes[0]));
    wait_until(stats_of(&nodes[0]).why != NULL && strcmp(stats_of(&nodes[0]).why, "it can't be reached") == 0);
    redis_server_start(&redis);
    wait_until(nodes[1].heard == 3 || nodes[1].looked > 0);
    wait_until(hears(&nodes[0]) && hears(&nodes[1]));
    node_close(&nodes[0]);
    node_close(&nodes[1]);
    redis_server_kill(&redis);
}

static void a_redis_that_is_killed_and_comes_back_empty_is_used_again(void **state)
{
    (void)state;
    struct redis_server redis = { 0 };
    struct node nodes[2];
    redis_server_start(&redis);
    node_open(&nodes[0], url_of(redis.port));
    node_open(&nodes[1], url_of(redis.port));
    wait_until(hears(&nodes[0]) && hears(&nodes[1]));
    for (int i = 0; i < 5; i++)
        assert_int_not_equal(take(&nodes[i % 2], STR("key"), false), ROUTER_NO);
    redis_server_kill(&redis);
    wait_until(!hears(&nodes[0]) && !hears(&nodes[1]));
    assert_int_equal(take(&nodes[0], STR("key"), false), ROUTER_UNKNOWN);
    commit(&nodes[0], 20, STR_NONE);
    unsigned looked = nodes[1].looked;
    redis_server_start(&redis);
    wait_until(hears(&nodes[0]) && hears(&nodes[1]) && nodes[1].looked > looked);
    commit(&nodes[0], 21, STR_NONE);
    wait_until(nodes[1].heard == 21);
    wait_until(take(&nodes[0], STR("key"), false) == ROUTER_YES);
    assert_in_range(stats_of(&nodes[0]).reconnects, 1, 100);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
    redis_server_kill(&redis);
}

static void a_redis_that_stops_costs_one_bounded_wait_and_is_told_of(void **state)
{
    (void)state;
    struct redis_server redis = { 0 };
    struct node node;
    int64_t longest_ms = 0;
    redis_server_start(&redis);
    node_open(&node, url_of(redis.port));
    wait_until(hears(&node));
    kill(redis.pid, SIGSTOP);
    int64_t start_ms = clock_mono_ms();
    for (int i = 0; i < 1000; i++) {
        int64_t asked_ms = clock_mono_ms();
        assert_int_equal(take(&node, STR("key"), false), ROUTER_UNKNOWN);
        commit(&node, (uint64_t)i + 1, STR_NONE);
        if (clock_mono_ms() - asked_ms > longest_ms)
            longest_ms = clock_mono_ms() - asked_ms;
    }
    assert_in_range(longest_ms, ROUTER_WAIT_MS - 1, 20 * ROUTER_WAIT_MS); /* The machine may be busy. */
    if (clock_mono_ms() - start_ms < 900)
        assert_int_equal(stats_of(&node).breaker_opened, 1);
    assert_true(stats_of(&node).breaker_open || clock_mono_ms() - start_ms > 900);
    wait_until(!hears(&node));
    assert_in_range(clock_mono_ms() - start_ms, 0, 10000);
    assert_false(stats_of(&node).well);
    assert_non_null(stats_of(&node).why);
    kill(redis.pid, SIGCONT);
    wait_until(hears(&node));
    wait_until(take(&node, STR("key"), true) == ROUTER_YES);
    kill(redis.pid, SIGSTOP);
    node_close(&node); /* within three seconds */
    redis_server_kill(&redis);
}

/* Five are there, over both nodes, and no more. false: an answer was late, on a busy machine, so that nobody knows. */
static bool five_are_taken(struct node *nodes, struct str key)
{
    enum router_answer answers[14];
    answers[0] = take(&nodes[0], key, true);
    for (int i = 1; i < 6; i++)
        answers[i] = take(&nodes[i % 2], key, false);
    for (int i = 6; i < 14; i++)
        answers[i] = take(&nodes[i % 2], key, i % 4 < 2);
    for (int i = 0; i < 14; i++)
        if (answers[i] == ROUTER_UNKNOWN)
            return false;
    for (int i = 0; i < 14; i++)
        assert_int_equal(answers[i], i < 6 ? ROUTER_YES : ROUTER_NO);
    return true;
}

static void a_bucket_holds_over_nodes(void **state)
{
    struct redis_server *redis = *state;
    struct node nodes[2];
    int64_t wait_ms = 0;
    char key[2] = "a";
    node_open(&nodes[0], url_of(redis->port));
    node_open(&nodes[1], url_of(redis->port));
    wait_until(hears(&nodes[0]) && hears(&nodes[1]));
    while (!five_are_taken(nodes, str_from(key))) {
        poll(NULL, 0, 1100); /* until the breaker closes */
        assert_in_range(++key[0], 'a', 'z');
    }
    wait_until(nodes[0].router->v->take(nodes[0].router, &slow_bucket, str_from(key), false, &wait_ms) == ROUTER_NO);
    assert_in_range(wait_ms, 60000, 100000); /* One a hundred seconds, less what has passed. */
    wait_until(take(&nodes[1], STR("other"), false) == ROUTER_YES);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
}

static void a_bucket_fills_again_and_is_then_not_in_redis(void **state)
{
    struct redis_server *redis = *state;
    static const struct router_bucket quick = { .name = "quick", .per_s = 20, .burst = 2 };
    struct node node;
    char keys[16];
    int64_t wait_ms;
    node_open(&node, url_of(redis->port));
    wait_until(hears(&node));
    wait_until(node.router->v->take(node.router, &quick, STR("c"), false, &wait_ms) == ROUTER_YES);
    wait_until(node.router->v->take(node.router, &quick, STR("c"), true, &wait_ms) == ROUTER_YES);
    wait_until(
        redis_server_ask(redis, 4,
                         (const char *[]){ "EVAL", "return #redis.call('KEYS', ARGV[1])", "0", "test:limit:quick*" },
                         keys, sizeof(keys)) &&
        strcmp(keys, "0") == 0);
    node_close(&node);
}

struct charges {
    atomic_uint count;
    _Atomic uint64_t key;
    _Atomic double left;
};

static void charged(void *context, uint64_t key, double left)
{
    struct charges *charges = context;
    atomic_store(&charges->key, key);
    atomic_store(&charges->left, left);
    atomic_fetch_add(&charges->count, 1);
}

static void a_charge_is_answered_later_with_what_is_left_on_credit_of_one_burst(void **state)
{
    struct redis_server *redis = *state;
    static const struct router_bucket bucket = { .name = "charge", .per_s = 0.01, .burst = 10 };
    struct charges charges = { 0 };
    struct node nodes[2];
    node_open(&nodes[0], url_of(redis->port));
    node_open(&nodes[1], url_of(redis->port));
    wait_until(hears(&nodes[0]) && hears(&nodes[1]));
    nodes[0].router->v->charge(nodes[0].router, &bucket, 42, 4, charged, &charges);
    wait_until(charges.count == 1);
    assert_int_equal(charges.key, 42);
    assert_true(charges.left > 5.9 && charges.left < 6.5);
    nodes[1].router->v->charge(nodes[1].router, &bucket, 42, 8, charged, &charges);
    wait_until(charges.count == 2);
    assert_true(charges.left > -2.1 && charges.left < -1.5);
    nodes[1].router->v->charge(nodes[1].router, &bucket, 42, 1000, charged, &charges);
    wait_until(charges.count == 3);
    assert_true(charges.left > -10.1 && charges.left < -9.5);
    node_close(&nodes[0]);
    node_close(&nodes[1]);
}

static void a_full_redis_decides_nothing_and_says_why(void **state)
{
    (void)state;
    struct redis_server redis = { 0 };
    struct node nodes[2];
    char out[64];
    redis_server_start(&redis);
    node_open(&nodes[0], url_of(redis.port));
    node_open(&nodes[1], url_of(redis.port));
    wait_until(hears(&nodes[0]) && hears(&nodes[1]));
    assert_true(redis_server_ask(&redis, 4, (const char *[]){ "CONFIG", "SET", "maxmemory", "1" }, out, sizeof(out)));
    assert_int_equal(take(&nodes[0], STR("key"), false), ROUTER_UNKNOWN);
    wait_until(!stats_of(&nodes[0]).well);
    assert_string_equal(stats_of(&nodes[0]).why, "its memory is full");
    commit(&nodes[0], 5, STR_NONE);
    wait_until(nodes[1].heard == 5); /* Hints need none. */
    node_close(&nodes[0]);
    node_close(&nodes[1]);
    redis_server_kill(&redis);
}

static void a_password_and_a_database_are_used_and_a_wrong_password_is_told_of(void **state)
{
    (void)state;
    struct redis_server redis = { .password = "se:cr@t" };
    struct node node;
    char url[128], out[64];
    redis_server_start(&redis);
    snprintf(url, sizeof(url), "redis://:se%%3Acr%%40t@127.0.0.1:%d/3", redis.port);
    node_open(&node, url);
    wait_until(hears(&node));
    assert_int_equal(take(&node, STR("key"), false), ROUTER_YES);
    assert_true(redis_server_ask(
        &redis, 4, (const char *[]){ "EVAL", "redis.call('SELECT', 3) return #redis.call('KEYS', '*')", "0", "x" }, out,
        sizeof(out)));
    assert_string_equal(out, "1");
    node_close(&node);
    snprintf(url, sizeof(url), "redis://:wrong@127.0.0.1:%d", redis.port);
    node_open(&node, url);
    wait_until(stats_of(&node).why != NULL && strcmp(stats_of(&node).why, "it does not know the password") == 0);
    assert_false(hears(&node));
    node_close(&node);
    node_open(&node, url_of(redis.port));
    wait_until(stats_of(&node).why != NULL && strcmp(stats_of(&node).why, "it asks for a password") == 0);
    node_close(&node);
    redis_server_kill(&redis);
}

static void what_strangers_publish_is_no_hint(void **state)
{
    struct redis_server *redis = *state;
    static const char *texts[] = { "",
                                   "7",
                                   "0123456789abcdef",
                                   "0123456789abcdef ",
                                   "0123456789abcdef -5",
                                   "0123456789abcdef 0",
                                   "0123456789abcdef 7x",
                                   "0123456789abcdef 99999999999999999999999999",
                                   "0123456789abcdefg 7" };
    struct node node;
    char out[64];
    node_open(&node, url_of(redis->port));
    wait_until(hears(&node));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_true(
            redis_server_ask(redis, 3, (const char *[]){ "PUBLISH", "test:journal:0", texts[i] }, out, sizeof(out)));
    assert_true(redis_server_ask(redis, 3, (const char *[]){ "PUBLISH", "test:journal:0", "0123456789abcdef 8" }, out,
                                 sizeof(out)));
    wait_until(node.heard != 0);
    assert_int_equal(node.heard, 8);
    assert_true(hears(&node));
    node_close(&node);
}

static long resident_kib(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    long total = 0, resident = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld %ld", &total, &resident), 2);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static void whoever_plays_redis_is_let_go_and_costs_nothing(void **state)
{
    (void)state;
    static char flood[1 << 20];
    memset(flood, 'x', sizeof(flood));
    memcpy(flood, "$536870912\r\n", 12);
    struct {
        struct str first;
        struct str again;
    } played[] = {
        { STR("HTTP/1.1 400 Bad Request\r\n\r\n"), STR("") },
        { STR(""), STR("HTTP/1.1 400 Bad Request\r\n\r\n") },
        { STR(""), STR("*2147483647\r\n") },
        { STR(""), STR("*-7\r\n$-9\r\n") },
        { STR(""), STR("$99999999999999999999\r\n") },
        { STR(""), STR("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n") },
        { STR(""), STR("+PONG") },
        { STR(""), STR("+PONG\r\n+PONG\r\n+PONG\r\n") },
        { STR(""), STR("+PONG\r\n$-1\r\n") },
        { STR(""), STR("+PONG\r\n*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$18\r\n0123456789abcdef 7\r\n") },
        { STR(""), STR("-ERR no\r\n") },
        { STR(""), STR("-\r\n") },
        { STR(""), STR(":1\r\n") },
        { STR(""), STR("\0\0\0\0\0\0\0\0") },
        { STR(""), { flood, sizeof(flood) } },
    };
    long before_kib = resident_kib();
    for (size_t i = 0; i < sizeof(played) / sizeof(played[0]); i++) {
        struct fake_server fake;
        struct node node;
        fake_server_start(&fake, played[i].first, played[i].again);
        node_open(&node, url_of(fake.port));
        commit(&node, 1, STR_NONE);
        wait_until(fake.connections >= 6); /* Both connections, let go and tried again. */
        assert_false(hears(&node));
        assert_int_equal(node.heard, 0);
        int64_t start_ms = clock_mono_ms();
        assert_int_not_equal(take(&node, STR("key"), false), ROUTER_NO);
        assert_in_range(clock_mono_ms() - start_ms, 0, 20 * ROUTER_WAIT_MS);
        node_close(&node);
        fake_server_stop(&fake);
    }
    assert_in_range(resident_kib() - before_kib + 65536, 0, 2 * 65536);
}

static void addresses_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *urls[] = { "",
                                  "localhost",
                                  "http://localhost",
                                  "redis://",
                                  "redis://h:99999",
                                  "redis://h/x",
                                  "redis://h/-1",
                                  "redis://user@h" };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct router *router = NULL;
        assert_int_equal(router_redis_new(urls[i], "test:", &router), ERR_ARG);
        assert_null(router);
    }
}

static int redis_up(void **state)
{
    static struct redis_server redis;
    log_init(LOG_LEVEL_ERROR, STDERR_FILENO);
    redis_server_start(&redis);
    *state = &redis;
    return 0;
}

static int redis_down(void **state)
{
    redis_server_kill(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_other_node_hears_what_one_committed),
        cmocka_unit_test(rows_go_along_with_the_hint_as_they_are),
        cmocka_unit_test(a_hint_goes_without_rows_that_are_too_large),
        cmocka_unit_test(a_redis_that_answers_is_never_said_to_be_slow),
        cmocka_unit_test(many_commits_are_told_by_few_hints_and_the_last_is),
        cmocka_unit_test(what_was_committed_before_redis_was_there_is_told_then),
        cmocka_unit_test(a_redis_that_is_killed_and_comes_back_empty_is_used_again),
        cmocka_unit_test(a_redis_that_stops_costs_one_bounded_wait_and_is_told_of),
        cmocka_unit_test(a_bucket_holds_over_nodes),
        cmocka_unit_test(a_bucket_fills_again_and_is_then_not_in_redis),
        cmocka_unit_test(a_charge_is_answered_later_with_what_is_left_on_credit_of_one_burst),
        cmocka_unit_test(a_full_redis_decides_nothing_and_says_why),
        cmocka_unit_test(a_password_and_a_database_are_used_and_a_wrong_password_is_told_of),
        cmocka_unit_test(what_strangers_publish_is_no_hint),
        cmocka_unit_test(whoever_plays_redis_is_let_go_and_costs_nothing),
        cmocka_unit_test(addresses_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, redis_up, redis_down);
}
