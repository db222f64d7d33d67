/* test_limiter.c: token buckets, on a clock of the test's own. */
#include "unit.h"

#include <pthread.h>

#include "auth/limiter.h"
#include "route/router.h"

#define MINUTE ((int64_t)60000)
#define START ((int64_t)1000000)

static unsigned taken(struct limiter *limiter, uint64_t key, int64_t now_ms, unsigned tries)
{
    unsigned count = 0;
    unsigned retry_after_s;
    for (unsigned i = 0; i < tries; i++)
        count += limiter_take(limiter, key, now_ms, &retry_after_s);
    return count;
}

static void a_key_gets_its_number_at_once_and_no_more(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(10, 100);
    assert_int_equal(taken(limiter, 7, START, 30), 10);
    limiter_free(&limiter);
    assert_null(limiter);
    limiter_free(&limiter);
}

static void keys_are_independent(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(5, 100);
    assert_int_equal(taken(limiter, 1, START, 9), 5);
    assert_int_equal(taken(limiter, 2, START, 9), 5);
    assert_int_equal(taken(limiter, UINT64_MAX, START, 9), 5);
    assert_int_equal(taken(limiter, 1, START, 9), 0);
    limiter_free(&limiter);
}

static void zero_a_minute_never_refuses(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(0, 1);
    unsigned retry_after_s = 9;
    for (uint64_t key = 1; key < 1000; key++)
        assert_true(limiter_take(limiter, key % 3 + 1, START, &retry_after_s));
    assert_true(limiter_peek(limiter, 1, START, &retry_after_s));
    assert_int_equal(retry_after_s, 0);
    limiter_free(&limiter);
}

static void what_was_taken_comes_back_evenly(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(60, 100);
    assert_int_equal(taken(limiter, 1, START, 100), 60);
    assert_int_equal(taken(limiter, 1, START + 999, 10), 0);
    assert_int_equal(taken(limiter, 1, START + 1000, 10), 1);
    assert_int_equal(taken(limiter, 1, START + 11000, 100), 10);
    assert_int_equal(taken(limiter, 1, START + 100 * MINUTE, 1000), 60); /* Never more than full. */
    limiter_free(&limiter);
}

static void the_refused_are_told_when_there_is_one_again(void **state)
{
    (void)state;
    static const unsigned rates[] = { 1, 7, 10, 60, 500 };
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct limiter *limiter = limiter_new(rates[i], 100);
        unsigned retry_after_s = 77;
        assert_true(limiter_take(limiter, 1, START, &retry_after_s));
        assert_int_equal(retry_after_s, 0);
        taken(limiter, 1, START, rates[i]);
        assert_false(limiter_take(limiter, 1, START, &retry_after_s));
        assert_in_range(retry_after_s, 1, 60 / rates[i] + 1);
        assert_true(limiter_take(limiter, 1, START + (int64_t)retry_after_s * 1000, &retry_after_s));
        limiter_free(&limiter);
    }
}

static void peeking_takes_nothing_and_remembers_nobody(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(3, 100);
    unsigned retry_after_s;
    for (unsigned i = 0; i < 50; i++)
        assert_true(limiter_peek(limiter, 1, START, &retry_after_s));
    assert_int_equal(taken(limiter, 1, START, 9), 3);
    assert_false(limiter_peek(limiter, 1, START, &retry_after_s));
    assert_in_range(retry_after_s, 1, 21);
    assert_true(limiter_peek(limiter, 2, START, &retry_after_s));
    limiter_free(&limiter);
}

/* Threads read the clock and then wait for the lock: now may be older than the last one. */
static void time_that_goes_back_gives_nothing_twice(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(60, 100);
    assert_int_equal(taken(limiter, 1, START, 100), 60);
    assert_int_equal(taken(limiter, 1, START + 5000, 100), 5);
    for (unsigned i = 0; i < 20; i++) {
        assert_int_equal(taken(limiter, 1, START, 10), 0);
        assert_int_equal(taken(limiter, 1, START + 5000, 10), 0);
    }
    limiter_free(&limiter);
}

static void when_it_is_full_the_recovered_are_forgotten_first(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(10, 100);
    for (uint64_t key = 1; key <= 60; key++) /* Used long ago. */
        taken(limiter, key, START, 10);
    for (uint64_t key = 61; key <= 100; key++) /* Used up now. */
        taken(limiter, key, START + 2 * MINUTE, 10);
    assert_int_equal(taken(limiter, 1000, START + 2 * MINUTE, 1), 1); /* The 101st sweeps. */
    for (uint64_t key = 61; key <= 100; key++)
        assert_int_equal(taken(limiter, key, START + 2 * MINUTE, 1), 0);
    limiter_free(&limiter);
}

