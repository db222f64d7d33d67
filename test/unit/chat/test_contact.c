/* test_contact.c: friendships. */
#include "chat_fixture.h"

#include <stdio.h>

#include "chat/contact.h"
#include "chat/membership.h"
#include "chat/policy.h"

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
    assert_int_equal(chat->events.count, 2);
    assert_int_equal(chat->events.items[0].type, EVENT_FRIENDS);
    const struct event *event = &chat->events.items[0];
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

/* ---- requests and blocks ---- */

static struct actor actor_of(int64_t id, const char *email)
{
    return (struct actor){ id, str_from(email) };
}

static enum err ask(struct chat *chat, int64_t actor, const char *email, const char *peer, const char *words,
                    struct contact_asked *out)
{
    struct actor who = actor_of(actor, email);
    return contact_ask(&chat->tx, &who, str_from(peer), str_from(words), out);
}

/* The only event since the last call: a frame 30 of that op, told to that scope. */
static const struct event *op_only(struct chat *chat, const char *op, enum event_scope scope)
{
    const struct event *event = event_only(chat, EVENT_UPDATE);
    char start[32];
    int size = snprintf(start, sizeof(start), "\"op\":\"%s\"", op);
    assert_int_equal(event->cmd, 30);
    assert_int_equal(event->scope, scope);
    assert_true(event->body.size >= (size_t)size && memcmp(event->body.ptr, start, (size_t)size) == 0);
    return event;
}

static void a_request_waits_where_the_policy_says_so(void **state)
{
    struct chat *chat = *state;
    struct contact_asked asked;
    bool friends;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    chat->policy.contact_requests = true;
    assert_ok(ask(chat, a, A, B, "hi", &asked));
    assert_false(asked.accepted);
    assert_true(asked.id > 0);
    const struct event *event = op_only(chat, "request", EVENT_TO_CHAT);
    assert_true(event->chat == chat_id_direct(a, b));
    assert_ok(contact_exists(chat->tx.db, a, b, &friends));
    assert_false(friends);
    int64_t id = asked.id;
    assert_ok(ask(chat, a, A, B, "again", &asked));
    assert_int_equal(asked.id, id);
    op_only(chat, "request", EVENT_TO_CHAT);
    assert_ok(ask(chat, a, A, B, "and again", &asked));
    events_none(chat);
    assert_ok(ask(chat, b, B, A, NULL, &asked)); /* The other way round it is an answer. */
    assert_true(asked.accepted);
    assert_int_equal(chat->events.items[0].type, EVENT_FRIENDS);
    assert_int_equal(chat->events.items[0].actor, a); /* v1 reads that he added who asked him first. */
    assert_str(A, chat->events.items[0].actor_email);
    assert_str(B, chat->events.items[0].dst);
    assert_int_equal(chat->events.items[1].actor, b);
    assert_ok(contact_exists(chat->tx.db, a, b, &friends));
    assert_true(friends);
}

static void five_hundred_requests_of_one_sender_may_wait(void **state)
{
    struct chat *chat = *state;
    struct contact_asked asked;
    int64_t a = user_make(chat->store, A);
    user_make(chat->store, B);
    user_make(chat->store, "last@x.cc");
    chat->policy.contact_requests = true;
    store_run(chat->store, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 499)"
                           " INSERT INTO contact_request (sender, receiver, state, told, created, changed)"
                           " SELECT 1, 1000 + i, 0, 1, 0, 0 FROM n");
    assert_int_equal(a, 1);
    assert_ok(ask(chat, a, A, B, NULL, &asked));
    chat->events.count = 0;
    assert_err(ERR_LIMITED, ask(chat, a, A, "last@x.cc", NULL, &asked));
    assert_ok(ask(chat, a, A, B, "one that waits may be repeated", &asked));
    chat->events.count = 0;
    store_run(chat->store, "UPDATE contact_request SET state = 2 WHERE receiver = 1001");
    assert_ok(ask(chat, a, A, "last@x.cc", NULL, &asked));
}

