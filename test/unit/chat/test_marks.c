/* test_marks.c: read and send marks, their flush, and what a crash leaves. */
#include "chat_fixture.h"

#include <stdio.h>

#include "chat/marks.h"
#include "chat/tally.h"
#include "store/personal.h"

#define A "alice@x.cc"
#define B "bob@x.cc"

static struct member member_of(struct chat *chat, int64_t id, int64_t user)
{
    struct member member = { 0 };
    assert_ok(member_get(chat->tx.db, id, user, &member));
    return member;
}

static void marks_wait_until_they_are_flushed_and_stay_readable_for_a_round(void **state)
{
    struct chat *chat = *state;
    struct marks *marks = chat->tx.marks;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    befriend(chat, a, A, B);
    int64_t id = chat_id_direct(a, b);
    marks_move(marks, id, a, 3, 0);
    marks_move(marks, id, a, 2, 5);
    marks_move(marks, id, b, 0, 4);
    assert_int_equal(marks_waiting(marks), 2);
    assert_int_equal(marks_get(marks, id, a).read, 3);
    assert_int_equal(marks_get(marks, id, a).sent, 5);
    assert_true(marks_get(marks, id, a).waiting);
    assert_int_equal(marks_get(marks, id + 1, a).read, 0);
    assert_ok(marks_flush(marks, chat->tx.db));
    assert_int_equal(marks_waiting(marks), 2); /* Not committed yet. */
    marks_flushed(marks, true);
    assert_int_equal(marks_waiting(marks), 0);
    assert_int_equal(member_of(chat, id, a).read_seq, 5); /* Who wrote has read. */
    assert_int_equal(member_of(chat, id, a).sent_seq, 5);
    assert_int_equal(member_of(chat, id, b).sent_seq, 4);
    /* A reader's snapshot may be older than the flush. */
    assert_int_equal(marks_get(marks, id, a).sent, 5);
    assert_false(marks_get(marks, id, a).waiting);
    marks_move(marks, id, a, 4, 0);
    assert_true(marks_get(marks, id, a).waiting);
    assert_ok(marks_flush(marks, chat->tx.db));
    marks_flushed(marks, true);
    assert_int_equal(marks_get(marks, id, b).sent, 0); /* Forgotten: the store has had it for a round. */
}

static void a_flush_that_is_lost_is_done_again(void **state)
{
    struct chat *chat = *state;
    struct marks *marks = chat->tx.marks;
    int64_t a = user_make(chat->store, A);
    int64_t id = group_make(chat, a, A, "g");
    marks_move(marks, id, a, 7, 0);
    store_run(chat->store, "BEGIN");
    assert_ok(marks_flush(marks, chat->tx.db));
    store_run(chat->store, "ROLLBACK");
    marks_flushed(marks, false);
    assert_int_equal(marks_waiting(marks), 1);
    assert_int_equal(member_of(chat, id, a).read_seq, 0);
    assert_ok(marks_flush(marks, chat->tx.db));
    marks_flushed(marks, true);
    assert_int_equal(member_of(chat, id, a).read_seq, 7);
}

static void what_moves_during_a_flush_waits_for_the_next(void **state)
{
    struct chat *chat = *state;
    struct marks *marks = chat->tx.marks;
    int64_t a = user_make(chat->store, A);
    int64_t id = group_make(chat, a, A, "g");
    marks_move(marks, id, a, 2, 0);
    assert_ok(marks_flush(marks, chat->tx.db));
    marks_move(marks, id, a, 3, 0);
    marks_flushed(marks, true);
    assert_int_equal(marks_waiting(marks), 1);
    assert_int_equal(marks_get(marks, id, a).read, 3);
    assert_ok(marks_flush(marks, chat->tx.db));
    marks_flushed(marks, true);
    assert_int_equal(member_of(chat, id, a).read_seq, 3);
}

