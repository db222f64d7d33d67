/* test_group.c: groups come, change and go. */
#include "group_fixture.h"

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
    assert_int_equal(group.size, 1);
    assert_int_equal(group.join, GROUP_OPEN);
    assert_int_equal(group.whole_history, -1);
    const struct event *event = events_take(chat, 3);
    assert_int_equal(event->type, EVENT_JOINED);
    assert_true(event->founded);
    assert_int_equal(event->chat, group.id);
    assert_int_equal(event->actor, a);
    assert_news(&event[1], EVENT_TO_CHAT, "\"op\":\"create\",\"users\":[],\"by\":\"" A "\",\"name\":\"早茶 & <co>\"");
    assert_note(&event[2], 1, "{\"op\":\"create\",\"users\":[],\"by\":\"" A "\",\"name\":\"早茶 & <co>\"}");
    assert_ok(directory_member(chat->tx.directory, chat->tx.db, group.id, a, &member));
    assert_int_equal(member.role, ROLE_OWNER);
    int64_t first = group.id;
    assert_ok(group_create(&chat->tx, &draft, &chat->scratch, &group)); /* the same name is fine */
    assert_int_equal(group.id, first + 1);
}

static enum err founded(struct chat *chat, int64_t owner, const struct str *members, size_t count, struct group *group)
{
    struct group_draft draft = {
        .name = STR("g"), .owner = owner, .owner_email = STR(A), .members = members, .member_count = count
    };
    return group_create(&chat->tx, &draft, &chat->scratch, group);
}

static void friends_are_in_it_from_the_start_each_once(void **state)
{
    struct chat *chat = *state;
    struct group group;
    struct member member;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t c = user_make(chat->store, C);
    befriend(chat, a, A, B);
    befriend(chat, a, A, C);
    struct str members[] = { STR("BOB@x.cc"), STR(A), STR(C), STR(B) };
    assert_ok(founded(chat, a, members, 4, &group));
    assert_int_equal(group.size, 3);
    const struct event *event = events_take(chat, 5);
    assert_int_equal(event[1].type, EVENT_JOINED);
    assert_int_equal(event[1].actor, b);
    assert_str(B, event[1].actor_email);
    assert_false(event[1].founded);
    assert_int_equal(event[2].actor, c);
    assert_news(&event[3], EVENT_TO_CHAT,
                "\"op\":\"create\",\"users\":[\"" B "\",\"" C "\"],\"by\":\"" A "\",\"name\":\"g\"");
    assert_ok(member_get(chat->tx.db, group.id, c, &member));
    assert_int_equal(member.role, ROLE_MEMBER);
    assert_int_equal(member.joined_seq, 1);
}

static void a_stranger_a_blocker_and_nobody_spoil_the_founding(void **state)
{
    struct chat *chat = *state;
    struct group group;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    user_make(chat->store, C);
    befriend(chat, a, A, B);
    struct str stranger[] = { STR(B), STR(C) };
    struct str nobody[] = { STR(B), STR("nobody@x.cc") };
    struct str blocker[] = { STR(B) };
    assert_err(ERR_BLOCKED, founded(chat, a, stranger, 2, &group));
    assert_err(ERR_NOT_FOUND, founded(chat, a, nobody, 2, &group));
    chat->policy.group_size_max = 1;
    assert_err(ERR_GROUP_FULL, founded(chat, a, blocker, 1, &group));
    chat->policy.group_size_max = 3;
    chat->policy.strangers = true;
    block(chat, b, a);
    assert_err(ERR_BLOCKED, founded(chat, a, blocker, 1, &group));
    events_none(chat);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM chat WHERE kind = 11"), 0);
    assert_ok(founded(chat, a, &stranger[1], 1, &group)); /* strangers = allow */
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

static enum err edited(struct club *club, struct str name, int64_t join)
{
    struct group_change change = { .name = name, .join = join, .whole_history = -1 };
    return group_edit(&club->chat->tx, &club->admin, &club->by_admin, &change);
}

static void an_edit_changes_what_it_names_and_a_new_name_is_history(void **state)
{
    struct club *club = *state;
    struct group group;
    struct group_change all = {
        .name = STR("n"), .icon = STR("/i"), .memo = STR("m"), .join = GROUP_CLOSED, .whole_history = 0
    };
    assert_ok(group_edit(&club->chat->tx, &club->owner, &club->by_owner, &all));
    const struct event *event = events_take(club->chat, 2);
    assert_news(event, EVENT_TO_CHAT,
                "\"op\":\"edit\",\"users\":[],\"by\":\"" A "\",\"name\":\"n\",\"icon\":\"/i\",\"memo\":\"m\","
                "\"join\":\"closed\",\"history\":\"joined\"");
    assert_note(&event[1], club->head + 1, "{\"op\":\"edit\",\"users\":[],\"by\":\"" A "\",\"name\":\"n\"}");
    assert_ok(edited(club, STR_NONE, GROUP_APPROVE));
    assert_news(events_take(club->chat, 1), EVENT_TO_CHAT,
                "\"op\":\"edit\",\"users\":[],\"by\":\"" B "\",\"join\":\"approve\"");
    assert_ok(edited(club, STR("n"), -1)); /* the same name: no history */
    events_take(club->chat, 1);
    assert_ok(group_by_id(club->chat->tx.db, &club->chat->scratch, club->id, &group));
    assert_str("n", group.name);
    assert_str("/i", group.icon);
    assert_str("m", group.memo);
    assert_int_equal(group.join, GROUP_APPROVE);
    assert_int_equal(group.whole_history, 0);
    assert_err(ERR_ARG, edited(club, STR_NONE, -1));
    assert_err(ERR_ARG, edited(club, STR(""), -1));
    events_none(club->chat);
}

static void a_notice_is_kept_told_and_taken_down(void **state)
{
    struct club *club = *state;
    struct group group;
    char text[4100];
    memset(text, 'a', sizeof(text));
    assert_ok(group_notice(&club->chat->tx, &club->admin, &club->by_admin, STR("今晚\n八点")));
    const struct event *event = events_take(club->chat, 2);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"notice\",\"users\":[],\"by\":\"" B "\",\"content\":\"今晚\\n八点\"");
    assert_note(&event[1], club->head + 1,
                "{\"op\":\"notice\",\"users\":[],\"by\":\"" B "\",\"content\":\"今晚\\n八点\"}");
    assert_ok(group_by_id(club->chat->tx.db, &club->chat->scratch, club->id, &group));
    assert_str("今晚\n八点", group.notice);
    assert_ok(group_notice(&club->chat->tx, &club->admin, &club->by_admin, (struct str){ text, 4096 }));
    events_take(club->chat, 2);
    assert_err(ERR_ARG, group_notice(&club->chat->tx, &club->admin, &club->by_admin, (struct str){ text, 4097 }));
    assert_err(ERR_ARG, group_notice(&club->chat->tx, &club->admin, &club->by_admin, STR("\x01")));
    assert_ok(group_notice(&club->chat->tx, &club->admin, &club->by_admin, STR("")));
    events_take(club->chat, 2);
    assert_ok(group_by_id(club->chat->tx.db, &club->chat->scratch, club->id, &group));
    assert_null(group.notice.ptr);
}

