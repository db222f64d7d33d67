/* chat_fixture.h: what a job sees, over a real store and without the threads:
 * the calling thread stands in for the writer's. */
#ifndef IM_TEST_CHAT_FIXTURE_H
#define IM_TEST_CHAT_FIXTURE_H

#include "store_fixture.h"

#include "chat/core.h"
#include "chat/directory.h"
#include "chat/event.h"
#include "chat/message.h"

struct chat {
    struct store *store;
    struct core_policy policy;
    struct event_list events;
    struct arena scratch;
    struct core_tx tx;
};

int chat_setup(void **state);
int chat_teardown(void **state);
#define chat_test(function) cmocka_unit_test_setup_teardown(function, chat_setup, chat_teardown)

/* The only event since the last call, which must be of that type. Its text is good until the next call. */
const struct event *event_only(struct chat *chat, enum event_type type);
void events_none(struct chat *chat);

/* A draft of a one-to-one message, or of one to a group. */
struct message_draft draft_direct(int64_t sender, const char *sender_email, const char *dst, const char *content);
struct message_draft draft_group(int64_t sender, const char *sender_email, const char *dst, const char *content);
/* Sends and returns its seq. */
int64_t sent(struct chat *chat, struct message_draft draft);

void befriend(struct chat *chat, int64_t a, const char *a_email, const char *b_email);
/* Its notice takes seq 1, and each joining one more. */
int64_t group_make(struct chat *chat, int64_t owner, const char *owner_email, const char *name);
void group_join(struct chat *chat, int64_t user, const char *email, int64_t group);

#endif
