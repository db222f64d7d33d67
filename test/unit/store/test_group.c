/* Groups: their size, ranks, pages of members, and their end. */
#include "store_fixture.h"

#include <stdio.h>
#include <string.h>

#include "store/applicant.h"

#define MANY 20000

static int64_t group_make(struct store *store, int64_t owner)
{
    int64_t id = 0;
    assert_ok(group_insert(store->db, STR("g"), STR_NONE, STR_NONE, owner, NOW, &id));
    return id;
}

static int64_t size_of(struct store *store, int64_t id)
{
    int64_t size = -1;
    assert_ok(group_size(store->db, id, &size));
    return size;
}

static void size_counts_who_comes_and_goes(void **state)
{
    struct store *store = *state;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    int64_t id = group_make(store, a);
    int64_t size;
    assert_int_equal(1, size_of(store, id));
    assert_ok(group_add(store->db, id, b, ROLE_MEMBER, 5, NOW));
    assert_int_equal(2, size_of(store, id));
    assert_err(ERR_EXISTS, group_add(store->db, id, b, ROLE_MEMBER, 5, NOW));
    assert_int_equal(2, size_of(store, id));
    assert_ok(group_remove(store->db, id, b));
    assert_err(ERR_NOT_FOUND, group_remove(store->db, id, b));
    assert_int_equal(1, size_of(store, id));
    assert_err(ERR_NOT_FOUND, group_size(store->db, id + 1, &size));
}

