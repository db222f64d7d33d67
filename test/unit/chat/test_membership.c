/* test_membership.c: who comes into a group, who goes, and as what they are in it. */
#include "group_fixture.h"

#include <stdio.h>

#include "store/applicant.h"

static enum err joined(struct club *club, struct actor actor, const char *group)
{
    bool waits;
    enum err err = membership_join(&club->chat->tx, &actor, str_from(group), STR("hi"), &waits);
    return err == OK && waits ? ERR_FULL : err;
}

static void join_mode(struct club *club, enum group_join join)
{
    struct group_change change = { .join = join, .whole_history = -1 };
    assert_ok(group_edit(&club->chat->tx, &club->owner, &club->by_owner, &change));
    events_take(club->chat, 1);
}

static int64_t size_of(struct club *club)
{
    int64_t size = -1;
    assert_ok(group_size(club->chat->tx.db, club->id, &size));
    assert_int_equal(size, store_number(club->chat->store, "SELECT COUNT(*) FROM member WHERE chat = 1000"));
    return size;
}

static enum member_role role_of(struct club *club, struct actor actor)
{
    struct directory_member member;
    struct member stored;
    assert_ok(directory_member(club->chat->tx.directory, club->chat->tx.db, club->id, actor.id, &member));
    assert_ok(member_get(club->chat->tx.db, club->id, actor.id, &stored));
    assert_int_equal(member.role, stored.role);
    return member.role;
}

static void is_out(struct club *club, struct actor actor)
{
    struct directory_member member;
    assert_err(ERR_NOT_FOUND,
               directory_member(club->chat->tx.directory, club->chat->tx.db, club->id, actor.id, &member));
    assert_err(ERR_NOT_MEMBER, said(club, actor));
}

static void joining_makes_a_member_and_tells_the_group(void **state)
{
    struct club *club = *state;
    struct member member;
    assert_err(ERR_NOT_MEMBER, said(club, club->outsider));
    assert_ok(joined(club, club->outsider, "001000"));
    const struct event *event = events_take(club->chat, 3);
    assert_int_equal(event->type, EVENT_JOINED);
    assert_int_equal(event->chat, club->id);
    assert_int_equal(event->actor, club->outsider.id);
    assert_str(D, event->actor_email);
    assert_str("1000", event->dst);
    assert_false(event->founded);
    assert_true(event->created_ms == NOW);
    assert_news(&event[1], EVENT_TO_CHAT, "\"op\":\"join\",\"users\":[\"" D "\"],\"by\":\"" D "\"");
    assert_note(&event[2], club->head + 1, "{\"op\":\"join\",\"users\":[\"" D "\"],\"by\":\"" D "\"}");
    assert_int_equal(event[2].actor, club->outsider.id);
    assert_ok(member_get(club->chat->tx.db, club->id, club->outsider.id, &member));
    assert_int_equal(member.role, ROLE_MEMBER);
    assert_int_equal(member.joined_seq, club->head + 1); /* What was said before is no news. */
    assert_int_equal(size_of(club), 4);
    assert_ok(said(club, club->outsider));
}

static void joining_fails_for_a_member_and_for_what_is_no_group(void **state)
{
    struct club *club = *state;
    befriend(club->chat, club->owner.id, A, B);
    char direct[24];
    snprintf(direct, sizeof(direct), "%lld", (long long)chat_id_direct(club->owner.id, club->admin.id));
    static const char *const others[] = {
        "", "0", "-1", "99999999", "1000x", " 1000", "1000 ", "1e3", B, "9223372036854775807", "9223372036854775808"
    };
    assert_err(ERR_EXISTS, joined(club, club->member, "1000"));
    assert_err(ERR_NOT_FOUND, joined(club, club->outsider, direct));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_err(ERR_NOT_FOUND, joined(club, club->outsider, others[i]));
    events_none(club->chat);
    assert_int_equal(size_of(club), 3);
}

static void a_closed_and_a_full_group_let_nobody_in(void **state)
{
    struct club *club = *state;
    join_mode(club, GROUP_CLOSED);
    assert_err(ERR_DENIED, joined(club, club->outsider, "1000"));
    join_mode(club, GROUP_OPEN);
    club->chat->policy.group_size_max = 3;
    assert_err(ERR_GROUP_FULL, joined(club, club->outsider, "1000"));
    events_none(club->chat);
    is_out(club, club->outsider);
    club->chat->policy.group_size_max = 4;
    assert_ok(joined(club, club->outsider, "1000"));
}