static void muting_all_leaves_owner_and_admins_their_voice(void **state)
{
    struct club *club = *state;
    int64_t until = NOW + 1000;
    assert_ok(group_mute_all(&club->chat->tx, &club->admin, &club->by_admin, until));
    const struct event *event = events_take(club->chat, 2);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"muteAll\",\"users\":[],\"by\":\"" B "\",\"until\":1700000001000");
    assert_err(ERR_MUTED, said(club, club->member));
    assert_ok(said(club, club->admin));
    assert_ok(said(club, club->owner));
    club->chat->tx.now_ms = until;
    assert_ok(said(club, club->member));
    club->chat->tx.now_ms = NOW;
    assert_err(ERR_MUTED, said(club, club->member));
    club->chat->events.count = 0;
    assert_err(ERR_ARG, group_mute_all(&club->chat->tx, &club->admin, &club->by_admin, -1));
    assert_err(ERR_ARG, group_mute_all(&club->chat->tx, &club->admin, &club->by_admin, NOW + MUTE_MS_MAX + 1));
    events_none(club->chat);
    assert_ok(group_mute_all(&club->chat->tx, &club->owner, &club->by_owner, NOW)); /* is over */
    assert_news(events_take(club->chat, 2), EVENT_TO_CHAT,
                "\"op\":\"muteAll\",\"users\":[],\"by\":\"" A "\",\"until\":0");
    assert_ok(said(club, club->member));
    assert_ok(group_mute_all(&club->chat->tx, &club->owner, &club->by_owner, NOW + MUTE_MS_MAX));
}

static void a_dismissed_group_is_found_nowhere(void **state)
{
    struct club *club = *state;
    struct chat *chat = club->chat;
    struct group group;
    struct group_list list;
    struct chat_ref ref;
    bool waits;
    assert_ok(group_close(&chat->tx, &club->owner, &club->by_owner));
    const struct event *event = events_take(chat, 2);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"dismiss\",\"users\":[],\"by\":\"" A "\"");
    assert_int_equal(event[1].type, EVENT_LEFT);
    assert_int_equal(event[1].actor, 0);
    assert_int_equal(event[1].chat, club->id);
    assert_err(ERR_NOT_FOUND, group_by_id(chat->tx.db, &chat->scratch, club->id, &group));
    assert_ok(group_search(chat->tx.db, &chat->scratch, STR("club"), 10, &list));
    assert_int_equal(list.count, 0);
    assert_ok(group_list(chat->tx.db, &chat->scratch, club->owner.id, &list));
    assert_int_equal(list.count, 0);
    assert_err(ERR_NOT_MEMBER, said(club, club->member));
    assert_err(ERR_NOT_MEMBER, policy_group(&chat->tx, club->owner.id, club->by_owner.dst, ROLE_MEMBER, &ref));
    assert_err(ERR_NOT_FOUND, membership_join(&chat->tx, &club->outsider, club->by_owner.dst, STR_NONE, &waits));
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM member WHERE chat = 1000"), 0);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM chat WHERE id = 1000 AND dismissed > 0"), 1);
    assert_int_equal(group_make(chat, club->owner.id, A, "next"), club->id + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(a_founder_owns_the_group_and_is_its_first_member),
        chat_test(friends_are_in_it_from_the_start_each_once),
        chat_test(a_stranger_a_blocker_and_nobody_spoil_the_founding),
        cmocka_unit_test(a_groups_texts_have_their_bounds),
        club_test(an_edit_changes_what_it_names_and_a_new_name_is_history),
        club_test(a_notice_is_kept_told_and_taken_down),
        club_test(muting_all_leaves_owner_and_admins_their_voice),
        club_test(a_dismissed_group_is_found_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
