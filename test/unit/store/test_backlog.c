/* The backlog over many chats, held against brute force. */
#include "store_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "os/clock.h"
#include "util/mem.h"

#define CHATS_MAX 500

struct expected {
    int64_t id;
    int64_t chat;
    int64_t seq;
};

/* A log of random chats, and who has been given what of it. */
struct history {
    struct member_chat chats[CHATS_MAX];
    size_t chat_count;
    struct expected *rows; /* by id */
    size_t row_count;
};

static void history_make(struct store *store, struct history *history, size_t chats, size_t rows, uint64_t *seed)
{
    struct sql *sql = db_sql(store->db);
    history->chat_count = chats;
    history->row_count = rows;
    history->rows = mem_alloc((rows + 1) * sizeof *history->rows);
    for (size_t i = 0; i < chats; i++)
        history->chats[i] = (struct member_chat){ .chat = 1000 + (int64_t)i };
    assert_ok(sql->v->begin(sql));
    for (size_t i = 0; i < rows; i++) {
        struct member_chat *chat = &history->chats[seed_next(seed) % chats];
        char content[32];
        int64_t id = 1 + (int64_t)i * 3; /* ids may have gaps */
        snprintf(content, sizeof content, "%lld", (long long)id);
        message_make(store, id, chat->chat, ++chat->head, content);
        history->rows[i] = (struct expected){ id, chat->chat, chat->head };
    }
    assert_ok(sql->v->commit(sql));
}

static bool is_due(const struct history *history, const struct member_chat *start, const struct expected *row)
{
    size_t i = (size_t)(row->chat - 1000);
    return i < history->chat_count && row->seq > start[i].delivered && row->seq <= start[i].head;
}

/* Reads the whole backlog in calls of limit and holds it against the log. */
static void check_all(struct store *store, struct history *history, size_t limit)
{
    struct member_chat start[CHATS_MAX];
    struct db *reader = store_reader(store);
    size_t at = 0;
    bool more = true;
    memcpy(start, history->chats, sizeof start);
    while (more) {
        struct message_list list;
        struct arena arena = { 0 };
        assert_ok(message_backlog(reader, &arena, history->chats, history->chat_count, limit, &list, &more));
        assert_in_range(list.count, 0, limit);
        assert_true(!more || list.count == limit);
        for (size_t i = 0; i < list.count; i++) {
            char content[32];
            while (at < history->row_count && !is_due(history, start, &history->rows[at]))
                at++;
            assert_true(at < history->row_count);
            assert_int_equal(history->rows[at].id, list.rows[i].id);
            assert_true(history->rows[at].chat == list.rows[i].chat);
            assert_int_equal(history->rows[at].seq, list.rows[i].seq);
            snprintf(content, sizeof content, "%lld", (long long)history->rows[at].id);
            assert_str(content, list.rows[i].content);
            assert_str("a@b.cc", list.rows[i].sender_email);
            at++;
        }
        arena_release(&arena);
    }
    while (at < history->row_count && !is_due(history, start, &history->rows[at]))
        at++;
    assert_int_equal(history->row_count, at);
    for (size_t i = 0; i < history->chat_count; i++)
        assert_true(history->chats[i].delivered >= history->chats[i].head);
}

static void nothing_pending_is_nothing(void **state)
{
    struct store *store = *state;
    struct member_chat chats[2] = { { .chat = 1000, .delivered = 5, .head = 5 },
                                    { .chat = 1001, .delivered = 7, .head = 0 } };
    struct message_list list;
    bool more = true;
    assert_ok(message_backlog(store->db, &store->arena, chats, 2, 10, &list, &more));
    assert_int_equal(0, list.count);
    assert_false(more);
    more = true;
    assert_ok(message_backlog(store->db, &store->arena, NULL, 0, 10, &list, &more));
    assert_int_equal(0, list.count);
    assert_false(more);
}

static void rows_that_are_gone_do_not_hold_it_up(void **state)
{
    struct store *store = *state;
    struct member_chat chats[2] = { { .chat = 1000, .delivered = 2, .head = 30 },
                                    { .chat = 1001, .delivered = 0, .head = 10 } };
    struct message_list list;
    bool more = true;
    message_make(store, 1, 1000, 10, "x");
    message_make(store, 2, 1000, 25, "x");
    message_make(store, 3, 1000, 31, "after the head");
    assert_ok(message_backlog(store->db, &store->arena, chats, 2, 10, &list, &more));
    assert_int_equal(2, list.count);
    assert_false(more);
    assert_int_equal(30, chats[0].delivered);
    assert_int_equal(10, chats[1].delivered);
}