static bool applied(struct club *club)
{
    bool exists;
    assert_ok(applicant_exists(club->chat->tx.db, club->id, club->outsider.id, &exists));
    return exists;
}

static void an_application_is_told_to_owner_and_admins_alone(void **state)
{
    struct club *club = *state;
    struct applicant_list list;
    char text[300];
    bool waits;
    memset(text, 'a', sizeof(text));
    join_mode(club, GROUP_APPROVE);
    assert_err(ERR_FULL, joined(club, club->outsider, "1000"));
    const struct event *event = events_take(club->chat, 1);
    assert_news(event, EVENT_TO_TARGETS, "\"op\":\"apply\",\"users\":[\"" D "\"],\"by\":\"" D "\",\"reason\":\"hi\"");
    assert_int_equal(event->target_count, 2);
    assert_int_equal(event->targets[0] + event->targets[1], club->owner.id + club->admin.id);
    is_out(club, club->outsider);
    assert_err(ERR_ARG,
               membership_join(&club->chat->tx, &club->outsider, STR("1000"), (struct str){ text, 256 }, &waits));
    assert_ok(membership_join(&club->chat->tx, &club->outsider, STR("1000"), STR("again"), &waits));
    assert_ok(applicant_list(club->chat->tx.db, &club->chat->scratch, club->id, 0, 10, &list));
    assert_int_equal(list.count, 1);
    assert_str("again", list.rows[0].reason);
    assert_str(D, list.rows[0].email);
    assert_int_equal(size_of(club), 3);
}

static enum err responded(struct club *club, const char *email, bool agree)
{
    return membership_respond(&club->chat->tx, &club->admin, &club->by_admin, str_from(email), agree);
}

static void an_agreed_applicant_comes_in(void **state)
{
    struct club *club = *state;
    join_mode(club, GROUP_APPROVE);
    assert_err(ERR_FULL, joined(club, club->outsider, "1000"));
    events_take(club->chat, 1);
    assert_ok(responded(club, "DORA@x.cc", true));
    const struct event *event = events_take(club->chat, 3);
    assert_int_equal(event->type, EVENT_JOINED);
    assert_int_equal(event->actor, club->outsider.id);
    assert_str(D, event->actor_email);
    assert_news(&event[1], EVENT_TO_CHAT, "\"op\":\"join\",\"users\":[\"" D "\"],\"by\":\"" B "\"");
    assert_note(&event[2], club->head + 1, "{\"op\":\"join\",\"users\":[\"" D "\"],\"by\":\"" B "\"}");
    assert_int_equal(event[2].actor, club->admin.id);
    assert_false(applied(club));
    assert_int_equal(size_of(club), 4);
    assert_err(ERR_NOT_FOUND, responded(club, D, true));
}

static void a_refused_applicant_is_told_and_stays_out(void **state)
{
    struct club *club = *state;
    join_mode(club, GROUP_APPROVE);
    assert_err(ERR_FULL, joined(club, club->outsider, "1000"));
    events_take(club->chat, 1);
    assert_ok(responded(club, D, false));
    const struct event *event = events_take(club->chat, 1);
    assert_news(event, EVENT_TO_TARGETS, "\"op\":\"reject\",\"users\":[\"" D "\"],\"by\":\"" B "\"");
    assert_int_equal(event->target_count, 3);
    assert_int_equal(event->targets[2], club->outsider.id);
    is_out(club, club->outsider);
    assert_false(applied(club));
    assert_err(ERR_NOT_FOUND, responded(club, D, false));
    assert_err(ERR_NOT_FOUND, responded(club, "nobody@x.cc", true));
    assert_err(ERR_ARG, responded(club, "", true));
    events_none(club->chat);
}

static enum err invited(struct club *club, struct actor actor, const struct chat_ref *ref, const struct str *emails,
                        size_t count, size_t *added)
{
    struct actor *people;
    return membership_invite(&club->chat->tx, &actor, ref, emails, count, &people, added);
}

