/* test_contact.c: friendships, groups and joining them. */
#include "chat_fixture.h"

#include <stdio.h>

#include "chat/contact.h"
#include "chat/group.h"

#define A "Alice@x.cc"
#define B "bob@x.cc"

static enum err added(struct chat *chat, int64_t actor, const char *email, const char *peer)
{
    return contact_add(&chat->tx, &(struct actor){ actor, str_from(email) }, str_from(peer));
}

static enum err joined(struct chat *chat, int64_t actor, const char *email, const char *group)
{
    return contact_join(&chat->tx, &(struct actor){ actor, str_from(email) }, str_from(group));
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

static void joining_makes_a_member_and_tells_the_group(void **state)
{
    struct chat *chat = *state;
    struct member member;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t group = group_make(chat, a, A, "g");
    char text[24];
    char padded[32];
    snprintf(text, sizeof(text), "%lld", (long long)group);
    snprintf(padded, sizeof(padded), "00%s", text);
    sent(chat, draft_group(a, A, text, "before"));
    assert_ok(joined(chat, b, B, padded));
    const struct event *event = event_only(chat, EVENT_JOINED);
    assert_int_equal(event->chat, group);
    assert_int_equal(event->actor, b);
    assert_str(B, event->actor_email);
    assert_str(text, event->dst);
    assert_false(event->founded);
    assert_true(event->created_ms == NOW);
    assert_ok(member_get(chat->tx.db, group, b, &member));
    assert_int_equal(member.role, ROLE_MEMBER);
    struct member_chat_list list; /* What was said before is no news. */
    assert_ok(member_chats(chat->tx.db, &chat->scratch, b, 0, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows[0].delivered, 1);
    assert_int_equal(list.rows[0].head, 1);
}

static void joining_fails_for_a_member_and_for_what_is_no_group(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)group_make(chat, a, A, "g"));
    assert_err(ERR_EXISTS, joined(chat, a, A, text));
    befriend(chat, a, A, B);
    char direct[24];
    snprintf(direct, sizeof(direct), "%lld", (long long)chat_id_direct(a, b));
    static const char *const others[] = {
        "", "0", "-1", "99999999", "1000x", " 1000", "1000 ", "1e3", B, "9223372036854775807", "9223372036854775808"
    };
    assert_err(ERR_NOT_FOUND, joined(chat, b, B, direct));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_err(ERR_NOT_FOUND, joined(chat, b, B, others[i]));
    events_none(chat);
}

static void a_founder_owns_the_group_and_is_its_first_member(void **state)
{
    struct chat *chat = *state;
    struct directory_member member;
    struct group group;
    int64_t a = user_make(chat->store, A);
    struct group_draft draft = {
        .name = STR("早茶 & <co>"), .icon = STR("http://x/y.png"), .memo = STR("m"), .owner = a, .owner_email = STR(A)
    };
    assert_ok(group_create(&chat->tx, &draft, &chat->scratch, &group));
    assert_true(group.id >= GROUP_ID_FIRST);
    assert_str("早茶 & <co>", group.name);
    assert_str("http://x/y.png", group.icon);
    assert_str("m", group.memo);
    assert_str(A, group.owner_email);
    assert_true(group.created_ms == NOW);
    const struct event *event = event_only(chat, EVENT_JOINED);
    assert_true(event->founded);
    assert_int_equal(event->chat, group.id);
    assert_int_equal(event->actor, a);
    assert_ok(directory_member(chat->tx.directory, chat->tx.db, group.id, a, &member));
    assert_int_equal(member.role, ROLE_OWNER);
    int64_t first = group.id;
    assert_ok(group_create(&chat->tx, &draft, &chat->scratch, &group)); /* the same name is fine */
    assert_int_equal(group.id, first + 1);
}

static enum err checked(struct str name, struct str icon, struct str memo)
{
    return group_draft_check(&(struct group_draft){ .name = name, .icon = icon, .memo = memo });
}

static void a_groups_texts_have_their_bounds(void **state)
{
    (void)state;
    char a[600];
    memset(a, 'a', sizeof(a));
    struct str name = { a, 64 };
    assert_ok(checked(STR("g"), STR_NONE, STR_NONE));
    assert_ok(checked(name, (struct str){ a, 255 }, (struct str){ a, 512 }));
    assert_ok(checked(STR("g"), STR(""), STR("two\nlines\tand a tab\r\n")));
    assert_err(ERR_ARG, checked(STR_NONE, STR_NONE, STR_NONE));
    assert_err(ERR_ARG, checked(STR(""), STR_NONE, STR_NONE));
    assert_err(ERR_ARG, checked((struct str){ a, 65 }, STR_NONE, STR_NONE));
    assert_err(ERR_ARG, checked(STR("a\nb"), STR_NONE, STR_NONE));
    assert_err(ERR_ARG, checked(STR("a\xff"), STR_NONE, STR_NONE));
    assert_err(ERR_ARG, checked(name, (struct str){ a, 256 }, STR_NONE));
    assert_err(ERR_ARG, checked(name, STR("a\nb"), STR_NONE));
    assert_err(ERR_ARG, checked(name, STR_NONE, (struct str){ a, 513 }));
    assert_err(ERR_ARG, checked(name, STR_NONE, STR("a\x01")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(adding_makes_both_friends_and_tells_both),
        chat_test(adding_fails_for_a_friend_oneself_and_nobody),
        chat_test(joining_makes_a_member_and_tells_the_group),
        chat_test(joining_fails_for_a_member_and_for_what_is_no_group),
        chat_test(a_founder_owns_the_group_and_is_its_first_member),
        cmocka_unit_test(a_groups_texts_have_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
