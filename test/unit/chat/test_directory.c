/* test_directory.c: what is remembered is what is stored, until it is dropped. */
#include "chat_fixture.h"

#include <stdio.h>

#define A "Alice@x.cc"
#define B "bob@x.cc"

static void a_user_is_found_by_any_case_and_shown_as_written(void **state)
{
    struct chat *chat = *state;
    struct directory_user user;
    int64_t a = user_make(chat->store, A);
    static const char *const ways[] = { "alice@x.cc", "ALICE@X.CC", A };
    for (size_t round = 0; round < 2; round++)
        for (size_t i = 0; i < 3; i++) {
            assert_ok(directory_user(chat->tx.directory, chat->tx.db, str_from(ways[i]), &user));
            assert_int_equal(user.id, a);
            assert_str(A, user.email);
        }
    assert_err(ERR_NOT_FOUND, directory_user(chat->tx.directory, chat->tx.db, STR("alice@x.c"), &user));
    assert_err(ERR_NOT_FOUND, directory_user(chat->tx.directory, chat->tx.db, STR_NONE, &user));
}

static void somebody_missing_is_found_once_registered(void **state)
{
    struct chat *chat = *state;
    struct directory_user user;
    assert_err(ERR_NOT_FOUND, directory_user(chat->tx.directory, chat->tx.db, STR(A), &user));
    int64_t a = user_make(chat->store, A);
    assert_ok(directory_user(chat->tx.directory, chat->tx.db, STR(A), &user));
    assert_int_equal(user.id, a);
}

static void a_dropped_user_is_asked_for_again(void **state)
{
    struct chat *chat = *state;
    struct directory_user user;
    user_make(chat->store, A);
    assert_ok(directory_user(chat->tx.directory, chat->tx.db, STR(A), &user));
    store_run(chat->store, "UPDATE user SET email_key = NULL");
    assert_ok(directory_user(chat->tx.directory, chat->tx.db, STR(A), &user)); /* remembered */
    directory_drop_user(chat->tx.directory, STR("ALICE@x.cc"));
    assert_err(ERR_NOT_FOUND, directory_user(chat->tx.directory, chat->tx.db, STR(A), &user));
    directory_drop_user(chat->tx.directory, STR(A)); /* nobody there: fine */
    directory_drop_user(chat->tx.directory, STR_NONE);
}

static void forgetting_asks_the_store_about_everything_again(void **state)
{
    struct chat *chat = *state;
    struct directory *directory = chat->tx.directory;
    struct directory_chat *entry;
    struct directory_member member;
    int64_t id;
    int64_t a = user_make(chat->store, A);
    int64_t group = group_make(chat, a, A, "g");
    assert_ok(directory_chat(directory, chat->tx.db, group, &entry));
    entry->head = 77; /* of a batch that was then lost */
    assert_ok(directory_member(directory, chat->tx.db, group, a, &member));
    assert_ok(directory_next_id(directory, chat->tx.db, &id));
    assert_int_equal(id, 2);
    directory_id_used(directory);
    assert_ok(directory_next_id(directory, chat->tx.db, &id));
    assert_int_equal(id, 3);
    store_run(chat->store, "DELETE FROM member");

    assert_ok(directory_chat(directory, chat->tx.db, group, &entry));
    assert_int_equal(entry->head, 77);
    assert_ok(directory_member(directory, chat->tx.db, group, a, &member));
    assert_int_equal(member.role, ROLE_OWNER);
    directory_forget(directory);
    assert_ok(directory_chat(directory, chat->tx.db, group, &entry));
    assert_int_equal(entry->head, 1);
    assert_err(ERR_NOT_FOUND, directory_member(directory, chat->tx.db, group, a, &member));
    assert_ok(directory_next_id(directory, chat->tx.db, &id));
    assert_int_equal(id, 2);
}

static void a_next_id_that_was_not_used_is_given_again(void **state)
{
    struct chat *chat = *state;
    int64_t one;
    int64_t two;
    message_make(chat->store, 41, 5000, 1, "x");
    assert_ok(directory_next_id(chat->tx.directory, chat->tx.db, &one));
    assert_ok(directory_next_id(chat->tx.directory, chat->tx.db, &two));
    assert_int_equal(one, 42);
    assert_int_equal(two, 42);
}

static void a_chat_knows_its_head_friendship_and_members(void **state)
{
    struct chat *chat = *state;
    struct directory_chat *entry;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t direct = chat_id_direct(a, b);
    assert_ok(directory_chat(chat->tx.directory, chat->tx.db, direct, &entry));
    assert_false(entry->friends || entry->has_members || entry->head != 0);
    befriend(chat, a, A, B);
    message_make(chat->store, 1, direct, 1, "x");
    message_make(chat->store, 2, direct, 2, "x");
    directory_drop_chat(chat->tx.directory, direct);
    assert_ok(directory_chat(chat->tx.directory, chat->tx.db, direct, &entry));
    assert_true(entry->friends && entry->has_members);
    assert_int_equal(entry->head, 2);
    assert_ok(directory_chat(chat->tx.directory, chat->tx.db, chat_id_direct(a, a), &entry));
    assert_true(entry->friends);
    assert_false(entry->has_members);
}

