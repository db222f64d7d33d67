/* The log and the delivered cursors. */
#include "store_fixture.h"

#include "store/change.h"

static void an_empty_store_has_no_heads(void **state)
{
    struct store *store = *state;
    int64_t value = -1;
    struct message_list list;
    assert_ok(message_head(store->db, 1000, &value));
    assert_int_equal(0, value);
    value = -1;
    assert_ok(message_last_id(store->db, &value));
    assert_int_equal(0, value);
    assert_ok(message_page(store->db, &store->arena, 1000, 0, 50, &list));
    assert_int_equal(0, list.count);
}

static void a_message_is_read_as_written(void **state)
{
    struct store *store = *state;
    struct message_list list;
    struct message message = { .id = ((int64_t)1 << 53) - 1,
                               .chat = chat_id_direct(1, USER_ID_MAX),
                               .seq = 1,
                               .sender = user_make(store, "Ann@b.cc"),
                               .type = 4,
                               .created_ms = NOW,
                               .content = { "你好 😀 %_'\0\\", 18 } };
    assert_ok(message_insert(store->db, &message));
    assert_ok(message_page(store->db, &store->arena, message.chat, 0, 50, &list));
    assert_int_equal(1, list.count);
    assert_true(message.id == list.rows[0].id);
    assert_true(message.chat == list.rows[0].chat);
    assert_int_equal(1, list.rows[0].seq);
    assert_int_equal(message.sender, list.rows[0].sender);
    assert_int_equal(4, list.rows[0].type);
    assert_int_equal(NOW, list.rows[0].created_ms);
    assert_true(str_equal(message.content, list.rows[0].content));
    assert_str("Ann@b.cc", list.rows[0].sender_email);
}

static void content_may_be_empty_or_large(void **state)
{
    struct store *store = *state;
    struct message_list list;
    static char large[65536];
    memset(large, 'y', sizeof large);
    struct message message = { .id = 1, .chat = 1000, .seq = 1, .content = STR("") };
    assert_ok(message_insert(store->db, &message));
    message = (struct message){ .id = 2, .chat = 1000, .seq = 2, .content = { large, sizeof large } };
    assert_ok(message_insert(store->db, &message));
    assert_ok(message_page(store->db, &store->arena, 1000, 0, 50, &list));
    assert_int_equal(2, list.count);
    assert_non_null(list.rows[0].content.ptr);
    assert_int_equal(0, list.rows[0].content.size);
    assert_int_equal(sizeof large, list.rows[1].content.size);
    assert_null(list.rows[0].sender_email.ptr); /* nobody's, and still shown */
}

static void a_seq_and_an_id_are_taken_once(void **state)
{
    struct store *store = *state;
    struct message message = { .id = 2, .chat = 1000, .seq = 1, .content = STR("x") };
    int64_t head = 0;
    message_make(store, 1, 1000, 1, "first");
    assert_err(ERR_EXISTS, message_insert(store->db, &message));
    message = (struct message){ .id = 1, .chat = 1000, .seq = 2, .content = STR("x") };
    assert_err(ERR_EXISTS, message_insert(store->db, &message));
    assert_ok(message_head(store->db, 1000, &head));
    assert_int_equal(1, head);
    message_make(store, 2, 1001, 1, "elsewhere");
}

static void a_page_is_the_newest_before_a_seq_oldest_first(void **state)
{
    struct store *store = *state;
    struct message_list list;
    int64_t value = 0;
    for (int64_t seq = 1; seq <= 100; seq++) {
        message_make(store, seq * 2, 1000, seq, "x");
        message_make(store, seq * 2 + 1, 1001, seq, "y");
    }
    assert_ok(message_page(store->db, &store->arena, 1000, 0, 30, &list));
    assert_int_equal(30, list.count);
    for (size_t i = 0; i < list.count; i++) {
        assert_int_equal(71 + i, list.rows[i].seq);
        assert_int_equal(1000, list.rows[i].chat);
    }
    assert_ok(message_page(store->db, &store->arena, 1000, 71, 30, &list));
    assert_int_equal(41, list.rows[0].seq);
    assert_int_equal(70, list.rows[29].seq);
    assert_ok(message_page(store->db, &store->arena, 1000, 5, 30, &list));
    assert_int_equal(4, list.count);
    assert_int_equal(1, list.rows[0].seq);
    assert_ok(message_page(store->db, &store->arena, 1000, 1, 30, &list));
    assert_int_equal(0, list.count);
    assert_ok(message_head(store->db, 1001, &value));
    assert_int_equal(100, value);
    assert_ok(message_last_id(store->db, &value));
    assert_int_equal(201, value);
}