static void leaving_takes_the_members_rows_of_that_group_alone(void **state)
{
    struct store *store = *state;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    int64_t id = group_make(store, a);
    int64_t other = group_make(store, b);
    assert_ok(group_add(store->db, id, b, ROLE_MEMBER, 1, NOW));
    for (int64_t user = a; user <= b; user++) {
        assert_ok(mention_insert(store->db, user, id, 7));
        assert_ok(cursor_save(store->db, &(struct cursor){ user, id, 0, 7 }));
    }
    assert_ok(mention_insert(store->db, b, other, 7));
    assert_ok(cursor_save(store->db, &(struct cursor){ b, other, 0, 7 }));
    assert_ok(group_remove(store->db, id, b));
    assert_int_equal(2, store_number(store, "SELECT COUNT(*) FROM mention"));
    assert_int_equal(2, store_number(store, "SELECT COUNT(*) FROM delivered"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM delivered WHERE user = 2 AND chat = 1000"));
}

static void what_is_set_is_read_again(void **state)
{
    struct store *store = *state;
    struct group group;
    struct member member;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    int64_t id = group_make(store, a);
    assert_ok(group_add(store->db, id, b, ROLE_MEMBER, 1, NOW));
    assert_ok(group_set(store->db, &(struct group){ .id = id,
                                                    .name = STR("n"),
                                                    .icon = STR("i"),
                                                    .memo = STR("m"),
                                                    .join = GROUP_CLOSED,
                                                    .whole_history = 0 }));
    assert_ok(group_set_notice(store->db, id, STR("read me")));
    assert_ok(group_set_silenced(store->db, id, NOW + 1));
    assert_ok(group_set_owner(store->db, id, b));
    assert_ok(group_set_role(store->db, id, b, ROLE_OWNER));
    assert_ok(group_set_muted(store->db, id, b, NOW + 2));
    assert_ok(group_by_id(store->db, &store->arena, id, &group));
    assert_str("n", group.name);
    assert_str("i", group.icon);
    assert_str("m", group.memo);
    assert_str("read me", group.notice);
    assert_str("b@b.cc", group.owner_email);
    assert_int_equal(GROUP_CLOSED, group.join);
    assert_int_equal(0, group.whole_history);
    assert_int_equal(2, group.size);
    assert_true(group.silenced_ms == NOW + 1);
    assert_false(group.member);
    assert_ok(member_get(store->db, id, b, &member));
    assert_int_equal(ROLE_OWNER, member.role);
    assert_true(member.silenced_ms == NOW + 2);
    group.whole_history = -1;
    assert_ok(group_set(store->db, &group));
    assert_int_equal(1, store_number(store, "SELECT whole_history IS NULL FROM chat"));
    assert_err(ERR_NOT_FOUND, group_set_role(store->db, id, 99, ROLE_ADMIN));
    assert_err(ERR_NOT_FOUND, group_set_notice(store->db, 99, STR("x")));
}

static void applications_stand_until_they_are_settled(void **state)
{
    struct store *store = *state;
    struct applicant_list list;
    bool fresh;
    bool exists;
    int64_t count;
    int64_t a = user_make(store, "a@b.cc");
    int64_t b = user_make(store, "b@b.cc");
    int64_t c = user_make(store, "c@b.cc");
    int64_t id = group_make(store, a);
    assert_ok(applicant_put(store->db, id, b, STR("please"), NOW, &fresh));
    assert_true(fresh);
    assert_ok(applicant_put(store->db, id, c, STR_NONE, NOW + 1, &fresh));
    assert_ok(applicant_put(store->db, id, b, STR("pretty please"), NOW + 2, &fresh));
    assert_false(fresh);
    assert_ok(applicant_count(store->db, id, &count));
    assert_int_equal(2, count);
    assert_ok(applicant_list(store->db, &store->arena, id, 0, 10, &list));
    assert_int_equal(2, list.count);
    assert_int_equal(b, list.rows[0].user);
    assert_str("b@b.cc", list.rows[0].email);
    assert_str("pretty please", list.rows[0].reason);
    assert_true(list.rows[0].created_ms == NOW);
    assert_null(list.rows[1].reason.ptr);
    assert_ok(applicant_list(store->db, &store->arena, id, b, 10, &list));
    assert_int_equal(1, list.count);
    assert_ok(group_add(store->db, id, b, ROLE_MEMBER, 1, NOW)); /* comes in another way */
    assert_ok(applicant_exists(store->db, id, b, &exists));
    assert_false(exists);
    assert_ok(applicant_delete(store->db, id, c));
    assert_err(ERR_NOT_FOUND, applicant_delete(store->db, id, c));
}

/* MANY users besides the owner, each a member of the group; every thousandth an admin. */
static int64_t crowd_make(struct store *store, int64_t owner, unsigned members)
{
    char text[2000];
    int64_t id = group_make(store, owner);
    snprintf(text, sizeof(text),
             "BEGIN; INSERT INTO user (id, email, email_key, uname, password, created, deleted)"
             " SELECT n, 'm' || n || '@b.cc', 'm' || n || '@b.cc', 'm', '', 1, 0 FROM (" NUMBERS
             ") i WHERE n BETWEEN 10 AND %u;"
             "INSERT INTO member (user, chat, role, joined_seq, created)"
             " SELECT id, %lld, id %% 1000 = 0, 1, 100000000 - id FROM user WHERE id >= 10;"
             "INSERT INTO delivered (user, chat, device, seq) SELECT id, %lld, 0, 1 FROM user WHERE id >= 10;"
             "UPDATE chat SET size = (SELECT COUNT(*) FROM member m WHERE m.chat = chat.id); COMMIT;",
             members + 9, (long long)id, (long long)id);
    store_run(store, text);
    return id;
}

static void members_come_in_pages_by_user_id(void **state)
{
    struct store *store = *state;
    int64_t a = user_make(store, "a@b.cc");
    int64_t id = crowd_make(store, a, MANY);
    int64_t after = 0;
    size_t seen = 0;
    struct group_member_list page;
    assert_int_equal(MANY + 1, size_of(store, id));
    do {
        struct arena arena = { 0 };
        assert_ok(group_members(store->db, &arena, id, after, 500, &page));
        for (size_t i = 0; i < page.count; i++) {
            assert_true(page.rows[i].user > after);
            after = page.rows[i].user;
        }
        seen += page.count;
        arena_release(&arena);
    } while (page.count == 500);
    assert_int_equal(MANY + 1, seen);
    assert_ok(group_members(store->db, &store->arena, id, 0, 2, &page));
    assert_str("a@b.cc", page.rows[0].email);
    assert_int_equal(ROLE_OWNER, page.rows[0].role);
    assert_str("m10@b.cc", page.rows[1].email);
    assert_int_equal(100000000 - 10, page.rows[1].joined_ms);
}

/* Whether a statement reads by an index alone where it has to. */
static void plan_has(struct store *store, const char *text, const char *part, const char *never)
{
    const struct sql_driver *v = db_sql(store->db)->v;
    struct sql_stmt *stmt = NULL;
    bool row = false;
    bool found = false;
    char explain[900];
    snprintf(explain, sizeof(explain), "EXPLAIN QUERY PLAN %s", text);
    assert_ok(v->prepare(db_sql(store->db), explain, &stmt));
    for (assert_ok(v->step(stmt, &row)); row; assert_ok(v->step(stmt, &row))) {
        struct str detail = v->column_text(stmt, 3);
        char line[300];
        snprintf(line, sizeof(line), "%.*s", (int)detail.size, detail.ptr);
        found = found || strstr(line, part) != NULL;
        assert_null(strstr(line, never));
    }
    v->finish(stmt);
    assert_true(found);
}

static void pages_and_staff_are_read_by_their_indexes(void **state)
{
    struct store *store = *state;
    if (store->url[0] != '\0')
        return; /* test_mysql_plans.c looks at all of them */
    plan_has(store,
             "SELECT m.user, u.email FROM member m CROSS JOIN user u ON u.id = m.user"
             " WHERE m.chat = ? AND m.user > ? ORDER BY m.user LIMIT ?",
             "member_chat (chat=? AND user>?)", "TEMP B-TREE");
    plan_has(store, "SELECT user FROM member WHERE chat = ? AND role > 0", "member_staff (chat=?)", "SCAN");
    plan_has(store, "DELETE FROM delivered WHERE chat = ? AND user IN (SELECT m.user FROM member m WHERE m.chat = ?)",
             "(user=? AND chat=?)", "SCAN delivered");
}

static void staff_and_successor_are_found_in_a_crowd(void **state)
{
    struct store *store = *state;
    struct id_list staff;
    struct group_member next;
    int64_t a = user_make(store, "a@b.cc");
    int64_t id = crowd_make(store, a, MANY);
    assert_ok(group_staff(store->db, &store->arena, id, &staff));
    assert_int_equal(MANY / 1000 + 1, staff.count);
    assert_ok(group_successor(store->db, &store->arena, id, a, &next));
    assert_int_equal(MANY, next.user); /* the admin who came first */
    store_run(store, "UPDATE member SET role = 0 WHERE role = 1");
    assert_ok(group_successor(store->db, &store->arena, id, a, &next));
    assert_int_equal(MANY + 9, next.user);
    assert_str("m20009@b.cc", next.email);
    int64_t alone = group_make(store, a);
    assert_err(ERR_NOT_FOUND, group_successor(store->db, &store->arena, alone, a, &next));
}

static void dismissing_takes_a_crowds_rows_and_no_others(void **state)
{
    struct store *store = *state;
    int64_t a = user_make(store, "a@b.cc");
    int64_t id = crowd_make(store, a, MANY);
    int64_t other = group_make(store, a);
    bool fresh;
    struct group_state kept;
    assert_ok(applicant_put(store->db, id, a, STR_NONE, NOW, &fresh));
    assert_ok(applicant_put(store->db, other, a, STR_NONE, NOW, &fresh));
    assert_ok(mention_insert(store->db, a, id, 1));
    assert_ok(mention_insert(store->db, a, other, 1));
    assert_ok(cursor_save(store->db, &(struct cursor){ a, other, 0, 7 }));
    assert_ok(group_dismiss(store->db, id, NOW));
    assert_err(ERR_NOT_FOUND, group_dismiss(store->db, id, NOW));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM member"));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM applicant"));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM mention"));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM delivered"));
    assert_int_equal(0, store_number(store, "SELECT size FROM chat WHERE id = 1000"));
    assert_ok(group_state(store->db, id, &kept));
    assert_true(kept.dismissed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(size_counts_who_comes_and_goes),
        test(leaving_takes_the_members_rows_of_that_group_alone),
        test(what_is_set_is_read_again),
        test(applications_stand_until_they_are_settled),
        test(members_come_in_pages_by_user_id),
        test(pages_and_staff_are_read_by_their_indexes),
        test(staff_and_successor_are_found_in_a_crowd),
        test(dismissing_takes_a_crowds_rows_and_no_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
