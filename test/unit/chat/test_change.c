/* test_change.c: who may change which message until when, and what is left of it. */
#include "chat_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "chat/attach.h"
#include "chat/change.h"
#include "chat/membership.h"
#include "chat/policy.h"
#include "store/change.h"
#include "store/mutation.h"
#include "store/personal.h"

#define A "alice@x.cc"
#define B "bob@x.cc"
#define C "carol@x.cc"

static const char *const emails[] = { A, B, C };

/* A group of three: the first owns it, the second is its admin, the third a member. */
struct room {
    struct chat *chat;
    struct actor actors[3];
    char name[24];
    int64_t id;
};

static void room_make(struct room *room, struct chat *chat)
{
    char text[128];
    bool waits;
    room->chat = chat;
    chat->policy.recall_ms = 1000;
    chat->policy.edit_ms = 5000;
    chat->policy.whole_history = true;
    chat->policy.group_size_max = 100;
    for (size_t i = 0; i < 3; i++)
        room->actors[i] = (struct actor){ user_make(chat->store, emails[i]), str_from(emails[i]) };
    room->id = group_make(chat, room->actors[0].id, A, "g");
    snprintf(room->name, sizeof(room->name), "%lld", (long long)room->id);
    for (size_t i = 1; i < 3; i++)
        assert_ok(membership_join(&chat->tx, &room->actors[i], str_from(room->name), STR_NONE, &waits));
    snprintf(text, sizeof(text), "UPDATE member SET role = 1 WHERE user = %lld", (long long)room->actors[1].id);
    store_run(chat->store, text);
    directory_forget(chat->tx.directory);
    chat->events.count = 0;
}

static int64_t say(struct room *room, size_t who, const char *content)
{
    struct message_draft draft = draft_group(room->actors[who].id, emails[who], room->name, content);
    assert_ok(message_send(&room->chat->tx, &draft, NULL));
    int64_t seq = room->chat->events.items[room->chat->events.count - 1].seq;
    room->chat->events.count = 0;
    return seq;
}

static struct chat_ref ref_of(struct room *room, size_t who)
{
    struct chat_ref ref;
    assert_ok(policy_chat(&room->chat->tx, room->actors[who].id, CHAT_GROUP, str_from(room->name), &ref));
    return ref;
}

static enum err recall(struct room *room, size_t who, int64_t seq)
{
    struct chat_ref ref = ref_of(room, who);
    return change_recall(&room->chat->tx, &room->actors[who], &ref, seq);
}

static enum err edit(struct room *room, size_t who, int64_t seq, const char *content)
{
    struct chat_ref ref = ref_of(room, who);
    return change_edit(&room->chat->tx, &room->actors[who], &ref, seq, str_from(content));
}

static struct message message_at(struct room *room, int64_t seq)
{
    struct message message;
    assert_ok(message_get(room->chat->tx.db, &room->chat->scratch, room->id, seq, &message));
    return message;
}

static void the_window_ends_for_the_sender_but_not_for_admins(void **state)
{
    struct room room;
    room_make(&room, *state);
    struct core_tx *tx = &room.chat->tx;
    int64_t first = say(&room, 2, "one");
    int64_t second = say(&room, 2, "two");
    int64_t owners = say(&room, 0, "the owner's");
    tx->now_ms = NOW + 999;
    assert_ok(recall(&room, 2, first));
    const struct event *event = event_only(room.chat, EVENT_UPDATE);
    assert_int_equal(event->cmd, 24);
    assert_int_equal(event->mver, 1);
    assert_int_equal(event->scope, EVENT_TO_CHAT);
    tx->now_ms = NOW + 1000;
    assert_err(ERR_TOO_LATE, recall(&room, 2, second));
    assert_err(ERR_DENIED, recall(&room, 2, owners));
    assert_ok(recall(&room, 2, first)); /* gone as he wished: nothing is told */
    events_none(room.chat);
    tx->now_ms = NOW + 3600000;
    assert_ok(recall(&room, 1, second));
    assert_int_equal(event_only(room.chat, EVENT_UPDATE)->mver, 2);
    assert_ok(recall(&room, 1, owners)); /* an admin, the owner's */
    assert_int_equal(event_only(room.chat, EVENT_UPDATE)->mver, 3);
    assert_int_equal(store_number(room.chat->store, "SELECT COUNT(*) FROM mutation"), 3);
}