static void many_of_a_chat_are_read_in_the_order_asked_for_with_few_statements(void **state)
{
    struct store *store = *state;
    struct message out[100];
    int64_t seqs[100];
    user_make(store, "a@b.cc");
    for (int64_t seq = 1; seq <= 200; seq++) {
        message_make(store, seq, 1000, seq, "here");
        message_make(store, 1000 + seq, 1001, seq, "elsewhere");
    }
    for (size_t round = 0; round <= 2 * 68; round++) {
        size_t count = round / 2 < 67 ? round / 2 : 100;
        for (size_t i = 0; i < count; i++)
            seqs[i] = round % 2 == 0 ? 200 - 2 * (int64_t)i : 1 + 2 * (int64_t)i;
        uint64_t before = db_statements(store->db);
        assert_ok(message_get_all(store->db, &store->arena, 1000, seqs, count, out));
        assert_int_equal((count + 31) / 32, db_statements(store->db) - before);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(seqs[i], out[i].seq);
            assert_int_equal(1000, out[i].chat);
            assert_str("here", out[i].content);
            assert_str("a@b.cc", out[i].sender_email);
        }
    }
    for (size_t i = 0; i < 40; i++)
        seqs[i] = 200 - 2 * (int64_t)i;
    store_run(store, "DELETE FROM message WHERE chat = 1000 AND seq = 180");
    assert_int_equal(ERR_NOT_FOUND, message_get_all(store->db, &store->arena, 1000, seqs, 40, out));
    assert_int_equal(ERR_NOT_FOUND, message_get_all(store->db, &store->arena, 1000, seqs + 10, 1, out));
    assert_ok(message_get_all(store->db, &store->arena, 1000, seqs, 10, out));
}

static void said_at(struct store *store, int64_t seq, int64_t created_ms)
{
    struct message message = { .id = seq, .chat = 1000, .seq = seq, .created_ms = created_ms, .content = STR("x") };
    assert_ok(message_insert(store->db, &message));
}

static int64_t since(struct store *store, int64_t min, int64_t head, int64_t since_ms)
{
    int64_t seq = -1;
    assert_ok(message_since(store->db, 1000, min, head, since_ms, &seq));
    return seq;
}

static void a_time_begins_with_the_first_message_since_then(void **state)
{
    struct store *store = *state;
    assert_int_equal(1, since(store, 1, 0, 5));
    for (int64_t seq = 1; seq <= 100; seq++)
        said_at(store, seq, NOW + seq / 3 * 10); /* two or three at a time */
    for (int64_t at = -1; at <= 331; at++) {
        int64_t expected = 1;
        while (expected <= 100 && expected / 3 * 10 < at)
            expected++;
        assert_int_equal(expected, since(store, 1, 100, NOW + at));
        assert_int_equal(expected < 40 ? 40 : expected, since(store, 40, 100, NOW + at));
        assert_int_equal(expected > 50 ? 51 : expected, since(store, 1, 50, NOW + at));
    }
    assert_int_equal(1, since(store, 1, 100, 0));
    assert_int_equal(101, since(store, 1, 100, INT64_MAX));
    assert_int_equal(101, since(store, 101, 100, 0));
}

/* Whatever the clock did, what is found is of that time, and what stands before it is not. */
static void a_clock_that_went_back_leaves_a_place_where_the_time_begins(void **state)
{
    struct store *store = *state;
    uint64_t seed = seed_take();
    int64_t created[201];
    for (int64_t seq = 1; seq <= 200; seq++) {
        created[seq] = NOW + (int64_t)(seed_next(&seed) % 50);
        said_at(store, seq, created[seq]);
    }
    for (int64_t at = NOW - 1; at < NOW + 52; at++) {
        int64_t seq = since(store, 1, 200, at);
        assert_in_range(seq, 1, 201);
        assert_true(seq == 201 || created[seq] >= at);
        assert_true(seq == 1 || created[seq - 1] < at);
    }
}

static void react_by(struct store *store, int64_t seq, int64_t users)
{
    for (int64_t user = 1; user <= users; user++)
        assert_ok(reaction_insert(store->db, 1000, seq, user % 2 == 0 ? STR("a") : STR("b"), user, user));
    assert_ok(message_set_flags(store->db, seq, MESSAGE_REACTED));
}

