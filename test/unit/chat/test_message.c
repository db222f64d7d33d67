/* test_message.c: sending: who may, which seq and id, and what is told. */
#include "chat_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "chat/contact.h"
#include "chat/policy.h"
#include "util/mem.h"

#define A "Alice@x.cc"
#define B "bob@x.cc"
#define C "carol@x.cc"

static enum err tried(struct chat *chat, struct message_draft draft)
{
    enum err err = message_send(&chat->tx, &draft, NULL);
    if (err != OK)
        events_none(chat);
    chat->events.count = 0;
    return err;
}

static void a_message_between_friends_is_stored_and_told(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    befriend(chat, a, A, B);
    struct message_draft draft = draft_direct(b, B, "ALICE@X.CC", "你好 😀");
    draft.msg_type = 4;
    assert_ok(message_send(&chat->tx, &draft, NULL));
    const struct event *event = event_only(chat, EVENT_MESSAGE);
    assert_true(event->chat == chat_id_direct(a, b));
    assert_int_equal(event->users[0], b);
    assert_int_equal(event->users[1], a);
    assert_int_equal(event->actor, b);
    assert_str(B, event->actor_email);
    assert_str(A, event->dst); /* as first written, whatever the sender wrote */
    assert_int_equal(event->seq, 1);
    assert_int_equal(event->msg_type, 4);
    assert_true(event->created_ms == NOW);
    assert_str("你好 😀", event->content);

    struct message_list list;
    assert_ok(message_page(chat->store->db, &chat->scratch, event->chat, 0, 10, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows[0].id, event->id);
    assert_int_equal(list.rows[0].sender, b);
    assert_int_equal(list.rows[0].type, 4);
    assert_str("你好 😀", list.rows[0].content);
}

static void an_event_owns_its_text(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    char text[] = "before";
    char dst[] = A;
    struct message_draft draft = draft_direct(a, A, dst, text);
    assert_ok(message_send(&chat->tx, &draft, NULL));
    memset(text, '!', sizeof(text) - 1);
    memset(dst, '!', sizeof(dst) - 1);
    const struct event *event = event_only(chat, EVENT_MESSAGE);
    assert_str("before", event->content);
    assert_str(A, event->dst);
}

static void seqs_have_no_gaps_and_ids_only_grow(void **state)
{
    struct chat *chat = *state;
    uint64_t seed = seed_take();
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    user_make(chat->store, C);
    char group[24];
    befriend(chat, a, A, B);
    befriend(chat, a, A, C);
    snprintf(group, sizeof(group), "%lld", (long long)group_make(chat, b, B, "g"));
    int64_t seqs[4] = { [3] = 1 }; /* the notice of its founding */
    int64_t last_id = 1;
    for (unsigned i = 0; i < 300; i++) {
        unsigned which = (unsigned)(seed_next(&seed) % 6);
        struct message_draft draft = which == 0   ? draft_direct(a, A, B, "x")
                                     : which == 1 ? draft_direct(b, B, A, "x") /* the same chat */
                                     : which == 2 ? draft_direct(a, A, C, "x")
                                     : which == 3 ? draft_group(b, B, group, "x")
                                     : which == 4 ? draft_group(a, A, group, "x") /* no member */
                                                  : draft_direct(b, B, C, "x");   /* no friend */
        if (which >= 4) {
            assert_err(draft.kind == CHAT_GROUP ? ERR_NOT_MEMBER : ERR_BLOCKED, tried(chat, draft));
            continue;
        }
        if (seed_next(&seed) % 10 == 0) /* A lost batch: what was remembered goes, what is stored stays. */
            directory_forget(chat->tx.directory);
        size_t chat_number = which == 0 ? 1 : which;
        assert_ok(message_send(&chat->tx, &draft, NULL));
        const struct event *event = event_only(chat, EVENT_MESSAGE);
        assert_int_equal(event->seq, ++seqs[chat_number]);
        assert_true(event->id > last_id);
        last_id = event->id;
    }
}

static void strangers_are_denied_and_leave_no_trace(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    user_make(chat->store, B);
    assert_err(ERR_BLOCKED, tried(chat, draft_direct(a, A, B, "x")));
    assert_err(ERR_NOT_FOUND, tried(chat, draft_direct(a, A, "nobody@x.cc", "x")));
    assert_err(ERR_NOT_FOUND, tried(chat, draft_direct(a, A, "", "x")));
    char longest[300];
    memset(longest, 'a', sizeof(longest));
    longest[255] = '\0';
    assert_err(ERR_NOT_FOUND, tried(chat, draft_direct(a, A, longest, "x")));
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM message"), 0);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM member"), 0);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM chat"), 0);
}

