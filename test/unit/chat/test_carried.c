/* test_carried.c: rows of the journal on their way between nodes, and what somebody else may make of them. */
#include "unit.h"

#include "chat/carried.h"

#include <sodium.h>
#include <stdlib.h>

#define NUMBER UINT64_C(41) /* the last one that is known */

static const char marks[4][JOURNAL_MARK_SIZE] = { "mark of row 41..", "mark of row 42..", "mark of row 43..",
                                                  "mark of row 44.." };

struct world {
    unsigned char key[CARRIED_KEY_SIZE];
    struct carried *carried;
    struct buf sent;
    struct arena arena;
    struct journal_row row; /* the last one that was taken */
};

static int setup(void **state)
{
    static struct world world;
    unsigned char secret[CARRIED_KEY_SIZE] = "a secret of thirty-two bytes ...";
    world = (struct world){ 0 };
    carried_key(secret, world.key);
    world.carried = carried_new(world.key);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    carried_free(&world->carried);
    buf_release(&world->sent);
    arena_release(&world->arena);
    return 0;
}

/* The row so many behind NUMBER. */
static void row_append(struct world *world, unsigned behind, struct str events)
{
    struct journal_row row = {
        .number = NUMBER + behind, .node = -7, .mark = { marks[behind], JOURNAL_MARK_SIZE }, .events = events
    };
    carried_append(&world->sent, world->key, &row, marks[behind - 1]);
}

static void put(struct world *world)
{
    carried_put(world->carried, buf_str(&world->sent));
    buf_clear(&world->sent);
}

/* The one behind that one. */
static bool taken(struct world *world, unsigned behind)
{
    return carried_take(world->carried, &world->arena, NUMBER + behind, marks[behind], &world->row);
}

static void a_row_arrives_as_it_went(void **state)
{
    struct world *world = *state;
    row_append(world, 1, (struct str){ "e\0ve\nts", 7 });
    put(world);
    assert_true(taken(world, 0));
    assert_int_equal(world->row.number, NUMBER + 1);
    assert_int_equal(world->row.node, -7);
    assert_str(world->row.mark, STR("mark of row 42.."));
    assert_int_equal(world->row.events.size, 7);
    assert_memory_equal(world->row.events.ptr, "e\0ve\nts", 7);
    assert_false(taken(world, 0));
}

/* Whoever listens to Redis learns nothing, not even that two rows are the same. */
static void nobody_else_can_read_it(void **state)
{
    struct world *world = *state;
    row_append(world, 1, STR("the words of somebody"));
    size_t size = world->sent.size;
    row_append(world, 1, STR("the words of somebody"));
    assert_null(memmem(world->sent.ptr, world->sent.size, "words", 5));
    assert_null(memmem(world->sent.ptr, world->sent.size, "mark", 4));
    assert_int_equal(world->sent.size, 2 * size);
    for (size_t at = 4; at + 8 < size; at += 8)
        assert_memory_not_equal(world->sent.ptr + at, world->sent.ptr + size + at, 8);
}

static void rows_of_several_hints_are_put_in_order(void **state)
{
    struct world *world = *state;
    row_append(world, 3, STR("three"));
    put(world);
    assert_false(taken(world, 0));
    row_append(world, 2, STR(""));
    row_append(world, 1, STR("one"));
    put(world);
    assert_true(taken(world, 0));
    assert_str(world->row.events, STR("one"));
    assert_true(taken(world, 1));
    assert_int_equal(world->row.events.size, 0);
    assert_true(taken(world, 2));
    assert_str(world->row.events, STR("three"));
}

static void a_row_fits_behind_the_one_that_it_names_alone(void **state)
{
    struct world *world = *state;
    row_append(world, 1, STR("one"));
    put(world);
    assert_false(carried_take(world->carried, &world->arena, NUMBER, "not mark of 41..", &world->row));
    assert_false(taken(world, 0)); /* It is of another order of things, and gone. */
}

static void what_is_known_already_or_far_ahead_is_not_kept(void **state)
{
    struct world *world = *state;
    struct journal_row far = { .number = NUMBER + 65, .mark = { marks[1], JOURNAL_MARK_SIZE } };
    carried_append(&world->sent, world->key, &far, marks[0]);
    row_append(world, 1, STR("one"));
    put(world);
    assert_true(taken(world, 0)); /* 65 would have its place. */
    row_append(world, 1, STR("one"));
    put(world);
    assert_false(taken(world, 1));
    assert_false(taken(world, 0));
}

