/* test_presence.c: friends hear of the first session and of the last. */
#include "chat_fixture.h"

#include "chat/presence.h"
#include "store/block.h"

#define A "Alice@x.cc"
#define B "bob@x.cc"
#define C "carol@x.cc"

static void opened(struct chat *chat, int64_t user)
{
    chat->tx.router->v->session_opened(chat->tx.router, user);
    assert_ok(presence_changed(&chat->tx, user, STR(A)));
}

static void closed(struct chat *chat, int64_t user)
{
    chat->tx.router->v->session_closed(chat->tx.router, user);
    assert_ok(presence_changed(&chat->tx, user, STR(A)));
}

static void friends_are_told_once_of_the_first_session_and_of_the_last(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t c = user_make(chat->store, C);
    user_make(chat->store, "stranger@x.cc");
    befriend(chat, a, A, B);
    befriend(chat, c, C, A);
    opened(chat, a);
    const struct event *event = event_only(chat, EVENT_PRESENCE);
    assert_true(event->online);
    assert_int_equal(event->actor, a);
    assert_str(A, event->actor_email);
    assert_int_equal(event->target_count, 2);
    assert_int_equal(event->targets[0] + event->targets[1], b + c);
    assert_int_not_equal(event->targets[0], event->targets[1]);
    opened(chat, a);
    opened(chat, a);
    closed(chat, a);
    closed(chat, a);
    events_none(chat);
    closed(chat, a);
    event = event_only(chat, EVENT_PRESENCE);
    assert_false(event->online);
    assert_int_equal(event->target_count, 2);
}

/* The jobs of two loops may arrive after both sessions have come and gone:
 * what counts is how it is now. */
static void a_notice_that_is_late_tells_how_it_is_now(void **state)
{
    struct chat *chat = *state;
    struct router *router = chat->tx.router;
    int64_t a = user_make(chat->store, A);
    user_make(chat->store, B);
    befriend(chat, a, A, B);
    router->v->session_opened(router, a);
    router->v->session_closed(router, a);
    assert_ok(presence_changed(&chat->tx, a, STR(A)));
    assert_ok(presence_changed(&chat->tx, a, STR(A)));
    events_none(chat);
    router->v->session_opened(router, a);
    assert_ok(presence_changed(&chat->tx, a, STR(A)));
    assert_true(event_only(chat, EVENT_PRESENCE)->online);
    router->v->session_closed(router, a); /* a reconnect, seen as one change or none */
    router->v->session_opened(router, a);
    assert_ok(presence_changed(&chat->tx, a, STR(A)));
    assert_ok(presence_changed(&chat->tx, a, STR(A)));
    events_none(chat);
}

static void online_and_offline_alternate_whatever_the_order_of_jobs(void **state)
{
    struct chat *chat = *state;
    struct router *router = chat->tx.router;
    uint64_t seed = seed_take();
    int64_t a = user_make(chat->store, A);
    user_make(chat->store, B);
    befriend(chat, a, A, B);
    unsigned sessions = 0;
    unsigned jobs = 0;
    bool told = false;
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t what = seed_next(&seed) % 3;
        if (what == 0 && sessions < 3) {
            router->v->session_opened(router, a);
            sessions++;
            jobs++;
        } else if (what == 1 && sessions > 0) {
            router->v->session_closed(router, a);
            sessions--;
            jobs++;
        } else if (jobs > 0) {
            jobs--;
            assert_ok(presence_changed(&chat->tx, a, STR(A)));
            if (chat->events.count > 0) {
                told = !told;
                assert_int_equal(event_only(chat, EVENT_PRESENCE)->online, told);
            }
            assert_int_equal(told, sessions > 0);
        }
    }
}

/* Those who watch him are told. */
static void who_has_no_friends_is_announced_to_no_friends(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    user_make(chat->store, B);
    opened(chat, a);
    assert_int_equal(event_only(chat, EVENT_PRESENCE)->target_count, 0);
    befriend(chat, a, A, B);
    opened(chat, a); /* No second announcement for a friendship made meanwhile. */
    events_none(chat);
    closed(chat, a);
    closed(chat, a);
    assert_false(event_only(chat, EVENT_PRESENCE)->online);
}

static void users_are_announced_each_for_themselves(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    befriend(chat, a, A, B);
    opened(chat, a);
    assert_int_equal(event_only(chat, EVENT_PRESENCE)->targets[0], b);
    opened(chat, b);
    assert_int_equal(event_only(chat, EVENT_PRESENCE)->targets[0], a);
    closed(chat, a);
    assert_int_equal(event_only(chat, EVENT_PRESENCE)->actor, a);
}

static void whom_one_blocks_hears_nothing(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t c = user_make(chat->store, C);
    befriend(chat, a, A, B);
    befriend(chat, a, A, C);
    assert_ok(block_insert(chat->tx.db, a, b, NOW));
    opened(chat, a);
    const struct event *event = event_only(chat, EVENT_PRESENCE);
    assert_int_equal(event->target_count, 1);
    assert_int_equal(event->targets[0], c);
    closed(chat, a);
    assert_int_equal(event_only(chat, EVENT_PRESENCE)->target_count, 1);
    opened(chat, b); /* The other way round he is told. */
    assert_int_equal(event_only(chat, EVENT_PRESENCE)->targets[0], a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(friends_are_told_once_of_the_first_session_and_of_the_last),
        chat_test(a_notice_that_is_late_tells_how_it_is_now),
        chat_test(online_and_offline_alternate_whatever_the_order_of_jobs),
        chat_test(who_has_no_friends_is_announced_to_no_friends),
        chat_test(whom_one_blocks_hears_nothing),
        chat_test(users_are_announced_each_for_themselves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
