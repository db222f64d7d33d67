/* test_ticket.c: tickets are good once, and for half a minute. */
#include "unit.h"

#include "auth/ticket.h"
#include "route/router.h"

#include <ctype.h>
#include <pthread.h>

#define NOW INT64_C(1764100000000)

static const struct ticket_holder holder = { 7, INT64_C(0x7fffffff12345678) };
static const unsigned char key[TICKET_KEY_SIZE] = { 1, 2, 3 };

static struct str issued(struct tickets *tickets, int64_t now_ms, char text[TICKET_SIZE])
{
    ticket_issue(tickets, &holder, now_ms, text);
    return (struct str){ text, TICKET_SIZE };
}

static enum err taken(struct tickets *tickets, struct str ticket, int64_t now_ms)
{
    struct ticket_holder out = { 0 };
    enum err err = ticket_take(tickets, ticket, now_ms, &out);
    if (err == OK) {
        assert_int_equal(out.user, holder.user);
        assert_int_equal(out.login, holder.login);
    }
    return err;
}

static void a_ticket_is_good_once(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(key, NULL);
    char one[TICKET_SIZE];
    char two[TICKET_SIZE];
    struct str first = issued(tickets, NOW, one);
    struct str second = issued(tickets, NOW, two);
    assert_false(str_equal(first, second));
    for (size_t i = 0; i < first.size; i++)
        assert_true(isdigit((unsigned char)one[i]) || (one[i] >= 'A' && one[i] <= 'F'));
    assert_int_equal(taken(tickets, second, NOW), OK);
    assert_int_equal(taken(tickets, second, NOW), ERR_DENIED);
    assert_int_equal(taken(tickets, first, NOW), OK);
    assert_int_equal(taken(tickets, first, NOW), ERR_DENIED);
    tickets_free(&tickets);
    assert_null(tickets);
    tickets_free(&tickets);
}

static void a_ticket_lasts_half_a_minute(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(key, NULL);
    char text[TICKET_SIZE];
    assert_int_equal(TICKET_LIFE_MS, 30000);
    assert_int_equal(taken(tickets, issued(tickets, NOW, text), NOW + TICKET_LIFE_MS), OK);
    assert_int_equal(taken(tickets, issued(tickets, NOW, text), NOW + TICKET_LIFE_MS + 1), ERR_DENIED);
    assert_int_equal(taken(tickets, issued(tickets, NOW, text), NOW - TICKET_SKEW_MS), OK);
    assert_int_equal(taken(tickets, issued(tickets, NOW, text), NOW - TICKET_SKEW_MS - 1), ERR_DENIED);
    tickets_free(&tickets);
}

static void what_is_no_ticket_is_denied(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(key, NULL);
    char text[TICKET_SIZE + 1] = { 0 };
    char lower[TICKET_SIZE];
    struct str good = issued(tickets, NOW, text);
    for (size_t i = 0; i < good.size; i++)
        lower[i] = (char)tolower((unsigned char)text[i]);
    static const char *const others[] = { "", "0", "00000000000000000000000000000000",
                                          "GGGGGGGGGGGGGGGGGGGGGGGGGGGGGGGG" };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(taken(tickets, str_from(others[i]), NOW), ERR_DENIED);
    assert_int_equal(taken(tickets, (struct str){ text, TICKET_SIZE - 1 }, NOW), ERR_DENIED);
    assert_int_equal(taken(tickets, (struct str){ text, TICKET_SIZE + 1 }, NOW), ERR_DENIED);
    if (memcmp(lower, text, TICKET_SIZE) != 0)
        assert_int_equal(taken(tickets, (struct str){ lower, TICKET_SIZE }, NOW), ERR_DENIED);
    for (size_t i = 0; i < TICKET_SIZE; i++) { /* not with one digit changed */
        char changed[TICKET_SIZE];
        memcpy(changed, text, TICKET_SIZE);
        changed[i] = changed[i] == '7' ? '8' : '7';
        assert_int_equal(taken(tickets, (struct str){ changed, TICKET_SIZE }, NOW), ERR_DENIED);
    }
    static const unsigned char other_key[TICKET_KEY_SIZE] = { 1, 2, 4 };
    struct tickets *others_tickets = tickets_new(other_key, NULL);
    assert_int_equal(taken(others_tickets, good, NOW), ERR_DENIED);
    tickets_free(&others_tickets);
    assert_int_equal(taken(tickets, good, NOW), OK);
    tickets_free(&tickets);
}

static void no_ticket_is_good_twice_however_late(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(key, NULL);
    char text[TICKET_SIZE];
    struct str ticket = issued(tickets, NOW, text);
    assert_int_equal(taken(tickets, ticket, NOW - TICKET_SKEW_MS), OK);
    for (int64_t now_ms = NOW - TICKET_SKEW_MS; now_ms <= NOW + 10 * TICKET_LIFE_MS; now_ms += 500)
        assert_int_equal(taken(tickets, ticket, now_ms), ERR_DENIED);
    tickets_free(&tickets);
}

/* Another node, which has seen a ticket or does not answer. */
struct other {
    struct router router; /* first */
    enum router_answer answer;
};

static enum router_answer other_take(struct router *router, const struct router_bucket *bucket, struct str text,
                                     bool peek, int64_t *wait_ms)
{
    assert_string_equal(bucket->name, "tickets");
    assert_int_equal(text.size, TICKET_SIZE);
    assert_false(peek);
    *wait_ms = 1;
    return ((struct other *)router)->answer;
}

static void a_ticket_of_one_node_is_good_on_another_unless_it_was_used(void **state)
{
    (void)state;
    static const struct router_ops ops = { .take = other_take };
    struct other other = { .router.v = &ops, .answer = ROUTER_YES };
    struct tickets *here = tickets_new(key, &other.router);
    struct tickets *there = tickets_new(key, &other.router);
    char text[TICKET_SIZE];
    assert_int_equal(taken(there, issued(here, NOW, text), NOW), OK);
    other.answer = ROUTER_NO;
    assert_int_equal(taken(here, (struct str){ text, TICKET_SIZE }, NOW), ERR_DENIED);
    other.answer = ROUTER_UNKNOWN;
    assert_int_equal(taken(there, issued(here, NOW, text), NOW), OK);
    assert_int_equal(taken(there, (struct str){ text, TICKET_SIZE }, NOW), ERR_DENIED);
    tickets_free(&here);
    tickets_free(&there);
}

#define THREADS 4
#define ROUNDS 2000

static void *threads_run(void *context)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        char text[TICKET_SIZE];
        struct ticket_holder out;
        ticket_issue(context, &holder, NOW, text);
        if (ticket_take(context, (struct str){ text, TICKET_SIZE }, NOW, &out) != OK)
            return context;
    }
    return NULL;
}

static void threads_share_tickets(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(key, NULL);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, threads_run, tickets), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
    tickets_free(&tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_is_good_once),
        cmocka_unit_test(a_ticket_lasts_half_a_minute),
        cmocka_unit_test(what_is_no_ticket_is_denied),
        cmocka_unit_test(no_ticket_is_good_twice_however_late),
        cmocka_unit_test(a_ticket_of_one_node_is_good_on_another_unless_it_was_used),
        cmocka_unit_test(threads_share_tickets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