static void a_block_stops_messages_at_once_and_ending_it_lets_them_pass(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    struct actor blocker = actor_of(b, B);
    struct message_draft there = draft_direct(a, A, B, "x");
    struct message_draft back = draft_direct(b, B, A, "x");
    befriend(chat, a, A, B);
    sent(chat, there); /* Both are in the writer's cache now. */
    assert_ok(contact_block(&chat->tx, &blocker, STR(A)));
    assert_int_equal(chat->events.count, 2);
    assert_int_equal(chat->events.items[0].type, EVENT_HIDDEN);
    assert_int_equal(chat->events.items[0].users[1], a);
    assert_int_equal(chat->events.items[1].scope, EVENT_TO_ACTOR);
    chat->events.count = 0;
    assert_err(ERR_BLOCKED, message_send(&chat->tx, &there, NULL));
    assert_err(ERR_BLOCKED, message_send(&chat->tx, &back, NULL));
    assert_ok(contact_block(&chat->tx, &blocker, STR(A)));
    events_none(chat);
    assert_ok(contact_unblock(&chat->tx, &blocker, STR(A)));
    op_only(chat, "unblock", EVENT_TO_ACTOR);
    assert_ok(contact_unblock(&chat->tx, &blocker, STR(A)));
    events_none(chat);
    assert_int_equal(sent(chat, there), 2);
    assert_ok(contact_remove(&chat->tx, &blocker, STR(A)));
    op_only(chat, "remove", EVENT_TO_CHAT);
    assert_err(ERR_BLOCKED, message_send(&chat->tx, &there, NULL));
    assert_err(ERR_BLOCKED, contact_remove(&chat->tx, &blocker, STR(A)));
}

static void two_thousand_people_may_be_blocked(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    user_make(chat->store, B);
    user_make(chat->store, "last@x.cc");
    struct actor actor = actor_of(a, A);
    store_run(chat->store, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1999)"
                           " INSERT INTO block (owner, peer, created) SELECT 1, 1000 + i, 0 FROM n");
    assert_ok(contact_block(&chat->tx, &actor, STR(B)));
    chat->events.count = 0;
    assert_err(ERR_LIMITED, contact_block(&chat->tx, &actor, STR("last@x.cc")));
    events_none(chat);
}

/* Each side blocks: what the first block left in the other's eyes goes with the second. */
static void a_request_between_two_who_block_each_other_is_gone(void **state)
{
    struct chat *chat = *state;
    struct contact_asked asked;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    struct actor first = actor_of(a, A);
    struct actor second = actor_of(b, B);
    chat->policy.contact_requests = true;
    assert_ok(ask(chat, a, A, B, NULL, &asked));
    assert_ok(contact_block(&chat->tx, &second, STR(A)));
    assert_int_equal(1, store_number(chat->store, "SELECT COUNT(*) FROM contact_request WHERE state = 4"));
    assert_ok(contact_block(&chat->tx, &first, STR(B)));
    assert_int_equal(0, store_number(chat->store, "SELECT COUNT(*) FROM contact_request"));
    chat->events.count = 0;
}

/* ---- who may be watched ---- */

static void friends_and_people_of_ones_chats_may_be_watched_unless_they_block(void **state)
{
    struct chat *chat = *state;
    char group[24];
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t c = user_make(chat->store, "carol@x.cc");
    struct actor blocker = actor_of(b, B);
    struct actor joiner = actor_of(c, "carol@x.cc");
    bool waits;
    assert_ok(policy_watch(chat->tx.db, a, a));
    assert_err(ERR_DENIED, policy_watch(chat->tx.db, a, b));
    befriend(chat, a, A, B);
    assert_ok(policy_watch(chat->tx.db, a, b));
    assert_err(ERR_DENIED, policy_watch(chat->tx.db, a, c));
    snprintf(group, sizeof(group), "%lld", (long long)group_make(chat, a, A, "g"));
    assert_ok(membership_join(&chat->tx, &joiner, str_from(group), STR_NONE, &waits));
    assert_ok(policy_watch(chat->tx.db, a, c));
    assert_ok(policy_watch(chat->tx.db, c, a));
    assert_err(ERR_DENIED, policy_watch(chat->tx.db, b, c));
    assert_ok(contact_block(&chat->tx, &blocker, STR(A)));
    assert_err(ERR_DENIED, policy_watch(chat->tx.db, a, b));
    assert_err(ERR_DENIED, policy_see_presence(chat->tx.db, a, b));
    assert_ok(policy_watch(chat->tx.db, b, a));
    chat->events.count = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(adding_makes_both_friends_and_tells_both),
        chat_test(adding_fails_for_a_friend_oneself_and_nobody),
        chat_test(a_request_waits_where_the_policy_says_so),
        chat_test(five_hundred_requests_of_one_sender_may_wait),
        chat_test(a_block_stops_messages_at_once_and_ending_it_lets_them_pass),
        chat_test(two_thousand_people_may_be_blocked),
        chat_test(a_request_between_two_who_block_each_other_is_gone),
        chat_test(friends_and_people_of_ones_chats_may_be_watched_unless_they_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
