/* test_ticket.c: tickets are good once, and for half a minute. */
#include "unit.h"

#include "auth/ticket.h"

#include <ctype.h>
#include <pthread.h>

#define NOW ((int64_t)1000000)

static const struct ticket_holder holder = { 7, 70 };

static struct str issued(struct tickets *tickets, int64_t now_ms, char text[TICKET_SIZE])
{
    assert_int_equal(ticket_issue(tickets, &holder, now_ms, text), OK);
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
    struct tickets *tickets = tickets_new(8);
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
    struct tickets *tickets = tickets_new(8);
    char text[TICKET_SIZE];
    assert_int_equal(TICKET_LIFE_MS, 30000);
    assert_int_equal(taken(tickets, issued(tickets, NOW, text), NOW + TICKET_LIFE_MS), OK);
    assert_int_equal(taken(tickets, issued(tickets, NOW, text), NOW + TICKET_LIFE_MS + 1), ERR_DENIED);
    assert_int_equal(taken(tickets, (struct str){ text, TICKET_SIZE }, NOW),
                     ERR_DENIED); /* It was shown: it is gone. */
    tickets_free(&tickets);
}

static void what_is_no_ticket_is_denied(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(8);
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
    struct tickets *others_tickets = tickets_new(8);
    assert_int_equal(taken(others_tickets, good, NOW), ERR_DENIED);
    tickets_free(&others_tickets);
    assert_int_equal(taken(tickets, good, NOW), OK);
    tickets_free(&tickets);
}

static void too_many_tickets_are_refused_until_old_ones_end(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(3);
    char text[4][TICKET_SIZE];
    for (size_t i = 0; i < 3; i++)
        issued(tickets, NOW + (int64_t)i, text[i]);
    assert_int_equal(ticket_issue(tickets, &holder, NOW + 3, text[3]), ERR_FULL);
    assert_int_equal(taken(tickets, (struct str){ text[0], TICKET_SIZE }, NOW + 3), OK);
    issued(tickets, NOW + 3, text[0]);
    assert_int_equal(ticket_issue(tickets, &holder, NOW + 4, text[3]), ERR_FULL);
    issued(tickets, NOW + 2 + TICKET_LIFE_MS, text[3]); /* the second one's time is over, the third one's not */
    assert_int_equal(taken(tickets, (struct str){ text[1], TICKET_SIZE }, NOW + 2), ERR_DENIED);
    assert_int_equal(taken(tickets, (struct str){ text[2], TICKET_SIZE }, NOW + 2 + TICKET_LIFE_MS), OK);
    assert_int_equal(taken(tickets, (struct str){ text[3], TICKET_SIZE }, NOW + 2 + TICKET_LIFE_MS), OK);
    tickets_free(&tickets);
}

#define THREADS 4
#define ROUNDS 2000

static void *threads_run(void *context)
{
    for (size_t i = 0; i < ROUNDS; i++) {
        char text[TICKET_SIZE];
        struct ticket_holder out;
        if (ticket_issue(context, &holder, NOW, text) != OK ||
            ticket_take(context, (struct str){ text, TICKET_SIZE }, NOW, &out) != OK)
            return context;
    }
    return NULL;
}

static void threads_share_tickets(void **state)
{
    (void)state;
    struct tickets *tickets = tickets_new(THREADS * ROUNDS);
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
        cmocka_unit_test(too_many_tickets_are_refused_until_old_ones_end),
        cmocka_unit_test(threads_share_tickets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
