/* test_history.c: pages of the log, with both names. */
#include "chat_fixture.h"

#include <stdio.h>

#include "chat/contact.h"
#include "chat/history.h"

#define A "Alice@x.cc"
#define B "bob@x.cc"
#define C "carol@x.cc"

static const struct reading *reading(struct chat *chat, int64_t user)
{
    static struct reading made;
    made = (struct reading){ .db = chat->tx.db, .arena = &chat->scratch, .user = user, .now_ms = NOW };
    return &made;
}

static void a_page_names_who_wrote_and_to_whom(void **state)
{
    struct chat *chat = *state;
    struct message_list page;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    befriend(chat, a, A, B);
    sent(chat, draft_direct(a, A, B, "one"));
    sent(chat, draft_direct(b, B, A, "two"));
    for (int64_t reader = a; reader <= b; reader++) { /* the same for both */
        assert_ok(history_page(reading(chat, reader), chat_id_direct(a, b), 0, 10, &page));
        assert_int_equal(page.count, 2);
        assert_str(A, page.rows[0].sender_email);
        assert_str(B, page.rows[0].dst);
        assert_str("one", page.rows[0].content);
        assert_str(B, page.rows[1].sender_email);
        assert_str(A, page.rows[1].dst);
        assert_int_equal(page.rows[1].seq, 2);
    }
}

static void a_chat_with_oneself_and_a_group_have_names_too(void **state)
{
    struct chat *chat = *state;
    struct message_list page;
    char group[24];
    int64_t a = user_make(chat->store, A);
    int64_t id = group_make(chat, a, A, "g");
    snprintf(group, sizeof(group), "%lld", (long long)id);
    sent(chat, draft_direct(a, A, A, "note"));
    sent(chat, draft_group(a, A, group, "all"));
    assert_ok(history_page(reading(chat, a), chat_id_direct(a, a), 0, 10, &page));
    assert_str(A, page.rows[0].sender_email);
    assert_str(A, page.rows[0].dst);
    assert_ok(history_page(reading(chat, a), id, 0, 10, &page));
    assert_str(A, page.rows[0].sender_email);
    assert_str(group, page.rows[0].dst);
}

static void pages_go_back_from_the_newest_oldest_first(void **state)
{
    struct chat *chat = *state;
    struct message_list page;
    char text[16];
    int64_t a = user_make(chat->store, A);
    for (int i = 1; i <= 10; i++) {
        snprintf(text, sizeof(text), "%d", i);
        sent(chat, draft_direct(a, A, A, text));
    }
    int64_t self = chat_id_direct(a, a);
    assert_ok(history_page(reading(chat, a), self, 0, 4, &page));
    assert_int_equal(page.count, 4);
    assert_int_equal(page.rows[0].seq, 7);
    assert_int_equal(page.rows[3].seq, 10);
    assert_ok(history_page(reading(chat, a), self, 7, 4, &page));
    assert_int_equal(page.rows[0].seq, 3);
    assert_ok(history_page(reading(chat, a), self, 3, 4, &page));
    assert_int_equal(page.count, 2);
    assert_ok(history_page(reading(chat, a), self, 1, 4, &page));
    assert_int_equal(page.count, 0);
}

static void a_page_is_only_read_by_who_may(void **state)
{
    struct chat *chat = *state;
    struct message_list page;
    int64_t a = user_make(chat->store, A);
    int64_t b = user_make(chat->store, B);
    int64_t c = user_make(chat->store, C);
    befriend(chat, a, A, B);
    int64_t group = group_make(chat, a, A, "g");
    assert_err(ERR_DENIED, history_page(reading(chat, c), chat_id_direct(a, b), 0, 10, &page));
    assert_err(ERR_DENIED, history_page(reading(chat, c), group, 0, 10, &page));
}

/* More peers than names are kept of, each asked for more than once. */
static void a_backlog_of_many_peers_names_each_rightly(void **state)
{
    struct chat *chat = *state;
    struct member_chat_list chats;
    struct message_list list;
    enum { PEERS = 150 };
    char email[32];
    int64_t a = user_make(chat->store, A);
    int64_t peers[PEERS];
    chat->policy.strangers = true;
    store_run(chat->store, "BEGIN");
    for (unsigned i = 0; i < PEERS; i++) {
        snprintf(email, sizeof(email), "peer%u@x.cc", i);
        peers[i] = user_make(chat->store, email);
    }
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < PEERS; i++) {
            snprintf(email, sizeof(email), "peer%u@x.cc", i);
            if (round == 1)
                sent(chat, draft_direct(a, A, email, email));
            else
                sent(chat, draft_direct(peers[i], email, A, email));
        }
    store_run(chat->store, "COMMIT");
    assert_ok(member_chats(chat->tx.db, &chat->scratch, a, 0, &chats));
    assert_int_equal(chats.count, PEERS);
    size_t total = 0;
    bool more = true;
    while (more) {
        assert_ok(history_backlog(chat->tx.db, &chat->scratch, a, chats.rows, chats.count, 100, &list, &more));
        for (size_t i = 0; i < list.count; i++) {
            const struct message *row = &list.rows[i];
            assert_str(row->sender == a ? A : row->content.ptr, row->sender_email);
            assert_str(row->sender == a ? row->content.ptr : A, row->dst);
        }
        total += list.count;
    }
    assert_int_equal(total, 3 * PEERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(a_page_names_who_wrote_and_to_whom),
        chat_test(a_chat_with_oneself_and_a_group_have_names_too),
        chat_test(pages_go_back_from_the_newest_oldest_first),
        chat_test(a_page_is_only_read_by_who_may),
        chat_test(a_backlog_of_many_peers_names_each_rightly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