static void the_invited_come_in_and_members_are_passed_over(void **state)
{
    struct club *club = *state;
    struct member member;
    size_t added;
    struct str emails[] = { STR(B), STR(D), STR("DORA@x.cc"), STR(C) };
    befriend(club->chat, club->member.id, C, B);
    befriend(club->chat, club->member.id, C, D);
    assert_ok(policy_invite(&club->chat->tx, &club->by_member));
    assert_ok(invited(club, club->member, &club->by_member, emails, 4, &added));
    assert_int_equal(added, 1);
    const struct event *event = events_take(club->chat, 3);
    assert_int_equal(event->type, EVENT_JOINED);
    assert_int_equal(event->actor, club->outsider.id);
    assert_str(D, event->actor_email);
    assert_news(&event[1], EVENT_TO_CHAT, "\"op\":\"join\",\"users\":[\"" D "\"],\"by\":\"" C "\"");
    assert_note(&event[2], club->head + 1, "{\"op\":\"join\",\"users\":[\"" D "\"],\"by\":\"" C "\"}");
    assert_ok(member_get(club->chat->tx.db, club->id, club->outsider.id, &member));
    assert_int_equal(member.joined_seq, club->head + 1);
    assert_int_equal(size_of(club), 4);
    assert_ok(invited(club, club->member, &club->by_member, emails, 4, &added));
    assert_int_equal(added, 0);
    events_none(club->chat);
}

static void who_may_not_be_invited_keeps_everybody_out(void **state)
{
    struct club *club = *state;
    size_t added;
    int64_t e = user_make(club->chat->store, "eve@x.cc");
    struct str stranger[] = { STR(D), STR("eve@x.cc") };
    struct str nobody[] = { STR(D), STR("nobody@x.cc") };
    befriend(club->chat, club->member.id, C, D);
    assert_err(ERR_BLOCKED, invited(club, club->member, &club->by_member, stranger, 2, &added));
    assert_err(ERR_NOT_FOUND, invited(club, club->member, &club->by_member, nobody, 2, &added));
    assert_err(ERR_ARG, invited(club, club->member, &club->by_member, nobody, 0, &added));
    club->chat->policy.strangers = true;
    club->chat->policy.group_size_max = 4;
    assert_err(ERR_GROUP_FULL, invited(club, club->member, &club->by_member, stranger, 2, &added));
    block(club->chat, e, club->member.id);
    assert_err(ERR_BLOCKED, invited(club, club->member, &club->by_member, stranger, 2, &added));
    events_none(club->chat);
    assert_int_equal(size_of(club), 3);
    join_mode(club, GROUP_APPROVE);
    assert_err(ERR_DENIED, policy_invite(&club->chat->tx, &club->by_member));
    assert_ok(policy_invite(&club->chat->tx, &club->by_admin));
}

static void who_leaves_is_out_and_comes_back_as_new(void **state)
{
    struct club *club = *state;
    struct member member;
    store_run(club->chat->store, "INSERT INTO delivered (user, chat, device, seq) VALUES (3, 1000, 0, 3)");
    assert_ok(membership_leave(&club->chat->tx, &club->member, &club->by_member));
    const struct event *event = events_take(club->chat, 3);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"leave\",\"users\":[\"" C "\"],\"by\":\"" C "\"");
    assert_int_equal(event[1].type, EVENT_LEFT);
    assert_int_equal(event[1].actor, club->member.id);
    assert_note(&event[2], club->head + 1, "{\"op\":\"leave\",\"users\":[\"" C "\"],\"by\":\"" C "\"}");
    is_out(club, club->member);
    assert_int_equal(size_of(club), 2);
    assert_int_equal(store_number(club->chat->store, "SELECT COUNT(*) FROM delivered"), 0);
    assert_ok(joined(club, club->member, "1000"));
    assert_ok(member_get(club->chat->tx.db, club->id, club->member.id, &member));
    assert_int_equal(member.joined_seq, club->head + 2);
}

static void an_owner_leaves_only_as_the_last(void **state)
{
    struct club *club = *state;
    struct group group;
    assert_err(ERR_DENIED, membership_leave(&club->chat->tx, &club->owner, &club->by_owner));
    events_none(club->chat);
    assert_ok(membership_leave(&club->chat->tx, &club->member, &club->by_member));
    assert_ok(membership_leave(&club->chat->tx, &club->admin, &club->by_admin));
    events_take(club->chat, 6);
    assert_ok(membership_leave(&club->chat->tx, &club->owner, &club->by_owner));
    const struct event *event = events_take(club->chat, 2);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"dismiss\",\"users\":[],\"by\":\"" A "\"");
    assert_int_equal(event[1].type, EVENT_LEFT);
    assert_err(ERR_NOT_FOUND, group_by_id(club->chat->tx.db, &club->chat->scratch, club->id, &group));
}