static void absence_is_remembered_until_dropped(void **state)
{
    struct chat *chat = *state;
    struct directory_member member;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t group = group_make(chat, a, A, "g");
    assert_err(ERR_NOT_FOUND, directory_member(chat->tx.directory, chat->tx.db, group, b, &member));
    assert_ok(member_insert(chat->tx.db, group, b, ROLE_ADMIN, 1, NOW));
    assert_err(ERR_NOT_FOUND, directory_member(chat->tx.directory, chat->tx.db, group, b, &member));
    directory_drop_member(chat->tx.directory, group, b);
    for (size_t i = 0; i < 2; i++) {
        assert_ok(directory_member(chat->tx.directory, chat->tx.db, group, b, &member));
        assert_int_equal(member.role, ROLE_ADMIN);
    }
}

/* What does not fit the key of the table is asked of the store each time. */
static void members_of_odd_chats_are_right_too(void **state)
{
    struct chat *chat = *state;
    struct directory_member member;
    int64_t odd[] = { INT64_C(1) << 32, (INT64_C(1) << 53) - 1, chat_id_direct(1, 2), 0, -5 };
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_err(ERR_NOT_FOUND, directory_member(chat->tx.directory, chat->tx.db, odd[i], 1, &member));
        assert_ok(member_insert(chat->tx.db, odd[i], 1, ROLE_MEMBER, 1, NOW));
        assert_ok(directory_member(chat->tx.directory, chat->tx.db, odd[i], 1, &member));
        directory_drop_member(chat->tx.directory, odd[i], 1);
    }
    assert_ok(member_insert(chat->tx.db, (INT64_C(1) << 32) - 1, USER_ID_MAX, ROLE_OWNER, 1, NOW));
    for (size_t i = 0; i < 2; i++)
        assert_ok(directory_member(chat->tx.directory, chat->tx.db, (INT64_C(1) << 32) - 1, USER_ID_MAX, &member));
    assert_int_equal(member.role, ROLE_OWNER);
}

static void only_a_change_is_announced(void **state)
{
    struct chat *chat = *state;
    struct directory *directory = chat->tx.directory;
    assert_false(directory_announce(directory, 5, false));
    assert_true(directory_announce(directory, 5, true));
    assert_false(directory_announce(directory, 5, true));
    assert_true(directory_announce(directory, 6, true));
    directory_forget(directory);
    assert_false(directory_announce(directory, 5, true)); /* What was told is no matter of the store. */
    assert_true(directory_announce(directory, 5, false));
    assert_false(directory_announce(directory, 5, false));
    assert_true(directory_announce(directory, 6, false));
}

static void what_could_not_be_told_is_taken_back(void **state)
{
    struct chat *chat = *state;
    struct directory *directory = chat->tx.directory;
    assert_true(directory_announce(directory, 5, true));
    directory_announced_keep(directory);
    assert_int_equal(directory_announced(directory), 0);
    assert_true(directory_announce(directory, 6, true));
    assert_true(directory_announce(directory, 5, false));
    assert_int_equal(directory_announced(directory), 2);
    assert_true(directory_announce(directory, 5, true));
    assert_true(directory_announce(directory, 7, true));
    directory_announced_undo(directory, 2);
    assert_int_equal(directory_announced(directory), 2);
    assert_false(directory_announce(directory, 5, false)); /* as after the second */
    assert_false(directory_announce(directory, 7, false));
    directory_announced_undo(directory, 0);
    assert_false(directory_announce(directory, 5, true)); /* kept before */
    assert_false(directory_announce(directory, 6, false));
}

/* More chats than a table takes: it is emptied and goes on being right. */
static void a_table_that_is_full_starts_anew(void **state)
{
    struct chat *chat = *state;
    struct directory_chat *entry;
    for (int64_t id = 1; id <= 200001; id++) {
        assert_ok(directory_chat(chat->tx.directory, chat->tx.db, GROUP_ID_FIRST + id, &entry));
        entry->head = id;
    }
    assert_ok(directory_chat(chat->tx.directory, chat->tx.db, GROUP_ID_FIRST + 200001, &entry));
    assert_int_equal(entry->head, 200001); /* the first of the new table */
    assert_ok(directory_chat(chat->tx.directory, chat->tx.db, GROUP_ID_FIRST + 7, &entry));
    assert_int_equal(entry->head, 0); /* asked again */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(a_user_is_found_by_any_case_and_shown_as_written),
        chat_test(somebody_missing_is_found_once_registered),
        chat_test(a_dropped_user_is_asked_for_again),
        chat_test(forgetting_asks_the_store_about_everything_again),
        chat_test(a_next_id_that_was_not_used_is_given_again),
        chat_test(a_chat_knows_its_head_friendship_and_members),
        chat_test(absence_is_remembered_until_dropped),
        chat_test(members_of_odd_chats_are_right_too),
        chat_test(only_a_change_is_announced),
        chat_test(what_could_not_be_told_is_taken_back),
        chat_test(a_table_that_is_full_starts_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