static void many_reactions_go_in_bounded_steps_and_no_others(void **state)
{
    struct store *store = *state;
    struct message message;
    bool more = true;
    int64_t many = 2 * (int64_t)REACTIONS_AT_ONCE + 5;
    for (int64_t seq = 1; seq <= 3; seq++)
        message_make(store, seq, 1000, seq, "x");
    assert_ok(reactions_sweep(store->db, &more));
    assert_false(more);
    react_by(store, 1, many);
    react_by(store, 2, 7);
    react_by(store, 3, 9);
    for (int64_t seq = 1; seq <= 2; seq++) {
        assert_ok(message_get(store->db, &store->arena, 1000, seq, &message));
        assert_ok(message_wipe(store->db, &message, MESSAGE_RECALLED));
    }
    assert_int_equal(many - (int64_t)REACTIONS_AT_ONCE,
                     store_number(store, "SELECT COUNT(*) FROM reaction WHERE seq = 1"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM reaction WHERE seq = 2"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM reaction_kind WHERE seq < 3"));
    for (unsigned i = 0; i < 2; i++) {
        assert_ok(reactions_sweep(store->db, &more));
        assert_true(more);
    }
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM reaction WHERE seq = 1"));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM reaction_gone"));
    assert_ok(reactions_sweep(store->db, &more));
    assert_false(more);
    assert_int_equal(9, store_number(store, "SELECT COUNT(*) FROM reaction WHERE seq = 3"));
}

static void an_edited_text_goes_when_its_message_has_expired(void **state)
{
    struct store *store = *state;
    struct message message = { .id = 1, .chat = 1000, .seq = 1, .content = STR("x"), .expires_ms = INT64_MAX };
    assert_ok(message_insert(store->db, &message));
    assert_ok(message_get(store->db, &store->arena, 1000, 1, &message));
    assert_ok(message_set_content(store->db, &message, STR("much longer than it was")));
    store_run(store, "UPDATE message SET expires = 1");
    assert_ok(message_get(store->db, &store->arena, 1000, 1, &message));
    assert_int_equal(MESSAGE_DELETED, message.state);
    assert_ok(message_wipe(store->db, &message, MESSAGE_DELETED));
    assert_int_equal(0, store_number(store, "SELECT COUNT(*) FROM edition WHERE message IS NOT NULL OR content <> ''"));
}

static int64_t delivered(struct store *store)
{
    return store_number(store, "SELECT COALESCE(MAX(seq), -1) FROM delivered WHERE user = 1 AND chat = 1000");
}

static void a_cursor_never_moves_back(void **state)
{
    struct store *store = *state;
    int64_t device = device_make(store, 1, 1);
    struct cursor cursor = { .user = 1, .chat = 1000, .device = device, .seq = 10 };
    assert_ok(cursor_save(store->db, &cursor));
    assert_int_equal(10, delivered(store));
    cursor.seq = 4;
    assert_ok(cursor_save(store->db, &cursor));
    assert_int_equal(10, delivered(store));
    cursor.seq = 11;
    assert_ok(cursor_save(store->db, &cursor));
    assert_int_equal(11, delivered(store));
    assert_int_equal(1, store_number(store, "SELECT COUNT(*) FROM delivered"));
    assert_int_equal(device, store_number(store, "SELECT device FROM delivered"));
}

static void who_follows_the_log_reads_it_by_id(void **state)
{
    struct store *store = *state;
    struct message_list list;
    struct message message;
    char large[70000];
    memset(large, 'x', sizeof(large) - 1);
    large[sizeof(large) - 1] = '\0';
    message_make(store, 3, 1001, 1, "b");
    message_make(store, 2, 1000, 1, "a");
    message_make(store, 7, 1000, 2, "c");
    assert_ok(message_after(store->db, &store->arena, 2, 10, &list));
    assert_int_equal(2, list.count);
    assert_int_equal(3, list.rows[0].id);
    assert_int_equal(7, list.rows[1].id);
    assert_ok(message_after(store->db, &store->arena, 0, 1, &list));
    assert_int_equal(1, list.count);
    assert_ok(message_after(store->db, &store->arena, 7, 10, &list));
    assert_int_equal(0, list.count);
    assert_ok(message_by_id(store->db, &store->arena, 7, &message));
    assert_str("c", message.content);
    assert_err(ERR_NOT_FOUND, message_by_id(store->db, &store->arena, 4, &message));
    for (int64_t i = 0; i < 30; i++)
        message_make(store, 100 + i, 1002, 1 + i, large);
    assert_ok(message_after(store->db, &store->arena, 99, 100, &list));
    assert_int_equal(MESSAGE_AFTER_BYTES_MAX / (sizeof(large) - 1) + 1, list.count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(an_empty_store_has_no_heads),
        test(a_message_is_read_as_written),
        test(content_may_be_empty_or_large),
        test(a_seq_and_an_id_are_taken_once),
        test(a_page_is_the_newest_before_a_seq_oldest_first),
        test(many_of_a_chat_are_read_in_the_order_asked_for_with_few_statements),
        test(a_time_begins_with_the_first_message_since_then),
        test(a_clock_that_went_back_leaves_a_place_where_the_time_begins),
        test(many_reactions_go_in_bounded_steps_and_no_others),
        test(an_edited_text_goes_when_its_message_has_expired),
        test(a_cursor_never_moves_back),
        test(who_follows_the_log_reads_it_by_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