static void nobody_edits_for_another_and_nobody_after_the_window(void **state)
{
    struct room room;
    room_make(&room, *state);
    int64_t seq = say(&room, 2, "text");
    assert_err(ERR_DENIED, edit(&room, 0, seq, "mine"));
    assert_err(ERR_DENIED, edit(&room, 1, seq, "mine"));
    room.chat->tx.now_ms = NOW + 5000;
    assert_err(ERR_TOO_LATE, edit(&room, 2, seq, "late"));
    events_none(room.chat);
    assert_str("text", message_at(&room, seq).content);
}

static void a_notice_is_nobodys_to_change(void **state)
{
    struct room room;
    room_make(&room, *state);
    assert_ok(message_notice(&room.chat->tx, &room.actors[0], room.id, STR("{\"op\":\"join\"}")));
    int64_t seq = event_only(room.chat, EVENT_MESSAGE)->seq;
    struct chat_ref ref = ref_of(&room, 0);
    assert_err(ERR_ARG, recall(&room, 0, seq));
    assert_err(ERR_ARG, edit(&room, 0, seq, "x"));
    assert_err(ERR_ARG, change_delete(&room.chat->tx, &room.actors[0], &ref, &(int64_t){ seq }, 1));
    assert_err(ERR_ARG, attach_react(&room.chat->tx, &room.actors[0], &ref, seq, STR("+1"), true));
    assert_err(ERR_ARG, attach_pin(&room.chat->tx, &room.actors[0], &ref, seq, true));
    events_none(room.chat);
    assert_ok(change_hide(&room.chat->tx, &room.actors[0], &ref, &(int64_t){ seq }, 1));
    assert_int_equal(event_only(room.chat, EVENT_UPDATE)->scope, EVENT_TO_ACTOR);
}

static void what_was_written_before_one_joined_is_not_there_for_him(void **state)
{
    struct room room;
    char text[128];
    room_make(&room, *state);
    int64_t seq = say(&room, 2, "before");
    room.chat->policy.whole_history = false;
    snprintf(text, sizeof(text), "UPDATE member SET joined_seq = %lld WHERE user = %lld", (long long)seq + 1,
             (long long)room.actors[1].id);
    store_run(room.chat->store, text);
    struct chat_ref ref = ref_of(&room, 1);
    assert_err(ERR_NOT_FOUND, recall(&room, 1, seq));
    assert_err(ERR_NOT_FOUND, attach_react(&room.chat->tx, &room.actors[1], &ref, seq, STR("+1"), true));
    assert_err(ERR_NOT_FOUND, change_hide(&room.chat->tx, &room.actors[1], &ref, &(int64_t){ seq }, 1));
    events_none(room.chat);
    assert_ok(recall(&room, 0, seq));
    event_only(room.chat, EVENT_UPDATE);
}

