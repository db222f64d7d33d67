/* Accounts. */
#include "store_fixture.h"

#include <stdio.h>

static void email_is_unique_and_found_without_regard_to_case(void **state)
{
    struct store *store = *state;
    struct user user;
    int64_t id = user_make(store, "Ann.Lee+x@Example.ORG");
    int64_t other = 0;
    assert_ok(user_by_email(store->db, &store->arena, STR("aNN.lEE+X@eXAMPLE.org"), &user));
    assert_int_equal(id, user.id);
    assert_str("Ann.Lee+x@Example.ORG", user.email); /* as first written */
    assert_err(ERR_EXISTS,
               user_insert(store->db, STR("ann.lee+x@example.org"), STR("b"), STR_NONE, STR("h"), NOW, &other));
    assert_err(ERR_NOT_FOUND, user_by_email(store->db, &store->arena, STR("ann.lee@example.org"), &user));
    assert_err(ERR_NOT_FOUND, user_by_email(store->db, &store->arena, STR(""), &user));
}

static void what_was_written_is_read(void **state)
{
    struct store *store = *state;
    struct user user;
    struct str hash;
    int64_t id = 0;
    assert_ok(user_insert(store->db, STR("a@b.cc"), STR("安娜 😀"), STR("/a.png"), STR("md5$abc$DEF"), NOW, &id));
    assert_in_range(id, 1, USER_ID_MAX);
    assert_ok(user_by_id(store->db, &store->arena, id, &user));
    assert_str("a@b.cc", user.email);
    assert_str("安娜 😀", user.uname);
    assert_str("/a.png", user.avatar);
    assert_int_equal(NOW, user.created_ms);
    assert_int_equal(0, user.deleted_ms);
    assert_ok(user_password(store->db, &store->arena, id, &hash));
    assert_str("md5$abc$DEF", hash);
    assert_err(ERR_NOT_FOUND, user_by_id(store->db, &store->arena, id + 1, &user));
    assert_err(ERR_NOT_FOUND, user_password(store->db, &store->arena, id + 1, &hash));
}

static void what_was_never_set_is_none(void **state)
{
    struct store *store = *state;
    struct user user;
    int64_t id = 0;
    assert_ok(user_insert(store->db, STR("a@b.cc"), STR_NONE, STR_NONE, STR("h"), NOW, &id));
    assert_ok(user_by_id(store->db, &store->arena, id, &user));
    assert_null(user.uname.ptr);
    assert_null(user.avatar.ptr);
}

static void profile_and_password_are_replaced(void **state)
{
    struct store *store = *state;
    struct user user;
    struct str hash;
    int64_t id = user_make(store, "a@b.cc");
    assert_ok(user_set_profile(store->db, id, STR("new"), STR("pic")));
    assert_ok(user_set_password(store->db, id, STR("other")));
    assert_ok(user_by_id(store->db, &store->arena, id, &user));
    assert_str("new", user.uname);
    assert_str("pic", user.avatar);
    assert_ok(user_password(store->db, &store->arena, id, &hash));
    assert_str("other", hash);
    assert_err(ERR_NOT_FOUND, user_set_profile(store->db, id + 1, STR("x"), STR("y")));
    assert_err(ERR_NOT_FOUND, user_set_password(store->db, id + 1, STR("x")));
}

static size_t found(struct store *store, struct str text, size_t limit)
{
    struct user_list list;
    assert_ok(user_search(store->db, &store->arena, text, limit, &list));
    for (size_t i = 1; i < list.count; i++)
        assert_true(list.rows[i - 1].id < list.rows[i].id);
    return list.count;
}

static void search_takes_wildcards_as_they_are(void **state)
{
    struct store *store = *state;
    int64_t id = 0;
    assert_ok(user_insert(store->db, STR("one@b.cc"), STR("100%_\\x'\""), STR_NONE, STR("h"), NOW, &id));
    assert_ok(user_insert(store->db, STR("two@b.cc"), STR("plain"), STR_NONE, STR("h"), NOW, &id));
    assert_int_equal(1, found(store, STR("%"), 50));
    assert_int_equal(1, found(store, STR("_"), 50));
    assert_int_equal(1, found(store, STR("\\"), 50));
    assert_int_equal(1, found(store, STR("0%_\\x'"), 50));
    assert_int_equal(1, found(store, STR("'"), 50));
    assert_int_equal(0, found(store, STR("%%"), 50));
    assert_int_equal(0, found(store, STR("o_e"), 50));
    assert_int_equal(0, found(store, (struct str){ "o\0e", 3 }, 50));
}