static void becoming_friends_opens_a_chat_that_was_refused_before(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    assert_err(ERR_BLOCKED, tried(chat, draft_direct(a, A, B, "x")));
    assert_err(ERR_BLOCKED, tried(chat, draft_direct(b, B, A, "x")));
    befriend(chat, b, B, A);
    assert_int_equal(sent(chat, draft_direct(a, A, B, "x")), 1);
    assert_int_equal(sent(chat, draft_direct(b, B, A, "x")), 2);
}

static void strangers_may_write_where_the_policy_says_so(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    chat->policy.strangers = true;
    assert_int_equal(sent(chat, draft_direct(b, B, A, "x")), 1);
    struct member member;
    assert_ok(member_get(chat->store->db, chat_id_direct(a, b), a, &member));
    assert_int_equal(member.role, ROLE_MEMBER);
    assert_ok(member_get(chat->store->db, chat_id_direct(a, b), b, &member));
    struct member_chat_list list; /* Both have it in their lists: the peer's backlog will hold it. */
    assert_ok(member_chats(chat->store->db, &chat->scratch, a, 0, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.rows[0].delivered, 0);
    assert_int_equal(list.rows[0].head, 1);

    directory_forget(chat->tx.directory);
    assert_int_equal(sent(chat, draft_direct(a, A, B, "x")), 2);
    befriend(chat, a, A, B); /* The rows are there already. */
    assert_int_equal(sent(chat, draft_direct(a, A, B, "x")), 3);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM member"), 2);
}

static void a_chat_with_oneself_has_one_member(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    for (int64_t seq = 1; seq <= 3; seq++) {
        struct message_draft draft = draft_direct(a, A, "alice@x.cc", "note");
        assert_ok(message_send(&chat->tx, &draft, NULL));
        const struct event *event = event_only(chat, EVENT_MESSAGE);
        assert_int_equal(event->seq, seq);
        assert_int_equal(event->users[0], a);
        assert_int_equal(event->users[1], a);
        assert_str(A, event->dst);
        directory_forget(chat->tx.directory);
    }
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM member"), 1);
}

static void only_members_write_to_a_group(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t group = group_make(chat, a, A, "g");
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)group);
    assert_int_equal(sent(chat, draft_group(a, A, text, "x")), 2);
    assert_err(ERR_NOT_MEMBER, tried(chat, draft_group(b, B, text, "x")));
    assert_err(ERR_NOT_MEMBER, tried(chat, draft_group(b, B, text, "x"))); /* remembered */
    group_join(chat, b, B, group);
    struct message_draft draft = draft_group(b, B, text, "x");
    assert_ok(message_send(&chat->tx, &draft, NULL));
    const struct event *event = event_only(chat, EVENT_MESSAGE);
    assert_int_equal(event->seq, 4);
    assert_int_equal(event->chat, group);
    assert_str(text, event->dst);
}

/* Its members' pages know the chat by its id's text alone. */
static void a_group_is_named_by_its_id_however_the_sender_wrote_it(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)group_make(chat, a, A, "g"));
    char padded[32];
    snprintf(padded, sizeof(padded), "0000%s", text);
    struct message_draft draft = draft_group(a, A, padded, "x");
    assert_ok(message_send(&chat->tx, &draft, NULL));
    assert_str(text, event_only(chat, EVENT_MESSAGE)->dst);
}

static void what_is_no_group_is_denied(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    befriend(chat, a, A, B);
    int64_t direct = chat_id_direct(a, b);
    group_make(chat, a, A, "g");
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)direct); /* a member's, but no group */
    assert_err(ERR_NOT_MEMBER, tried(chat, draft_group(a, A, text, "x")));
    static const char *const others[] = {
        "",
        "0",
        "-1",
        "999",
        "-1000",
        "1001",
        "+1000",
        " 1000",
        "1000 ",
        "1000.0",
        "1e3",
        "0x3e8",
        "abc",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "99999999999999999999999",
        A,
        B,
    };
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_err(ERR_NOT_MEMBER, tried(chat, draft_group(a, A, others[i], "x")));
    struct message_draft draft = draft_group(a, A, "", "x");
    draft.dst = STR("1000\0");
    assert_err(ERR_NOT_MEMBER, tried(chat, draft));
}