/* Longer, shorter, longer again: wherever the text stands, it reads as the last edit said. */
static void any_row_of_edits_reads_as_the_last_one(void **state)
{
    struct room room;
    static char text[9000];
    uint64_t seed = seed_take();
    room_make(&room, *state);
    int64_t seq = say(&room, 2, "first");
    for (unsigned i = 0; i < 200; i++) {
        size_t size = (size_t)(seed_next(&seed) % (i % 3 == 0 ? sizeof(text) - 1 : 40));
        memset(text, 'a' + (int)(i % 26), size);
        text[size] = '\0';
        assert_ok(edit(&room, 2, seq, text));
        room.chat->events.count = 0;
        struct message message = message_at(&room, seq);
        assert_str(text, message.content);
    }
    assert_true((message_at(&room, seq).flags & MESSAGE_EDITED) != 0);
    assert_ok(recall(&room, 2, seq));
    assert_str("", message_at(&room, seq).content);
    assert_int_equal(store_number(room.chat->store, "SELECT COUNT(*) FROM edition WHERE content <> ''"), 0);
    assert_int_equal(store_number(room.chat->store, "SELECT LENGTH(content) FROM message ORDER BY id DESC LIMIT 1"), 0);
}

static void expired_messages_go_in_runs_of_one_sender_and_chat(void **state)
{
    struct room room;
    room_make(&room, *state);
    size_t count;
    for (size_t i = 0; i < 130; i++) {
        struct message_draft draft = draft_group(room.actors[i % 2].id, emails[i % 2], room.name, "x");
        draft.ttl_s = i < 128 ? 10 : 20;
        assert_ok(message_send(&room.chat->tx, &draft, NULL));
    }
    room.chat->events.count = 0;
    room.chat->tx.now_ms = NOW + 9999;
    assert_ok(change_expire(&room.chat->tx, 100, &count));
    assert_int_equal(count, 0);
    events_none(room.chat);
    room.chat->tx.now_ms = NOW + 10000;
    assert_ok(change_expire(&room.chat->tx, 100, &count));
    assert_int_equal(count, 100);
    assert_int_equal(room.chat->events.count, 2);
    assert_int_not_equal(room.chat->events.items[0].actor, room.chat->events.items[1].actor);
    assert_ok(change_expire(&room.chat->tx, 100, &count));
    assert_int_equal(count, 28);
    assert_int_equal(store_number(room.chat->store, "SELECT COUNT(*) FROM message WHERE state = 2"), 128);
    assert_int_equal(store_number(room.chat->store, "SELECT MAX(mver) FROM mutation"), 4);
    room.chat->events.count = 0;
}

static void a_gone_message_takes_along_what_hung_on_it(void **state)
{
    struct room room;
    room_make(&room, *state);
    struct message_draft draft = draft_group(room.actors[2].id, C, room.name, "x");
    struct str at[] = { STR(A), STR(B) };
    draft.at = at;
    draft.at_count = 2;
    int64_t seq = sent(room.chat, draft);
    for (size_t who = 0; who < 3; who++) {
        struct chat_ref ref = ref_of(&room, who);
        assert_ok(attach_react(&room.chat->tx, &room.actors[who], &ref, seq, STR("+1"), true));
    }
    struct chat_ref ref = ref_of(&room, 0);
    assert_ok(attach_pin(&room.chat->tx, &room.actors[0], &ref, seq, true));
    assert_int_equal(message_at(&room, seq).flags, MESSAGE_REACTED | MESSAGE_PINNED);
    assert_ok(recall(&room, 2, seq));
    assert_int_equal(message_at(&room, seq).flags, 0);
    assert_int_equal(store_number(room.chat->store, "SELECT (SELECT COUNT(*) FROM reaction) +"
                                                    " (SELECT COUNT(*) FROM reaction_kind) +"
                                                    " (SELECT COUNT(*) FROM pin) + (SELECT COUNT(*) FROM mention)"),
                     0);
    room.chat->events.count = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(the_window_ends_for_the_sender_but_not_for_admins),
        chat_test(nobody_edits_for_another_and_nobody_after_the_window),
        chat_test(a_notice_is_nobodys_to_change),
        chat_test(what_was_written_before_one_joined_is_not_there_for_him),
        chat_test(any_row_of_edits_reads_as_the_last_one),
        chat_test(expired_messages_go_in_runs_of_one_sender_and_chat),
        chat_test(a_gone_message_takes_along_what_hung_on_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
