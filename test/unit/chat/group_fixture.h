/* group_fixture.h: a group with an owner, an admin, a member, and somebody who is not in it. */
#ifndef IM_TEST_GROUP_FIXTURE_H
#define IM_TEST_GROUP_FIXTURE_H

#include "chat_fixture.h"

#include "chat/cmd.h"
#include "chat/group.h"
#include "chat/membership.h"
#include "chat/policy.h"

#define A "Alice@x.cc" /* owner */
#define B "bob@x.cc"   /* admin */
#define C "carl@x.cc"  /* member */
#define D "dora@x.cc"  /* outside */

struct club {
    struct chat *chat;
    int64_t id;   /* 1000 */
    int64_t head; /* of its log so far */
    struct actor owner, admin, member, outsider;
    struct chat_ref by_owner, by_admin, by_member; /* as policy_group makes them */
};

int club_setup(void **state);
int club_teardown(void **state);
#define club_test(function) cmocka_unit_test_setup_teardown(function, club_setup, club_teardown)

/* Writes to the club; what is told of it is left in the events. */
enum err said(struct club *club, struct actor actor);
void block(struct chat *chat, int64_t owner, int64_t peer);

/* All events since the last call, which must be so many. Good until the next event. */
const struct event *events_take(struct chat *chat, size_t count);
/* An update 31 with that scope and body. */
void assert_news(const struct event *event, enum event_scope scope, const char *body);
/* A notice in the log. */
void assert_note(const struct event *event, int64_t seq, const char *content);

#endif
