/* Chats, groups, members. */
#include "store_fixture.h"

#include <stdio.h>

static int64_t group_make(struct store *store, const char *name, int64_t owner)
{
    int64_t id = 0;
    assert_ok(group_insert(store->db, str_from(name), STR_NONE, STR_NONE, owner, NOW, &id));
    return id;
}

static void direct_ids_are_symmetric_and_tell_their_users(void **state)
{
    static const int64_t users[] = { 0, 1, 2, 7, 65536, USER_ID_MAX - 1, USER_ID_MAX };
    (void)state;
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        for (size_t j = i; j < sizeof users / sizeof *users; j++) {
            int64_t low = -1;
            int64_t high = -1;
            int64_t chat = chat_id_direct(users[i], users[j]);
            assert_true(chat == chat_id_direct(users[j], users[i]));
            assert_true(chat_id_is_direct(chat));
            chat_id_users(chat, &low, &high);
            assert_int_equal(users[i], low);
            assert_int_equal(users[j], high);
        }
    }
    assert_true(chat_id_direct(1, 2) == ((int64_t)1 << 62 | (int64_t)1 << 31 | 2));
    assert_false(chat_id_is_direct(0));
    assert_false(chat_id_is_direct(-1));
    assert_false(chat_id_is_direct(GROUP_ID_FIRST));
    assert_false(chat_id_is_direct(((int64_t)1 << 53) - 1));
}

static void groups_count_from_a_thousand_and_ids_are_never_reused(void **state)
{
    struct store *store = *state;
    user_make(store, "a@b.cc");
    assert_int_equal(1000, group_make(store, "one", 1));
    assert_int_equal(1001, group_make(store, "two", 1));
    assert_ok(member_insert(store->db, chat_id_direct(1, 2), 1, ROLE_MEMBER, 1, NOW)); /* a huge id */
    store_run(store, "DELETE FROM chat WHERE id = 1001; DELETE FROM member WHERE chat = 1001");
    assert_int_equal(1002, group_make(store, "three", 1));
}

static void a_group_is_read_as_written_with_its_owner(void **state)
{
    struct store *store = *state;
    struct group group;
    struct member member;
    int64_t id = 0;
    int64_t ann = user_make(store, "Ann@b.cc");
    assert_ok(group_insert(store->db, STR("读书"), STR("/i.png"), STR("memo"), ann, NOW, &id));
    assert_ok(group_by_id(store->db, &store->arena, id, &group));
    assert_int_equal(id, group.id);
    assert_str("读书", group.name);
    assert_str("/i.png", group.icon);
    assert_str("memo", group.memo);
    assert_int_equal(ann, group.owner);
    assert_str("Ann@b.cc", group.owner_email);
    assert_int_equal(NOW, group.created_ms);
    assert_ok(member_get(store->db, id, ann, &member));
    assert_int_equal(ROLE_OWNER, member.role);
    assert_ok(group_by_id(store->db, &store->arena, group_make(store, "bare", ann), &group));
    assert_null(group.icon.ptr);
    assert_null(group.memo.ptr);
}

static void a_direct_chat_is_no_group(void **state)
{
    struct store *store = *state;
    struct group group;
    struct group_list list;
    int64_t chat = chat_id_direct(1, 2);
    assert_ok(member_insert(store->db, chat, 1, ROLE_MEMBER, 1, NOW));
    assert_ok(member_insert(store->db, chat, 2, ROLE_MEMBER, 1, NOW));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM chat WHERE kind = 10 AND owner IS NULL"));
    assert_err(ERR_NOT_FOUND, group_by_id(store->db, &store->arena, chat, &group));
    assert_ok(group_list(store->db, &store->arena, 1, &list));
    assert_int_equal(0, list.count);
    assert_ok(group_page(store->db, &store->arena, 0, 10, &list));
    assert_int_equal(0, list.count);
    assert_ok(group_search(store->db, &store->arena, STR("4"), 10, &list));
    assert_int_equal(0, list.count);
}

static size_t found(struct store *store, const char *text, size_t limit)
{
    struct group_list list;
    assert_ok(group_search(store->db, &store->arena, str_from(text), limit, &list));
    for (size_t i = 1; i < list.count; i++)
        assert_true(list.rows[i - 1].id < list.rows[i].id);
    return list.count;
}

static void search_finds_ids_and_names_with_literal_wildcards(void **state)
{
    struct store *store = *state;
    user_make(store, "a@b.cc");
    group_make(store, "50% off_\\", 1); /* 1000 */
    group_make(store, "Chess Club", 1); /* 1001 */
    group_make(store, "象棋", 1);       /* 1002 */
    assert_int_equal(3, found(store, "100", 50));
    assert_int_equal(2, found(store, "100", 2));
    assert_int_equal(1, found(store, "1001", 50));
    assert_int_equal(1, found(store, "chess c", 50));
    assert_int_equal(1, found(store, "棋", 50));
    assert_int_equal(1, found(store, "%", 50));
    assert_int_equal(1, found(store, "_", 50));
    assert_int_equal(1, found(store, "\\", 50));
    assert_int_equal(0, found(store, "c%s", 50));
}

