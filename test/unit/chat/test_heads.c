/* test_heads.c: the heads of chats in memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "chat/heads.h"

#include <pthread.h>

static void a_head_needs_both_counters_before_it_is_known(void **state)
{
    struct heads *heads = heads_new();
    struct head head = { 0 };
    (void)state;
    assert_false(heads_get(heads, 1, &head));
    heads_move(heads, 1, 5, 0);
    assert_false(heads_get(heads, 1, &head));
    heads_move(heads, 1, 0, 2);
    assert_true(heads_get(heads, 1, &head));
    assert_int_equal(head.seq, 5);
    assert_int_equal(head.mver, 2);
    heads_free(&heads);
    assert_null(heads);
    heads_free(&heads);
}

static void heads_only_move_forward(void **state)
{
    struct heads *heads = heads_new();
    struct head head;
    (void)state;
    heads_offer(heads, heads_mark(heads), 1, (struct head){ 10, 4 });
    heads_move(heads, 1, 9, 3);
    heads_offer(heads, heads_mark(heads), 1, (struct head){ 8, 2 });
    assert_true(heads_get(heads, 1, &head));
    assert_int_equal(head.seq, 10);
    assert_int_equal(head.mver, 4);
    heads_move(heads, 1, 11, 0);
    assert_true(heads_get(heads, 1, &head));
    assert_int_equal(head.seq, 11);
    assert_int_equal(head.mver, 4);
    heads_free(&heads);
}

/* What a reader found before the table was emptied may be older than what was forgotten. */
static void an_offer_from_before_the_table_was_emptied_is_not_taken(void **state)
{
    struct heads *heads = heads_new();
    struct head head;
    (void)state;
    uint64_t mark = heads_mark(heads);
    for (int64_t chat = 1; heads_mark(heads) == mark; chat++) {
        assert_true(chat < 2000000);
        heads_move(heads, chat, 1, 1);
    }
    heads_offer(heads, mark, 3000000, (struct head){ 1, 1 });
    assert_false(heads_get(heads, 3000000, &head));
    heads_offer(heads, heads_mark(heads), 3000000, (struct head){ 2, 3 });
    assert_true(heads_get(heads, 3000000, &head));
    assert_int_equal(head.seq, 2);
    assert_int_equal(head.mver, 3);
    heads_free(&heads);
}

enum { CHATS = 64, MOVES = 20000 };

static void *mover(void *context)
{
    for (int64_t i = 1; i <= MOVES; i++)
        heads_move(context, 1 + i % CHATS, i, i);
    return NULL;
}

static void readers_never_see_a_head_go_back(void **state)
{
    struct heads *heads = heads_new();
    struct head seen[CHATS + 1] = { 0 };
    pthread_t thread;
    bool done = false;
    (void)state;
    assert_int_equal(pthread_create(&thread, NULL, mover, heads), 0);
    while (!done) {
        done = true;
        for (int64_t chat = 1; chat <= CHATS; chat++) {
            struct head head = { 0 };
            if (heads_get(heads, chat, &head)) {
                assert_true(head.seq >= seen[chat].seq && head.mver >= seen[chat].mver);
                seen[chat] = head;
            } else {
                heads_offer(heads, heads_mark(heads), chat, (struct head){ 0, 0 });
            }
            done = done && head.seq > MOVES - CHATS;
        }
    }
    pthread_join(thread, NULL);
    heads_free(&heads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_needs_both_counters_before_it_is_known),
        cmocka_unit_test(heads_only_move_forward),
        cmocka_unit_test(an_offer_from_before_the_table_was_emptied_is_not_taken),
        cmocka_unit_test(readers_never_see_a_head_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