static void random_backlogs_match_brute_force(void **state)
{
    static struct history history;
    struct store *store = *state;
    uint64_t seed = seed_take();
    user_make(store, "a@b.cc");
    size_t chats = 1 + seed_next(&seed) % 60;
    history_make(store, &history, chats, 3000, &seed);
    int64_t heads[CHATS_MAX];
    for (size_t i = 0; i < chats; i++)
        heads[i] = history.chats[i].head;
    for (int round = 0; round < 60; round++) {
        for (size_t i = 0; i < chats; i++) {
            uint64_t span = (uint64_t)heads[i] + 1;
            history.chats[i].head = heads[i] - (int64_t)(seed_next(&seed) % 4 == 0 ? seed_next(&seed) % span : 0);
            history.chats[i].delivered = (int64_t)(seed_next(&seed) % 2 == 0 ? seed_next(&seed) % span : 0);
        }
        check_all(store, &history, 1 + seed_next(&seed) % 700);
    }
    free(history.rows);
}

/* 40 messages of 4 to 12 KiB in 5 chats: each page is as many as fill it, and the next one begins where it ended. */
static void a_page_that_is_full_of_bytes_is_gone_on_with(void **state)
{
    struct store *store = *state;
    struct member_chat chats[5] = { 0 };
    char content[12 * 1024 + 1];
    int64_t given = 0;
    bool more = true;
    uint64_t seed = seed_take();
    user_make(store, "a@b.cc");
    memset(content, 'x', sizeof content);
    for (size_t i = 0; i < 5; i++)
        chats[i].chat = 1000 + (int64_t)i;
    for (int64_t id = 1; id <= 40; id++) {
        struct member_chat *chat = &chats[seed_next(&seed) % 5];
        size_t size = 4096 + seed_next(&seed) % 8192;
        content[size] = '\0';
        message_make(store, id, chat->chat, ++chat->head, content);
        content[size] = 'x';
    }
    while (more) {
        struct message_list list;
        size_t bytes = 0;
        assert_ok(message_backlog(store->db, &store->arena, chats, 5, 100, &list, &more));
        for (size_t i = 0; i < list.count; i++) {
            assert_int_equal(++given, list.rows[i].id);
            assert_true(bytes < 64 * 1024);
            bytes += list.rows[i].content.size;
        }
        assert_true(bytes >= 64 * 1024 || !more);
    }
    assert_int_equal(40, given);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(chats[i].head, chats[i].delivered);
}

static void many_chats_and_messages_take_few_statements(void **state)
{
    static struct history history;
    struct store *store = *state;
    struct message_list list;
    bool more = true;
    uint64_t seed = seed_take();
    user_make(store, "a@b.cc");
    history_make(store, &history, 320, 0, &seed);
    for (int64_t id = 1; id <= 640; id++) {
        struct member_chat *chat = &history.chats[id % 320];
        message_make(store, id, chat->chat, ++chat->head, "x");
    }
    struct db *reader = store_reader(store);
    uint64_t before = db_statements(reader);
    assert_ok(message_backlog(reader, &store->arena, history.chats, 320, 1000, &list, &more));
    assert_int_equal(640, list.count);
    assert_false(more);
    assert_int_equal(320 / 16 + 1 + (640 - 8 + 31) / 32, db_statements(reader) - before);
    free(history.rows);
}

static void the_sizes_it_is_made_for_are_correct_and_quick(struct store *store, size_t chats, size_t rows)
{
    static struct history history;
    uint64_t seed = seed_take();
    user_make(store, "a@b.cc");
    history_make(store, &history, chats, rows, &seed);
    int64_t start_us = clock_mono_us();
    check_all(store, &history, 500);
    printf("%zu chats, %zu rows: %.1f us a row\n", chats, rows, (double)(clock_mono_us() - start_us) / (double)rows);
    free(history.rows);
}

static void one_chat_of_twenty_thousand(void **state)
{
    the_sizes_it_is_made_for_are_correct_and_quick(*state, 1, 20000);
}

static void five_hundred_chats_of_forty(void **state)
{
    the_sizes_it_is_made_for_are_correct_and_quick(*state, 500, 20000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(nothing_pending_is_nothing),
        test(rows_that_are_gone_do_not_hold_it_up),
        test(a_page_that_is_full_of_bytes_is_gone_on_with),
        test(many_chats_and_messages_take_few_statements),
        test(random_backlogs_match_brute_force),
        test(one_chat_of_twenty_thousand),
        test(five_hundred_chats_of_forty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