static void content_is_kept_byte_for_byte(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    char *big = mem_alloc(CONTENT_SIZE_MAX);
    memset(big, 'x', CONTENT_SIZE_MAX);
    struct str contents[] = {
        STR(""), STR("a\0b"), STR("'; DROP TABLE message; --"), STR("<b>&\"'"), { big, CONTENT_SIZE_MAX }
    };
    for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
        struct message_draft draft = draft_direct(a, A, A, "");
        draft.content = contents[i];
        assert_ok(message_send(&chat->tx, &draft, NULL));
        const struct event *event = event_only(chat, EVENT_MESSAGE);
        assert_true(str_equal(event->content, contents[i]));
        assert_non_null(event->content.ptr); /* Every row has a string content. */
        struct message_list list;
        assert_ok(message_page(chat->store->db, &chat->scratch, event->chat, 0, 1, &list));
        assert_int_equal(list.rows[0].content.size, contents[i].size);
        assert_memory_equal(list.rows[0].content.ptr, contents[i].ptr, contents[i].size);
    }
    free(big);
}

/* The insert fails, not the transaction: an id that is taken. */
static void a_message_that_could_not_be_stored_leaves_no_gap(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    assert_int_equal(sent(chat, draft_direct(a, A, A, "one")), 1);
    message_make(chat->store, store_number(chat->store, "SELECT MAX(id) + 1 FROM message"), 4242, 1, "in the way");
    assert_err(ERR_EXISTS, tried(chat, draft_direct(a, A, A, "lost")));
    assert_err(ERR_EXISTS, tried(chat, draft_direct(a, A, A, "lost")));
    store_run(chat->store, "DELETE FROM message WHERE chat = 4242");
    assert_int_equal(sent(chat, draft_direct(a, A, A, "two")), 2);
    assert_int_equal(store_number(chat->store, "SELECT MAX(id) FROM message"), 2);
}

static void a_new_process_goes_on_where_the_store_ends(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    sent(chat, draft_direct(a, A, A, "one"));
    message_make(chat->store, 5000, chat_id_direct(a, a), 2, "two");
    directory_free(&chat->tx.directory);
    chat->tx.directory = directory_new();
    struct message_draft draft = draft_direct(a, A, A, "three");
    assert_ok(message_send(&chat->tx, &draft, NULL));
    const struct event *event = event_only(chat, EVENT_MESSAGE);
    assert_int_equal(event->seq, 3);
    assert_int_equal(event->id, 5001);
}

static void history_is_read_by_the_two_or_by_members_alone(void **state)
{
    struct chat *chat = *state;
    struct db *db = chat->store->db;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t c = user_make(chat->store, C);
    int64_t group = group_make(chat, a, A, "g");
    assert_ok(policy_read(db, a, chat_id_direct(a, b)));
    assert_ok(policy_read(db, b, chat_id_direct(a, b)));
    assert_err(ERR_DENIED, policy_read(db, c, chat_id_direct(a, b)));
    assert_ok(policy_read(db, c, chat_id_direct(c, c)));
    assert_err(ERR_DENIED, policy_read(db, a, chat_id_direct(c, c)));
    assert_ok(policy_read(db, a, group));
    assert_err(ERR_DENIED, policy_read(db, b, group));
    assert_err(ERR_DENIED, policy_read(db, a, group + 1));
    assert_err(ERR_DENIED, policy_read(db, a, 0));
    assert_err(ERR_DENIED, policy_read(db, a, -1));
    assert_err(ERR_DENIED, policy_read(db, a, INT64_MIN));
}

static void presence_is_seen_by_friends_and_oneself_alone(void **state)
{
    struct chat *chat = *state;
    struct db *db = chat->store->db;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t c = user_make(chat->store, C);
    befriend(chat, a, A, B);
    assert_ok(policy_see_presence(db, a, a));
    assert_ok(policy_see_presence(db, a, b));
    assert_ok(policy_see_presence(db, b, a));
    assert_err(ERR_DENIED, policy_see_presence(db, a, c));
    assert_err(ERR_DENIED, policy_see_presence(db, c, a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(a_message_between_friends_is_stored_and_told),
        chat_test(an_event_owns_its_text),
        chat_test(seqs_have_no_gaps_and_ids_only_grow),
        chat_test(strangers_are_denied_and_leave_no_trace),
        chat_test(becoming_friends_opens_a_chat_that_was_refused_before),
        chat_test(strangers_may_write_where_the_policy_says_so),
        chat_test(a_chat_with_oneself_has_one_member),
        chat_test(only_members_write_to_a_group),
        chat_test(a_group_is_named_by_its_id_however_the_sender_wrote_it),
        chat_test(what_is_no_group_is_denied),
        chat_test(content_is_kept_byte_for_byte),
        chat_test(a_message_that_could_not_be_stored_leaves_no_gap),
        chat_test(a_new_process_goes_on_where_the_store_ends),
        chat_test(history_is_read_by_the_two_or_by_members_alone),
        chat_test(presence_is_seen_by_friends_and_oneself_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
