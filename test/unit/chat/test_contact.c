/* test_contact.c: friendships. */
#include "chat_fixture.h"

#include "chat/contact.h"

#define A "Alice@x.cc"
#define B "bob@x.cc"

static enum err added(struct chat *chat, int64_t actor, const char *email, const char *peer)
{
    return contact_add(&chat->tx, &(struct actor){ actor, str_from(email) }, str_from(peer));
}

static void adding_makes_both_friends_and_tells_both(void **state)
{
    struct chat *chat = *state;
    bool friends = false;
    struct member member;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    assert_ok(added(chat, b, B, "ALICE@X.CC"));
    const struct event *event = event_only(chat, EVENT_FRIENDS);
    assert_int_equal(event->actor, b);
    assert_int_equal(event->users[0], b);
    assert_int_equal(event->users[1], a);
    assert_str(B, event->actor_email);
    assert_str(A, event->dst);
    assert_true(event->chat == chat_id_direct(a, b));
    assert_true(event->created_ms == NOW);
    assert_ok(contact_exists(chat->tx.db, a, b, &friends));
    assert_true(friends);
    friends = false;
    assert_ok(contact_exists(chat->tx.db, b, a, &friends));
    assert_true(friends);
    assert_ok(member_get(chat->tx.db, event->chat, a, &member));
    assert_ok(member_get(chat->tx.db, event->chat, b, &member));
    /* The chat's log is untouched: the first message has seq 1. */
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM message"), 0);
}

static void adding_fails_for_a_friend_oneself_and_nobody(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    assert_err(ERR_ARG, added(chat, a, A, "alice@X.cc"));
    assert_err(ERR_NOT_FOUND, added(chat, a, A, "nobody@x.cc"));
    assert_err(ERR_NOT_FOUND, added(chat, a, A, ""));
    events_none(chat);
    befriend(chat, a, A, B);
    assert_err(ERR_EXISTS, added(chat, a, A, B));
    assert_err(ERR_EXISTS, added(chat, b, B, A));
    events_none(chat);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM contact"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(adding_makes_both_friends_and_tells_both),
        chat_test(adding_fails_for_a_friend_oneself_and_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