static void nobody_without_the_key_is_believed(void **state)
{
    struct world *world = *state;
    unsigned char secret[CARRIED_KEY_SIZE] = "another secret of 32 bytes .....";
    unsigned char right[CARRIED_KEY_SIZE];
    memcpy(right, world->key, sizeof(right));
    carried_key(secret, world->key);
    row_append(world, 1, STR("made up"));
    memcpy(world->key, secret, sizeof(secret)); /* The secret signs other things: it is not the key. */
    row_append(world, 1, STR("made up"));
    put(world);
    assert_false(taken(world, 0));
    memcpy(world->key, right, sizeof(right));
    row_append(world, 1, STR("one"));
    put(world);
    assert_true(taken(world, 0));
}

static void a_row_with_any_bit_changed_is_none(void **state)
{
    struct world *world = *state;
    row_append(world, 1, STR("events"));
    struct str sent = arena_str(&world->arena, buf_str(&world->sent));
    for (size_t bit = 0; bit < sent.size * 8; bit++) {
        buf_clear(&world->sent);
        buf_append_str(&world->sent, sent);
        world->sent.ptr[bit / 8] ^= (char)(1 << bit % 8);
        put(world);
        assert_false(taken(world, 0));
    }
}

static void what_was_cut_off_or_is_something_else_is_none(void **state)
{
    struct world *world = *state;
    row_append(world, 1, STR("events"));
    struct str sent = arena_str(&world->arena, buf_str(&world->sent));
    for (size_t size = 0; size < sent.size; size++) {
        char *cut = malloc(size == 0 ? 1 : size); /* so that whoever reads on is found out */
        memcpy(cut, sent.ptr, size);
        carried_put(world->carried, (struct str){ cut, size });
        free(cut);
        assert_false(taken(world, 0));
    }
    carried_put(world->carried, STR("\xff\xff\xff\xff and so on, and so on, and so on, and so on"));
    assert_false(taken(world, 0));
    buf_clear(&world->sent);
    buf_append(&world->sent, "\1\0\0\0", 4);
    buf_append(&world->sent, "a nonce................. ", 25);
    row_append(world, 1, STR("behind nonsense"));
    put(world);
    assert_false(taken(world, 0));
    row_append(world, 1, STR("one"));
    put(world);
    assert_true(taken(world, 0));
}

static void what_nobody_takes_has_a_bound(void **state)
{
    struct world *world = *state;
    struct buf much = { 0 };
    buf_reserve(&much, CARRIED_WAITING_MAX + 1);
    memset(much.ptr, 'x', CARRIED_WAITING_MAX + 1);
    row_append(world, 1, STR("one"));
    put(world);
    carried_put(world->carried, (struct str){ much.ptr, CARRIED_WAITING_MAX + 1 });
    assert_false(taken(world, 0)); /* None of what waited is left. */
    row_append(world, 3, (struct str){ much.ptr, CARRIED_WAITING_MAX - 500 });
    put(world);
    assert_false(taken(world, 0));
    row_append(world, 2, (struct str){ much.ptr, 1000 });
    row_append(world, 1, STR("one"));
    put(world);
    assert_true(taken(world, 0));
    assert_false(taken(world, 1)); /* There was no room beside the third. */
    assert_true(taken(world, 2));
    buf_release(&much);
}

static void what_is_forgotten_is_gone(void **state)
{
    struct world *world = *state;
    row_append(world, 2, STR("two"));
    put(world);
    assert_false(taken(world, 0));
    row_append(world, 1, STR("one"));
    put(world);
    carried_forget(world->carried);
    assert_false(taken(world, 0));
    assert_false(taken(world, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_row_arrives_as_it_went, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_else_can_read_it, setup, teardown),
        cmocka_unit_test_setup_teardown(rows_of_several_hints_are_put_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_row_fits_behind_the_one_that_it_names_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_known_already_or_far_ahead_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_without_the_key_is_believed, setup, teardown),
        cmocka_unit_test_setup_teardown(a_row_with_any_bit_changed_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(what_was_cut_off_or_is_something_else_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(what_nobody_takes_has_a_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_forgotten_is_gone, setup, teardown),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
