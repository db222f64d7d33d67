/* test_follow_carried.c: what came along with a hint spares a look at the journal, and is believed as far as it fits. */
#include "shared_fixture.h"

#include "chat/shared_private.h"

/* Whoever read the newest row in the journal could do nothing with it. */
#define SPOIL_THE_LAST "UPDATE journal SET events = x'ffffff' WHERE number = (SELECT MAX(number) FROM journal)"

static uint64_t carried_count(struct node *node)
{
    struct shared_stats stats;
    core_shared_stats(node->core, &stats);
    return stats.carried;
}

static void send_first(struct pair *pair, const char *text)
{
    assert_ok(send_text(pair->first, pair->a, A, A, text));
}

/* The hint of all that the first has committed, with what went along since it was last asked. */
static void hint(struct pair *pair)
{
    struct buf rows = node_outgoing(pair->first);
    core_committed_elsewhere(pair->second->core, core_published(pair->first->core), buf_str(&rows));
    buf_release(&rows);
}

static void forget_outgoing(struct pair *pair)
{
    struct buf rows = node_outgoing(pair->first);
    assert_true(rows.size > 0);
    buf_release(&rows);
}

static void fresh(struct pair *pair)
{
    *pair = pair_asleep(true);
    struct buf rows = node_outgoing(pair->first); /* of how they met */
    buf_release(&rows);
}

static void what_came_along_is_told_without_a_look(void **state)
{
    (void)state;
    struct pair pair;
    fresh(&pair);
    for (size_t i = 1; i <= 3; i++) {
        send_first(&pair, "x");
        store_forgets(&pair, SPOIL_THE_LAST);
        hint(&pair);
        await_messages(pair.second, i);
    }
    assert_int_equal(core_published(pair.second->core), core_published(pair.first->core));
    assert_int_equal(carried_count(pair.second), 3);
    assert_int_equal(carried_count(pair.first), 0);
    pair_free(&pair);
}

static void a_batch_takes_over_what_came_along(void **state)
{
    (void)state;
    struct pair pair;
    fresh(&pair);
    send_first(&pair, "x");
    store_forgets(&pair, SPOIL_THE_LAST);
    struct buf rows = node_outgoing(pair.first);
    carried_put(pair.second->core->shared->carried, buf_str(&rows)); /* A hint would have it look before. */
    buf_release(&rows);
    assert_ok(send_text(pair.second, pair.a, A, A, "y"));
    await_messages(pair.second, 2);
    assert_int_equal(carried_count(pair.second), 1);
    assert_int_equal(heard(pair.second, EVENT_BEHIND, 0, false), 0);
    pair_free(&pair);
}

/* Both ways, in turns: each names the mark of the other's. */
static void rows_of_two_nodes_fit_behind_each_other(void **state)
{
    (void)state;
    struct pair pair;
    fresh(&pair);
    for (size_t i = 0; i < 3; i++) {
        send_first(&pair, "x");
        hint(&pair);
        await_messages(pair.second, 2 * i + 1);
        assert_ok(send_text(pair.second, pair.a, A, A, "y"));
        struct buf rows = node_outgoing(pair.second);
        core_committed_elsewhere(pair.first->core, core_published(pair.second->core), buf_str(&rows));
        buf_release(&rows);
        await_messages(pair.first, 2 * i + 2);
    }
    assert_int_equal(carried_count(pair.second), 3);
    assert_true(carried_count(pair.first) >= 2); /* The first answer had to come after what they said when they met. */
    pair_free(&pair);
}

static void what_did_not_come_is_read_from_the_journal(void **state)
{
    (void)state;
    struct pair pair;
    fresh(&pair);
    send_first(&pair, "lost on its way");
    forget_outgoing(&pair);
    send_first(&pair, "x");
    hint(&pair);
    await_messages(pair.second, 2);
    assert_int_equal(carried_count(pair.second), 0);
    send_first(&pair, "y");
    hint(&pair);
    await_messages(pair.second, 3);
    assert_int_equal(carried_count(pair.second), 1);
    pair_free(&pair);
}

static void what_somebody_made_up_is_not_told(void **state)
{
    (void)state;
    struct pair pair;
    fresh(&pair);
    send_first(&pair, "x");
    struct buf rows = node_outgoing(pair.first);
    assert_true(rows.size > 0);
    rows.ptr[rows.size - 1] ^= 1;
    core_committed_elsewhere(pair.second->core, core_published(pair.first->core), buf_str(&rows));
    buf_release(&rows);
    await_messages(pair.second, 1);
    assert_int_equal(carried_count(pair.second), 0);
    pair_free(&pair);
}

/* The database lost a row that the first knows, and has another of its number: what follows fits behind neither. */
static void what_fits_behind_another_row_is_not_taken(void **state)
{
    (void)state;
    struct pair pair;
    fresh(&pair);
    send_first(&pair, "x");
    forget_outgoing(&pair);
    store_forgets(&pair, LOSE_THE_LAST);
    core_committed_elsewhere(pair.second->core, core_published(pair.first->core), STR_NONE);
    await_messages(pair.second, 1);
    send_first(&pair, "y");
    hint(&pair);
    await_messages(pair.second, 2);
    assert_int_equal(carried_count(pair.second), 0);
    pair_free(&pair);
}

/* What the journal has is what counts, also for a node that began anew. */
static void a_node_that_began_anew_goes_on_with_what_comes(void **state)
{
    (void)state;
    struct pair pair;
    fresh(&pair);
    send_first(&pair, "lost on its way");
    store_forgets(&pair, "DELETE FROM journal");
    send_first(&pair, "missed");
    forget_outgoing(&pair);
    core_follow(pair.second->core);
    await_heard(pair.second, EVENT_BEHIND, 0, false, 1);
    follow(pair.first, pair.second);
    struct buf rows = node_outgoing(pair.first);
    buf_release(&rows);
    send_first(&pair, "x");
    store_forgets(&pair, SPOIL_THE_LAST);
    hint(&pair);
    await_messages(pair.second, 1);
    assert_true(carried_count(pair.second) >= 1); /* What the first told the new node came along, too. */
    pair_free(&pair);
}

static void large_rows_do_not_go_along(void **state)
{
    (void)state;
    struct pair pair;
    struct buf text = { 0 };
    fresh(&pair);
    buf_reserve(&text, CARRIED_EVENTS_MAX + 1);
    memset(text.ptr, 'x', CARRIED_EVENTS_MAX);
    text.ptr[CARRIED_EVENTS_MAX] = '\0';
    send_first(&pair, text.ptr);
    struct buf rows = node_outgoing(pair.first);
    assert_int_equal(rows.size, 0);
    core_committed_elsewhere(pair.second->core, core_published(pair.first->core), STR_NONE);
    await_messages(pair.second, 1);
    buf_release(&text);
    pair_free(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_came_along_is_told_without_a_look),
        cmocka_unit_test(a_batch_takes_over_what_came_along),
        cmocka_unit_test(rows_of_two_nodes_fit_behind_each_other),
        cmocka_unit_test(what_did_not_come_is_read_from_the_journal),
        cmocka_unit_test(what_somebody_made_up_is_not_told),
        cmocka_unit_test(what_fits_behind_another_row_is_not_taken),
        cmocka_unit_test(a_node_that_began_anew_goes_on_with_what_comes),
        cmocka_unit_test(large_rows_do_not_go_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
