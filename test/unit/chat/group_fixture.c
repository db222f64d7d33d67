/* group_fixture.c: see group_fixture.h. */
#include "group_fixture.h"

#include <stdlib.h>

#include "util/mem.h"

static struct actor person(struct chat *chat, const char *email)
{
    return (struct actor){ user_make(chat->store, email), str_from(email) };
}

int club_setup(void **state)
{
    struct club *club = mem_zalloc(sizeof(*club));
    void *chat;
    chat_setup(&chat);
    club->chat = chat;
    club->owner = person(chat, A);
    club->admin = person(chat, B);
    club->member = person(chat, C);
    club->outsider = person(chat, D);
    club->id = group_make(chat, club->owner.id, A, "club");
    group_join(chat, club->admin.id, B, club->id);
    group_join(chat, club->member.id, C, club->id);
    club->head = 3;
    struct str dst = STR("1000");
    assert_ok(policy_group(&club->chat->tx, club->owner.id, dst, ROLE_OWNER, &club->by_owner));
    assert_ok(membership_role(&club->chat->tx, &club->owner, &club->by_owner, STR(B), ROLE_ADMIN));
    events_take(chat, 1);
    assert_ok(policy_group(&club->chat->tx, club->admin.id, dst, ROLE_ADMIN, &club->by_admin));
    assert_ok(policy_group(&club->chat->tx, club->member.id, dst, ROLE_MEMBER, &club->by_member));
    *state = club;
    return 0;
}

int club_teardown(void **state)
{
    struct club *club = *state;
    void *chat = club->chat;
    free(club);
    return chat_teardown(&chat);
}

enum err said(struct club *club, struct actor actor)
{
    struct message_draft draft = draft_group(actor.id, actor.email.ptr, club->by_owner.dst.ptr, "x");
    return message_send(&club->chat->tx, &draft, NULL);
}

void block(struct chat *chat, int64_t owner, int64_t peer)
{
    struct str text = arena_format(&chat->scratch, "INSERT INTO block (owner, peer, created) VALUES (%lld, %lld, 1)",
                                   (long long)owner, (long long)peer);
    store_run(chat->store, text.ptr);
    directory_drop_chat(chat->tx.directory, chat_id_direct(owner, peer));
}

const struct event *events_take(struct chat *chat, size_t count)
{
    assert_int_equal(chat->events.count, count);
    chat->events.count = 0;
    return chat->events.items;
}

void assert_news(const struct event *event, enum event_scope scope, const char *body)
{
    assert_int_equal(event->type, EVENT_UPDATE);
    assert_int_equal(event->cmd, CMD_GROUP_NEWS);
    assert_int_equal(event->scope, scope);
    assert_int_equal(event->mver, 0);
    assert_str(body, event->body);
}

void assert_note(const struct event *event, int64_t seq, const char *content)
{
    assert_int_equal(event->type, EVENT_MESSAGE);
    assert_int_equal(event->msg_type, MESSAGE_TYPE_NOTICE);
    assert_int_equal(event->seq, seq);
    assert_str(content, event->content);
}
