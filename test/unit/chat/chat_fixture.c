/* chat_fixture.c: see chat_fixture.h. */
#include "chat_fixture.h"

#include <stdlib.h>

#include "chat/contact.h"
#include "chat/group.h"
#include "chat/marks.h"
#include "chat/membership.h"
#include "chat/tally.h"
#include "util/json.h"
#include "util/mem.h"

int chat_setup(void **state)
{
    struct chat *chat = mem_zalloc(sizeof(*chat));
    void *store;
    store_setup(&store);
    chat->store = store;
    chat->policy.group_size_max = 100000;
    chat->tx = (struct core_tx){
        .db = chat->store->db,
        .arena = &chat->scratch,
        .events = &chat->events,
        .directory = directory_new(),
        .marks = marks_new(),
        .tally = tally_new(),
        .router = router_local_new(),
        .json = json_parser_new(),
        .policy = &chat->policy,
        .now_ms = NOW,
    };
    *state = chat;
    return 0;
}

int chat_teardown(void **state)
{
    struct chat *chat = *state;
    void *store = chat->store;
    directory_free(&chat->tx.directory);
    marks_free(&chat->tx.marks);
    tally_free(&chat->tx.tally);
    router_free(&chat->tx.router);
    json_parser_free(&chat->tx.json);
    event_list_release(&chat->events);
    arena_release(&chat->scratch);
    store_teardown(&store);
    free(chat);
    return 0;
}

const struct event *event_only(struct chat *chat, enum event_type type)
{
    assert_int_equal(chat->events.count, 1);
    assert_int_equal(chat->events.items[0].type, type);
    chat->events.count = 0;
    return &chat->events.items[0];
}

void events_none(struct chat *chat)
{
    assert_int_equal(chat->events.count, 0);
}

static struct message_draft draft_make(enum chat_kind kind, int64_t sender, const char *sender_email, const char *dst,
                                       const char *content)
{
    return (struct message_draft){
        .sender = sender,
        .sender_email = str_from(sender_email),
        .kind = kind,
        .dst = str_from(dst),
        .msg_type = 1,
        .content = str_from(content),
    };
}

struct message_draft draft_direct(int64_t sender, const char *sender_email, const char *dst, const char *content)
{
    return draft_make(CHAT_DIRECT, sender, sender_email, dst, content);
}

struct message_draft draft_group(int64_t sender, const char *sender_email, const char *dst, const char *content)
{
    return draft_make(CHAT_GROUP, sender, sender_email, dst, content);
}

int64_t sent(struct chat *chat, struct message_draft draft)
{
    assert_ok(message_send(&chat->tx, &draft, NULL));
    return event_only(chat, EVENT_MESSAGE)->seq;
}

void befriend(struct chat *chat, int64_t a, const char *a_email, const char *b_email)
{
    assert_ok(contact_add(&chat->tx, &(struct actor){ a, str_from(a_email) }, str_from(b_email)));
    assert_int_equal(chat->events.count, 2);
    assert_int_equal(chat->events.items[0].type, EVENT_FRIENDS);
    chat->events.count = 0;
}

int64_t group_make(struct chat *chat, int64_t owner, const char *owner_email, const char *name)
{
    struct group group;
    struct group_draft draft = { .name = str_from(name), .owner = owner, .owner_email = str_from(owner_email) };
    assert_ok(group_create(&chat->tx, &draft, &chat->store->arena, &group));
    assert_int_equal(chat->events.count, 3);
    assert_int_equal(chat->events.items[0].type, EVENT_JOINED);
    assert_int_equal(chat->events.items[1].type, EVENT_UPDATE);
    assert_int_equal(chat->events.items[2].seq, 1); /* the notice */
    chat->events.count = 0;
    return group.id;
}

void group_join(struct chat *chat, int64_t user, const char *email, int64_t group)
{
    bool waits;
    struct str text = arena_format(&chat->scratch, "%lld", (long long)group);
    assert_ok(membership_join(&chat->tx, &(struct actor){ user, str_from(email) }, text, STR_NONE, &waits));
    assert_false(waits);
    assert_int_equal(chat->events.count, 3);
    chat->events.count = 0;
}