static void lists_and_pages_are_by_id(void **state)
{
    struct store *store = *state;
    struct group_list list;
    user_make(store, "a@b.cc");
    user_make(store, "b@b.cc");
    for (int i = 0; i < 20; i++)
        group_make(store, "g", i % 2 + 1);
    assert_ok(member_insert(store->db, 1003, 1, ROLE_MEMBER, 1, NOW));
    assert_ok(group_list(store->db, &store->arena, 1, &list));
    assert_int_equal(11, list.count);
    assert_int_equal(1000, list.rows[0].id);
    assert_int_equal(1002, list.rows[1].id);
    assert_int_equal(1003, list.rows[2].id);
    assert_str("b@b.cc", list.rows[2].owner_email);
    assert_ok(group_page(store->db, &store->arena, 1004, 7, &list));
    assert_int_equal(7, list.count);
    assert_int_equal(1005, list.rows[0].id);
    assert_ok(group_page(store->db, &store->arena, 1019, 7, &list));
    assert_int_equal(0, list.count);
}

static void a_member_is_a_member_once(void **state)
{
    struct store *store = *state;
    struct member member;
    assert_err(ERR_NOT_FOUND, member_get(store->db, 1000, 5, &member));
    assert_ok(member_insert(store->db, 1000, 5, ROLE_ADMIN, 1, NOW));
    assert_err(ERR_EXISTS, member_insert(store->db, 1000, 5, ROLE_MEMBER, 9, NOW));
    assert_ok(member_get(store->db, 1000, 5, &member));
    assert_int_equal(ROLE_ADMIN, member.role);
    assert_err(ERR_NOT_FOUND, member_get(store->db, 1001, 5, &member));
}

static void a_session_sees_heads_and_cursors_of_all_its_chats(void **state)
{
    struct store *store = *state;
    struct member_chat_list list;
    int64_t direct = chat_id_direct(1, 2);
    int64_t device = device_make(store, 1, 1);
    assert_ok(member_insert(store->db, 1000, 1, ROLE_MEMBER, 1, NOW));
    assert_ok(member_insert(store->db, 1001, 1, ROLE_MEMBER, 3, NOW));
    assert_ok(member_insert(store->db, direct, 1, ROLE_MEMBER, 1, NOW));
    assert_ok(member_insert(store->db, 1002, 2, ROLE_MEMBER, 1, NOW)); /* another's */
    for (int64_t seq = 1; seq <= 5; seq++)
        message_make(store, seq, 1001, seq, "x");
    message_make(store, 6, direct, 1, "x");
    assert_ok(cursor_save(store->db, &(struct cursor){ 1, direct, device, 1 }));
    assert_ok(member_chats(store->db, &store->arena, 1, device, &list));
    assert_int_equal(3, list.count);
    assert_int_equal(1000, list.rows[0].chat);
    assert_int_equal(0, list.rows[0].delivered);
    assert_int_equal(0, list.rows[0].head);
    assert_int_equal(1001, list.rows[1].chat);
    assert_int_equal(2, list.rows[1].delivered);
    assert_int_equal(5, list.rows[1].head);
    assert_true(direct == list.rows[2].chat);
    assert_int_equal(1, list.rows[2].delivered);
    assert_int_equal(1, list.rows[2].head);
    assert_ok(member_chats(store->db, &store->arena, 9, device, &list));
    assert_int_equal(0, list.count);
}

static void what_was_written_during_an_absence_is_no_news(void **state)
{
    struct store *store = *state;
    struct member_chat_list list;
    int64_t device = device_make(store, 1, 1);
    assert_ok(cursor_save(store->db, &(struct cursor){ 1, 1000, device, 2 }));
    assert_ok(member_insert(store->db, 1000, 1, ROLE_MEMBER, 50, NOW)); /* joined again */
    assert_ok(member_chats(store->db, &store->arena, 1, device, &list));
    assert_int_equal(49, list.rows[0].delivered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_ids_are_symmetric_and_tell_their_users),
        test(groups_count_from_a_thousand_and_ids_are_never_reused),
        test(a_group_is_read_as_written_with_its_owner),
        test(a_direct_chat_is_no_group),
        test(search_finds_ids_and_names_with_literal_wildcards),
        test(lists_and_pages_are_by_id),
        test(a_member_is_a_member_once),
        test(a_session_sees_heads_and_cursors_of_all_its_chats),
        test(what_was_written_during_an_absence_is_no_news),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