/* However many come, those that are remembered are at most keys_max: of the
 * used-up keys the rest is fresh again. */
static void a_flood_of_keys_stays_within_the_bound(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(2, 64);
    unsigned refused = 0;
    unsigned retry_after_s;
    for (uint64_t key = 1; key <= 10000; key++)
        assert_int_equal(taken(limiter, key, START, 3), 2);
    for (uint64_t key = 1; key <= 10000; key++)
        refused += !limiter_peek(limiter, key, START, &retry_after_s);
    assert_in_range(refused, 1, 64);
    limiter_free(&limiter);

    limiter = limiter_new(2, 1); /* The smallest there is. */
    for (uint64_t key = 1; key <= 100; key++)
        assert_int_equal(taken(limiter, key, START, 3), 2);
    limiter_free(&limiter);
}

struct taker {
    struct limiter *limiter;
    unsigned count;
};

static void *take_many(void *argument)
{
    struct taker *taker = argument;
    taker->count = taken(taker->limiter, 5, START, 5000);
    return NULL;
}

static void threads_share_one_bucket(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new(1000, 10);
    struct taker takers[4];
    pthread_t threads[4];
    unsigned total = 0;
    for (size_t i = 0; i < 4; i++) {
        takers[i] = (struct taker){ limiter, 0 };
        assert_int_equal(pthread_create(&threads[i], NULL, take_many, &takers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        total += takers[i].count;
    }
    assert_int_equal(total, 1000);
    limiter_free(&limiter);
}

static void a_rate_and_a_reserve_of_their_own(void **state)
{
    (void)state;
    unsigned retry_after_s;
    struct limiter *limiter = limiter_new_burst(100, 500, 10);
    assert_int_equal(taken(limiter, 1, START, 1000), 500);
    assert_int_equal(taken(limiter, 1, START + 1000, 1000), 100);
    assert_int_equal(taken(limiter, 1, START + 60000, 1000), 500); /* never more than the reserve */
    assert_false(limiter_take(limiter, 1, START + 60000, &retry_after_s));
    assert_int_equal(retry_after_s, 1);
    limiter_free(&limiter);

    limiter = limiter_new_burst(0, 500, 10);
    assert_int_equal(taken(limiter, 1, START, 5000), 5000);
    assert_int_equal(limiter_charge(limiter, 1, START), 0);
    limiter_free(&limiter);
}

static void a_charge_beyond_the_reserve_says_how_long_to_wait(void **state)
{
    (void)state;
    struct limiter *limiter = limiter_new_burst(10, 5, 10);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(limiter_charge(limiter, 1, START), 0);
    assert_in_range(limiter_charge(limiter, 1, START), 100, 101); /* one on credit, at ten a second */
    assert_in_range(limiter_charge(limiter, 1, START), 200, 201);
    assert_in_range(limiter_charge(limiter, 1, START + 100), 200, 201); /* one came back, one went */
    assert_int_equal(limiter_charge(limiter, 1, START + 400), 0);
    for (unsigned i = 0; i < 100; i++)
        assert_in_range(limiter_charge(limiter, 2, START), 0, 601); /* the credit has a bound */
    limiter_free(&limiter);
}

/* Other nodes, as the limiter sees them. */
struct others {
    struct router router; /* first */
    enum router_answer answer;
    int64_t wait_ms;
    unsigned asked, peeked;
    unsigned told, portions; /* how many were taken, in how many portions */
    void (*charged)(void *context, uint64_t key, double left);
    void *context;
};

static enum router_answer others_take(struct router *router, const struct router_bucket *bucket, struct str key,
                                      bool peek, int64_t *wait_ms)
{
    struct others *others = (struct others *)router;
    assert_string_equal(bucket->name, "test");
    assert_str(key, STR("192.0.2.1"));
    others->asked++;
    others->peeked += peek;
    *wait_ms = others->wait_ms;
    return others->answer;
}

static void others_charge(struct router *router, const struct router_bucket *bucket, uint64_t key, unsigned count,
                          void (*charged)(void *context, uint64_t key, double left), void *context)
{
    struct others *others = (struct others *)router;
    assert_string_equal(bucket->name, "test");
    assert_int_equal(key, 7);
    others->told += count;
    others->portions++;
    others->charged = charged;
    others->context = context;
}

static const struct router_ops others_ops = { .take = others_take, .charge = others_charge };

static struct limiter *shared_limiter(struct others *others, double per_second, double burst)
{
    *others = (struct others){ .router.v = &others_ops, .answer = ROUTER_YES };
    struct limiter *limiter = limiter_new_burst(per_second, burst, 100);
    limiter_share(limiter, &others->router, "test");
    return limiter;
}

static void a_text_is_refused_when_other_nodes_took_what_there_was(void **state)
{
    (void)state;
    struct others others;
    unsigned retry_after_s;
    struct limiter *limiter = shared_limiter(&others, 0.1, 10);
    assert_true(limiter_take_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    assert_true(limiter_peek_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    assert_int_equal(others.asked, 2);
    assert_int_equal(others.peeked, 1);
    others.answer = ROUTER_NO;
    others.wait_ms = 4200;
    assert_false(limiter_take_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    assert_int_equal(retry_after_s, 5);
    assert_false(limiter_peek_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    limiter_free(&limiter);
}

static void a_text_has_this_nodes_limit_while_nobody_answers(void **state)
{
    (void)state;
    struct others others;
    unsigned retry_after_s;
    struct limiter *limiter = shared_limiter(&others, 0.1, 3);
    others.answer = ROUTER_UNKNOWN;
    for (int i = 0; i < 3; i++)
        assert_true(limiter_take_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    assert_false(limiter_take_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    assert_false(limiter_peek_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    assert_int_equal(others.asked, 3); /* What this node refuses needs no asking. */
    limiter_free(&limiter);
}

static void what_is_taken_is_told_in_portions(void **state)
{
    (void)state;
    struct others others;
    struct limiter *limiter = shared_limiter(&others, 1, 80);
    assert_int_equal(taken(limiter, 7, START, 9), 9);
    assert_int_equal(others.portions, 0);
    assert_int_equal(taken(limiter, 7, START, 71), 71);
    assert_int_equal(others.portions, 8);
    assert_int_equal(others.told, 80);
    for (int i = 0; i < 20; i++)
        limiter_charge(limiter, 7, START);
    assert_int_equal(others.told, 100);
    assert_int_equal(taken(limiter, 7, START, 100), 0);
    assert_int_equal(others.told, 100); /* What is refused is not taken. */
    limiter_free(&limiter);
}

static void what_others_took_is_missing_here(void **state)
{
    (void)state;
    struct others others;
    struct limiter *limiter = shared_limiter(&others, 1, 80);
    assert_int_equal(taken(limiter, 7, START, 10), 10);
    assert_int_equal(others.portions, 1);
    assert_int_equal(taken(limiter, 7, START, 4), 4);
    others.charged(others.context, 7, 30); /* so that of 70 others took 40 */
    assert_int_equal(taken(limiter, 7, START, 100), 26);
    others.charged(others.context, 7, 70); /* A late answer gives nothing back. */
    assert_int_equal(taken(limiter, 7, START, 100), 0);
    others.charged(others.context, 7, -40);
    assert_int_equal(taken(limiter, 7, START + 40000, 100), 0);
    assert_in_range(taken(limiter, 7, START + 60000, 100), 10, 20);
    others.charged(others.context, 8, 0); /* of a key that is not known any more */
    limiter_free(&limiter);
}

static void a_limiter_that_never_refuses_tells_nobody(void **state)
{
    (void)state;
    struct others others;
    unsigned retry_after_s;
    struct limiter *limiter = shared_limiter(&others, 0, 10);
    for (int i = 0; i < 100; i++)
        assert_true(limiter_take_text(limiter, STR("192.0.2.1"), START, &retry_after_s));
    assert_int_equal(taken(limiter, 7, START, 100), 100);
    assert_int_equal(others.asked + others.portions, 0);
    limiter_free(&limiter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_gets_its_number_at_once_and_no_more),
        cmocka_unit_test(keys_are_independent),
        cmocka_unit_test(zero_a_minute_never_refuses),
        cmocka_unit_test(what_was_taken_comes_back_evenly),
        cmocka_unit_test(the_refused_are_told_when_there_is_one_again),
        cmocka_unit_test(peeking_takes_nothing_and_remembers_nobody),
        cmocka_unit_test(time_that_goes_back_gives_nothing_twice),
        cmocka_unit_test(when_it_is_full_the_recovered_are_forgotten_first),
        cmocka_unit_test(a_flood_of_keys_stays_within_the_bound),
        cmocka_unit_test(threads_share_one_bucket),
        cmocka_unit_test(a_rate_and_a_reserve_of_their_own),
        cmocka_unit_test(a_charge_beyond_the_reserve_says_how_long_to_wait),
        cmocka_unit_test(a_text_is_refused_when_other_nodes_took_what_there_was),
        cmocka_unit_test(a_text_has_this_nodes_limit_while_nobody_answers),
        cmocka_unit_test(what_is_taken_is_told_in_portions),
        cmocka_unit_test(what_others_took_is_missing_here),
        cmocka_unit_test(a_limiter_that_never_refuses_tells_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