static enum err kicked(struct club *club, const char *email)
{
    return membership_kick(&club->chat->tx, &club->admin, &club->by_admin, str_from(email));
}

static void only_lower_ranks_are_kicked(void **state)
{
    struct club *club = *state;
    assert_err(ERR_DENIED, kicked(club, A));
    assert_err(ERR_DENIED, kicked(club, B));
    assert_err(ERR_NOT_FOUND, kicked(club, D));
    assert_err(ERR_NOT_FOUND, kicked(club, "nobody@x.cc"));
    assert_err(ERR_ARG, kicked(club, ""));
    events_none(club->chat);
    assert_ok(said(club, club->member));
    events_take(club->chat, 1);
    assert_ok(kicked(club, "CARL@x.cc"));
    const struct event *event = events_take(club->chat, 3);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"kick\",\"users\":[\"" C "\"],\"by\":\"" B "\"");
    assert_int_equal(event[1].type, EVENT_LEFT);
    assert_int_equal(event[1].actor, club->member.id);
    assert_note(&event[2], club->head + 2, "{\"op\":\"kick\",\"users\":[\"" C "\"],\"by\":\"" B "\"}");
    is_out(club, club->member);
    assert_int_equal(size_of(club), 2);
    assert_ok(membership_kick(&club->chat->tx, &club->owner, &club->by_owner, STR(B)));
}

static enum err muted(struct club *club, const char *email, int64_t until)
{
    return membership_mute(&club->chat->tx, &club->admin, &club->by_admin, str_from(email), until);
}

static void a_muted_member_writes_again_when_it_is_over(void **state)
{
    struct club *club = *state;
    assert_ok(said(club, club->member)); /* remembered as one who may */
    events_take(club->chat, 1);
    assert_ok(muted(club, C, NOW + 1000));
    assert_news(events_take(club->chat, 1), EVENT_TO_CHAT,
                "\"op\":\"mute\",\"users\":[\"" C "\"],\"by\":\"" B "\",\"until\":1700000001000");
    assert_err(ERR_MUTED, said(club, club->member));
    club->chat->tx.now_ms = NOW + 1000;
    assert_ok(said(club, club->member));
    club->chat->tx.now_ms = NOW;
    club->chat->events.count = 0;
    assert_ok(muted(club, C, 0));
    assert_news(events_take(club->chat, 1), EVENT_TO_CHAT,
                "\"op\":\"mute\",\"users\":[\"" C "\"],\"by\":\"" B "\",\"until\":0");
    assert_ok(said(club, club->member));
    club->chat->events.count = 0;
    assert_err(ERR_DENIED, muted(club, A, NOW + 1));
    assert_err(ERR_DENIED, muted(club, B, NOW + 1));
    assert_err(ERR_NOT_FOUND, muted(club, D, NOW + 1));
    assert_err(ERR_ARG, muted(club, C, -1));
    assert_err(ERR_ARG, muted(club, C, NOW + MUTE_MS_MAX + 1));
    events_none(club->chat);
}

static enum err role_set(struct club *club, const char *email, enum member_role role)
{
    return membership_role(&club->chat->tx, &club->owner, &club->by_owner, str_from(email), role);
}

static void an_owner_makes_and_unmakes_admins(void **state)
{
    struct club *club = *state;
    assert_ok(role_set(club, C, ROLE_ADMIN));
    assert_news(events_take(club->chat, 1), EVENT_TO_CHAT,
                "\"op\":\"role\",\"users\":[\"" C "\"],\"by\":\"" A "\",\"role\":\"admin\"");
    assert_int_equal(role_of(club, club->member), ROLE_ADMIN);
    assert_ok(role_set(club, C, ROLE_ADMIN)); /* is one: nobody is told */
    assert_err(ERR_DENIED, role_set(club, A, ROLE_MEMBER));
    assert_err(ERR_NOT_FOUND, role_set(club, D, ROLE_ADMIN));
    assert_err(ERR_ARG, role_set(club, C, ROLE_OWNER));
    events_none(club->chat);
    assert_ok(role_set(club, C, ROLE_MEMBER));
    assert_int_equal(role_of(club, club->member), ROLE_MEMBER);
}