/* A read mark is a change for its user, and in a one-to-one chat for the other, unless one blocks the other. */
static void a_flushed_read_mark_counts_for_those_who_may_know(void **state)
{
    struct chat *chat = *state;
    struct marks *marks = chat->tx.marks;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    befriend(chat, a, A, B);
    int64_t id = chat_id_direct(a, b);
    for (int64_t round = 1; round <= 2; round++) {
        marks_move(marks, id, a, round, 0);
        assert_ok(marks_flush(marks, chat->tx.db));
        marks_flushed(marks, true);
        assert_int_equal(member_of(chat, id, a).pver, round);
        assert_int_equal(member_of(chat, id, b).pver, 1);
        store_run(chat->store,
                  "INSERT OR IGNORE INTO block (owner, peer, created) SELECT MAX(id), MIN(id), 1 FROM user");
    }
}

static void the_log_gives_back_the_send_marks_of_a_crash(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    befriend(chat, a, A, B);
    int64_t id = chat_id_direct(a, b);
    for (int i = 0; i < 5; i++)
        sent(chat, draft_direct(i == 3 ? b : a, i == 3 ? B : A, i == 3 ? A : B, "x"));
    assert_int_equal(member_of(chat, id, a).sent_seq, 0);
    assert_ok(marks_replay(chat->tx.db));
    assert_int_equal(member_of(chat, id, a).sent_seq, 5);
    assert_int_equal(member_of(chat, id, b).sent_seq, 4);
    int64_t changes = store_number(chat->store, "SELECT total_changes()");
    assert_ok(marks_replay(chat->tx.db)); /* It knows how far it came. */
    assert_int_equal(store_number(chat->store, "SELECT total_changes()"), changes);
}

/* A group of two, in which A has written. */
struct talk {
    int64_t a, b, id;
};

static struct talk talk_make(struct chat *chat, int messages)
{
    char group[24];
    struct talk talk = { .a = user_make(chat->store, A), .b = user_make(chat->store, B) };
    talk.id = group_make(chat, talk.a, A, "g");
    snprintf(group, sizeof(group), "%lld", (long long)talk.id);
    assert_ok(member_insert(chat->tx.db, talk.id, talk.b, ROLE_MEMBER, 1, NOW));
    for (int i = 0; i < messages; i++)
        sent(chat, draft_group(talk.a, A, group, "x"));
    return talk;
}

static const struct event *tally_turn(struct chat *chat)
{
    assert_ok(tally_tell(chat->tx.tally, &chat->tx));
    tally_told(chat->tx.tally, true);
    return event_only(chat, EVENT_UPDATE);
}

static void a_group_is_told_one_number_for_the_greatest_mark(void **state)
{
    struct chat *chat = *state;
    struct talk talk = talk_make(chat, 3);
    assert_false(tally_waiting(chat->tx.tally));
    assert_ok(member_mark(chat->tx.db, talk.id, talk.b, 3, 0));
    assert_ok(member_mark(chat->tx.db, talk.id, talk.a, 0, 3)); /* The sender is no reader. */
    tally_add(chat->tx.tally, talk.id, 3);
    tally_add(chat->tx.tally, talk.id, 2);
    assert_true(tally_waiting(chat->tx.tally));
    const struct event *event = tally_turn(chat);
    assert_int_equal(event->scope, EVENT_TO_CHAT);
    assert_int_equal(event->actor, 0);
    assert_int_equal(event->seq, 0); /* It moves nobody's mark. */
    assert_str("\"seq\":3,\"count\":1", event->body);
    assert_false(tally_waiting(chat->tx.tally));
}

static void a_tally_that_was_lost_or_overtaken_is_told_again(void **state)
{
    struct chat *chat = *state;
    int64_t a = user_make(chat->store, A);
    int64_t id = group_make(chat, a, A, "g");
    tally_add(chat->tx.tally, id, 1);
    assert_ok(tally_tell(chat->tx.tally, &chat->tx));
    tally_told(chat->tx.tally, false);
    event_only(chat, EVENT_UPDATE);
    assert_true(tally_waiting(chat->tx.tally));
    assert_ok(tally_tell(chat->tx.tally, &chat->tx));
    tally_add(chat->tx.tally, id, 2);
    tally_told(chat->tx.tally, true);
    event_only(chat, EVENT_UPDATE);
    assert_true(tally_waiting(chat->tx.tally));
    assert_str("\"seq\":2,\"count\":0", tally_turn(chat)->body);
    assert_false(tally_waiting(chat->tx.tally));
}