static void search_looks_at_email_and_name_without_regard_to_case(void **state)
{
    struct store *store = *state;
    int64_t id = 0;
    assert_ok(user_insert(store->db, STR("Tom@Example.org"), STR("Jerry"), STR_NONE, STR("h"), NOW, &id));
    assert_ok(user_insert(store->db, STR("x@b.cc"), STR("王小明"), STR_NONE, STR("h"), NOW, &id));
    assert_int_equal(1, found(store, STR("tOM@"), 50));
    assert_int_equal(1, found(store, STR("eRR"), 50));
    assert_int_equal(1, found(store, STR("小"), 50));
    assert_int_equal(2, found(store, STR("@"), 50));
    assert_int_equal(1, found(store, STR("@"), 1));
    assert_int_equal(0, found(store, STR("nobody"), 50));
}

static void pages_cover_every_living_account_once(void **state)
{
    struct store *store = *state;
    char email[32];
    for (int i = 0; i < 25; i++) {
        snprintf(email, sizeof email, "u%d@b.cc", i);
        user_make(store, email);
    }
    assert_ok(user_delete(store->db, 7, NOW));
    int64_t after = 0;
    size_t total = 0;
    for (;;) {
        struct user_list list;
        assert_ok(user_page(store->db, &store->arena, after, 10, &list));
        if (list.count == 0)
            break;
        assert_in_range(list.count, 1, 10);
        for (size_t i = 0; i < list.count; i++) {
            assert_true(list.rows[i].id > after);
            assert_int_not_equal(7, list.rows[i].id);
            after = list.rows[i].id;
        }
        total += list.count;
    }
    assert_int_equal(24, total);
}

/* Ann's rows and Bob's in every table of v2 that is about a user. */
static void a_deleted_account_takes_its_rows_of_v2_along(void **state)
{
    static const char *const left[] = {
        "SELECT COUNT(*) FROM applicant WHERE user = 2",
        "SELECT COUNT(*) FROM mention WHERE user = 2",
        "SELECT COUNT(*) FROM hidden WHERE user = 2",
        "SELECT COUNT(*) FROM device_name WHERE user = 2",
        "SELECT COUNT(*) FROM device_cursor WHERE user = 2",
        "SELECT COUNT(*) FROM block WHERE owner = 2",
        "SELECT COUNT(*) FROM contact_request",
    };
    struct store *store = *state;
    int64_t ann = user_make(store, "ann@b.cc");
    user_make(store, "bob@b.cc");
    store_run(store,
              "INSERT INTO applicant (chat, user, created) VALUES (1000, 1, 1), (1000, 2, 1);"
              "INSERT INTO mention (user, chat, seq) VALUES (1, 1000, 1), (2, 1000, 1);"
              "INSERT INTO hidden (user, chat, seq, pver) VALUES (1, 1000, 1, 1), (2, 1000, 1, 1);"
              "INSERT INTO device_name (user, name, login, created, used) VALUES (1, 'x', 1, 1, 1), (2, 'x', 1, 1, 1);"
              "INSERT INTO device_cursor (user, device, chat, seq, mver) VALUES (1, 1, 9, 1, 1), (2, 2, 9, 1, 1);"
              "INSERT INTO block (owner, peer, created) VALUES (1, 2, 1), (2, 1, 1), (2, 3, 1);"
              "INSERT INTO contact_request (sender, receiver, state, created, changed)"
              " VALUES (1, 2, 0, 1, 1), (2, 1, 0, 1, 1), (2, 3, 0, 1, 1)");
    assert_ok(user_delete(store->db, ann, NOW));
    for (size_t i = 0; i < sizeof left / sizeof *left; i++)
        assert_int_equal(1, store_number(store, left[i]));
    assert_int_equal(0, store_number(store, "SELECT (SELECT COUNT(*) FROM applicant WHERE user = 1)"
                                            " + (SELECT COUNT(*) FROM mention WHERE user = 1)"
                                            " + (SELECT COUNT(*) FROM hidden WHERE user = 1)"
                                            " + (SELECT COUNT(*) FROM device_name WHERE user = 1)"
                                            " + (SELECT COUNT(*) FROM device_cursor WHERE user = 1)"
                                            " + (SELECT COUNT(*) FROM block WHERE owner = 1 OR peer = 1)"));
}