static void a_transfer_makes_the_owner_an_admin(void **state)
{
    struct club *club = *state;
    struct group group;
    assert_ok(muted(club, C, NOW + 1000));
    events_take(club->chat, 1);
    assert_ok(membership_transfer(&club->chat->tx, &club->owner, &club->by_owner, STR(C)));
    const struct event *event = events_take(club->chat, 2);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"transfer\",\"users\":[\"" C "\"],\"by\":\"" A "\"");
    assert_note(&event[1], club->head + 1, "{\"op\":\"transfer\",\"users\":[\"" C "\"],\"by\":\"" A "\"}");
    assert_int_equal(role_of(club, club->member), ROLE_OWNER);
    assert_int_equal(role_of(club, club->owner), ROLE_ADMIN);
    assert_ok(group_by_id(club->chat->tx.db, &club->chat->scratch, club->id, &group));
    assert_int_equal(group.owner, club->member.id);
    assert_str(C, group.owner_email);
    assert_ok(said(club, club->member)); /* Nobody could have let him speak again. */
}

static void a_deleted_owner_is_followed_by_the_admin_who_is_longest_in_it(void **state)
{
    struct club *club = *state;
    struct group group;
    store_run(club->chat->store, "UPDATE member SET created = created - 5 WHERE user = 3");
    assert_ok(membership_end(&club->chat->tx, &club->owner, STR("gone")));
    const struct event *event = events_take(club->chat, 5);
    assert_news(event, EVENT_TO_CHAT, "\"op\":\"transfer\",\"users\":[\"" B "\"],\"by\":\"" A "\"");
    assert_note(&event[1], club->head + 1, "{\"op\":\"transfer\",\"users\":[\"" B "\"],\"by\":\"gone\"}");
    assert_news(&event[2], EVENT_TO_CHAT, "\"op\":\"leave\",\"users\":[\"" A "\"],\"by\":\"" A "\"");
    assert_int_equal(event[3].type, EVENT_LEFT);
    assert_note(&event[4], club->head + 2, "{\"op\":\"leave\",\"users\":[\"gone\"],\"by\":\"gone\"}");
    assert_int_equal(role_of(club, club->admin), ROLE_OWNER);
    is_out(club, club->owner);
    /* Without an admin it is the member; without anybody it ends. */
    assert_ok(membership_end(&club->chat->tx, &club->admin, STR("gone")));
    assert_int_equal(role_of(club, club->member), ROLE_OWNER);
    assert_int_equal(size_of(club), 1);
    club->chat->events.count = 0;
    assert_ok(membership_end(&club->chat->tx, &club->member, STR("gone")));
    events_take(club->chat, 2);
    assert_err(ERR_NOT_FOUND, group_by_id(club->chat->tx.db, &club->chat->scratch, club->id, &group));
}

static void applications_are_bounded(void **state)
{
    struct club *club = *state;
    join_mode(club, GROUP_APPROVE);
    store_run(club->chat->store, "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1099)"
                                 " INSERT INTO applicant (chat, user, reason, created) SELECT 1000, i, NULL, 1 FROM n");
    assert_err(ERR_LIMITED, joined(club, club->outsider, "1000"));
    events_none(club->chat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        club_test(joining_makes_a_member_and_tells_the_group),
        club_test(joining_fails_for_a_member_and_for_what_is_no_group),
        club_test(a_closed_and_a_full_group_let_nobody_in),
        club_test(an_application_is_told_to_owner_and_admins_alone),
        club_test(an_agreed_applicant_comes_in),
        club_test(a_refused_applicant_is_told_and_stays_out),
        club_test(the_invited_come_in_and_members_are_passed_over),
        club_test(who_may_not_be_invited_keeps_everybody_out),
        club_test(who_leaves_is_out_and_comes_back_as_new),
        club_test(an_owner_leaves_only_as_the_last),
        club_test(only_lower_ranks_are_kicked),
        club_test(a_muted_member_writes_again_when_it_is_over),
        club_test(an_owner_makes_and_unmakes_admins),
        club_test(a_transfer_makes_the_owner_an_admin),
        club_test(a_deleted_owner_is_followed_by_the_admin_who_is_longest_in_it),
        club_test(applications_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