static void who_reads_while_a_group_is_told_is_counted_in_its_next_turn(void **state)
{
    struct chat *chat = *state;
    struct talk talk = talk_make(chat, 2);
    tally_add(chat->tx.tally, talk.id, 2);
    assert_ok(tally_tell(chat->tx.tally, &chat->tx));
    assert_str("\"seq\":2,\"count\":0", event_only(chat, EVENT_UPDATE)->body);
    assert_ok(member_mark(chat->tx.db, talk.id, talk.b, 2, 0));
    tally_add(chat->tx.tally, talk.id, 2); /* No further than what is being told, and yet news. */
    tally_told(chat->tx.tally, true);
    assert_true(tally_waiting(chat->tx.tally));
    assert_ok(tally_tell(chat->tx.tally, &chat->tx));
    tally_add(chat->tx.tally, talk.id, 1);
    assert_str("\"seq\":2,\"count\":1", event_only(chat, EVENT_UPDATE)->body);
    assert_ok(tally_tell(chat->tx.tally, &chat->tx)); /* The batch was lost and runs again: with both. */
    assert_str("\"seq\":2,\"count\":1", event_only(chat, EVENT_UPDATE)->body);
    tally_told(chat->tx.tally, true);
    assert_false(tally_waiting(chat->tx.tally));
}

static void what_is_forgotten_is_neither_shown_nor_written(void **state)
{
    struct chat *chat = *state;
    struct talk talk = talk_make(chat, 2);
    marks_move(chat->tx.marks, talk.id, talk.b, 2, 0);
    marks_told(chat->tx.marks, 1000);
    assert_int_equal(marks_get(chat->tx.marks, talk.id, talk.b).read, 2);
    marks_forget(chat->tx.marks);
    assert_int_equal(marks_waiting(chat->tx.marks), 0);
    assert_int_equal(marks_get(chat->tx.marks, talk.id, talk.b).read, 0);
    assert_ok(marks_flush(chat->tx.marks, chat->tx.db));
    marks_flushed(chat->tx.marks, true);
    assert_int_equal(member_of(chat, talk.id, talk.b).read_seq, 0);
    assert_int_equal(store_number(chat->store, "SELECT COUNT(*) FROM meta WHERE name = 'marks' AND value = '1000'"), 0);
    marks_move(chat->tx.marks, talk.id, talk.b, 1, 0); /* It goes on. */
    assert_ok(marks_flush(chat->tx.marks, chat->tx.db));
    marks_flushed(chat->tx.marks, true);
    assert_int_equal(member_of(chat, talk.id, talk.b).read_seq, 1);
}

static void a_turn_tells_a_bounded_number_of_groups(void **state)
{
    struct chat *chat = *state;
    enum { GROUPS = 100 };
    for (int64_t group = 0; group < GROUPS; group++)
        tally_add(chat->tx.tally, GROUP_ID_FIRST + group, 1);
    unsigned turns = 0;
    size_t told = 0;
    while (tally_waiting(chat->tx.tally)) {
        assert_ok(tally_tell(chat->tx.tally, &chat->tx));
        tally_told(chat->tx.tally, true);
        assert_in_range(chat->events.count, 1, 32);
        assert_int_equal(chat->events.items[0].chat, GROUP_ID_FIRST + (int64_t)told); /* The longest waiting first. */
        told += chat->events.count;
        chat->events.count = 0;
        turns++;
    }
    assert_int_equal(told, GROUPS);
    assert_int_equal(turns, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(marks_wait_until_they_are_flushed_and_stay_readable_for_a_round),
        chat_test(a_flush_that_is_lost_is_done_again),
        chat_test(what_moves_during_a_flush_waits_for_the_next),
        chat_test(a_flushed_read_mark_counts_for_those_who_may_know),
        chat_test(the_log_gives_back_the_send_marks_of_a_crash),
        chat_test(a_group_is_told_one_number_for_the_greatest_mark),
        chat_test(a_tally_that_was_lost_or_overtaken_is_told_again),
        chat_test(who_reads_while_a_group_is_told_is_counted_in_its_next_turn),
        chat_test(what_is_forgotten_is_neither_shown_nor_written),
        chat_test(a_turn_tells_a_bounded_number_of_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