static void a_deleted_account_leaves_its_row_under_a_neutral_name(void **state)
{
    struct store *store = *state;
    struct user user;
    struct str hash;
    struct contact_list friends;
    int64_t ann = user_make(store, "ann@b.cc");
    int64_t bob = user_make(store, "bob@b.cc");
    int64_t chat = chat_id_direct(ann, bob);
    int64_t device = device_make(store, ann, 1);
    assert_ok(contact_insert(store->db, ann, bob, NOW));
    assert_ok(member_insert(store->db, chat, ann, ROLE_MEMBER, 1, NOW));
    assert_ok(member_insert(store->db, chat, bob, ROLE_MEMBER, 1, NOW));
    assert_ok(cursor_save(store->db, &(struct cursor){ ann, chat, device, 3 }));
    assert_ok(user_delete(store->db, ann, NOW + 5));

    assert_ok(user_by_id(store->db, &store->arena, ann, &user));
    assert_str("deleted-1@deleted.invalid", user.email);
    assert_null(user.uname.ptr);
    assert_null(user.avatar.ptr);
    assert_int_equal(NOW + 5, user.deleted_ms);
    assert_err(ERR_NOT_FOUND, user_by_email(store->db, &store->arena, STR("ann@b.cc"), &user));
    assert_err(ERR_NOT_FOUND, user_by_email(store->db, &store->arena, STR("deleted-1@deleted.invalid"), &user));
    assert_err(ERR_NOT_FOUND, user_password(store->db, &store->arena, ann, &hash));
    assert_int_equal(0, found(store, STR("ann"), 50));
    assert_int_equal(0, found(store, STR("deleted"), 50));
    assert_ok(contact_list(store->db, &store->arena, bob, &friends));
    assert_int_equal(0, friends.count);
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM device"));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM member"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM delivered"));
    assert_err(ERR_NOT_FOUND, user_set_profile(store->db, ann, STR("x"), STR("y")));
    assert_err(ERR_NOT_FOUND, user_set_password(store->db, ann, STR("x")));
    assert_err(ERR_NOT_FOUND, user_delete(store->db, ann, NOW));
}

static void the_address_of_a_deleted_account_is_free_again(void **state)
{
    struct store *store = *state;
    int64_t first = user_make(store, "ann@b.cc");
    assert_ok(user_delete(store->db, first, NOW));
    assert_true(user_make(store, "ann@b.cc") > first);
}

static void nobody_can_stand_in_the_way_of_a_deletion(void **state)
{
    struct store *store = *state;
    int64_t ann = user_make(store, "ann@b.cc");
    user_make(store, "deleted-1@deleted.invalid");
    assert_int_equal(1, ann);
    assert_ok(user_delete(store->db, ann, NOW));
}

static void when_a_user_was_last_here_is_kept(void **state)
{
    struct store *store = *state;
    int64_t seen = -1;
    int64_t a = user_make(store, "a@b.cc");
    assert_ok(user_seen(store->db, a, &seen));
    assert_int_equal(seen, 0);
    assert_ok(user_set_seen(store->db, a, NOW));
    assert_ok(user_seen(store->db, a, &seen));
    assert_true(seen == NOW);
    assert_ok(user_set_seen(store->db, a, NOW - 1)); /* another loop's note, written after a later one */
    assert_ok(user_seen(store->db, a, &seen));
    assert_true(seen == NOW);
    assert_ok(user_set_seen(store->db, a, NOW + 1));
    assert_ok(user_seen(store->db, a, &seen));
    assert_true(seen == NOW + 1);
    assert_err(ERR_NOT_FOUND, user_seen(store->db, a + 1, &seen));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(when_a_user_was_last_here_is_kept),
        test(email_is_unique_and_found_without_regard_to_case),
        test(what_was_written_is_read),
        test(what_was_never_set_is_none),
        test(profile_and_password_are_replaced),
        test(search_takes_wildcards_as_they_are),
        test(search_looks_at_email_and_name_without_regard_to_case),
        test(pages_cover_every_living_account_once),
        test(a_deleted_account_leaves_its_row_under_a_neutral_name),
        test(a_deleted_account_takes_its_rows_of_v2_along),
        test(the_address_of_a_deleted_account_is_free_again),
        test(nobody_can_stand_in_the_way_of_a_deletion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
