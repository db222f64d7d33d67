/* test_event_code.c: events as bytes, and back. */
#include "unit.h"

#include "chat/event_code.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static unsigned seed;

static uint64_t roll(void)
{
    static uint64_t state;
    if (state == 0)
        state = seed;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return state >> 33;
}

static int64_t roll_number(void)
{
    switch (roll() % 6) {
    case 0:
    case 1:
        return 0;
    case 2:
        return INT64_MIN;
    case 3:
        return INT64_MAX;
    case 4:
        return -(int64_t)(roll() % 300);
    default:
        return (int64_t)(roll() << (roll() % 32));
    }
}

static struct str roll_text(struct arena *arena)
{
    size_t kind = roll() % 4;
    size_t size = kind == 0 ? 0 : roll() % (kind == 1 ? 3 : 400);
    if (kind == 0 && roll() % 2 == 0)
        return STR_NONE;
    char *text = arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)roll();
    return (struct str){ text, size };
}

static void roll_event(struct event_list *list)
{
    static const char *const reasons[] = { NULL, "revoked", "kicked" };
    struct arena *arena = &list->arena;
    struct event *event = event_add(list, (enum event_type)(roll() % EVENT_TYPES));
    int64_t *numbers[] = { &event->chat, &event->users[0], &event->users[1], &event->actor,
                           &event->id,   &event->seq,      &event->msg_type, &event->created_ms,
                           &event->cmd,  &event->mver,     &event->device };
    struct str *texts[] = { &event->actor_email, &event->dst,  &event->content,   &event->cid,
                            &event->attrs,       &event->body, &event->emails[0], &event->emails[1] };
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        *numbers[i] = roll_number();
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        *texts[i] = roll_text(arena);
    event->scope = (enum event_scope)(roll() % 4);
    event->founded = roll() % 2 == 0;
    event->online = roll() % 2 == 0;
    event->reason = reasons[roll() % 3];
    event->target_count = roll() % 3 == 0 ? roll() % 50 : 0;
    int64_t *targets = arena_alloc(arena, 50 * sizeof(*targets));
    for (size_t i = 0; i < 50; i++)
        targets[i] = roll_number();
    event->targets = targets;
}

static void same_text(struct str a, struct str b)
{
    assert_int_equal(a.ptr == NULL, b.ptr == NULL);
    assert_str(a, b);
}

static void same_event(const struct event *a, const struct event *b)
{
    assert_int_equal(a->type, b->type);
    assert_true(a->chat == b->chat && a->users[0] == b->users[0] && a->users[1] == b->users[1]);
    assert_true(a->actor == b->actor && a->id == b->id && a->seq == b->seq && a->msg_type == b->msg_type);
    assert_true(a->created_ms == b->created_ms && a->cmd == b->cmd && a->mver == b->mver && a->device == b->device);
    same_text(a->actor_email, b->actor_email);
    same_text(a->dst, b->dst);
    same_text(a->content, b->content);
    same_text(a->cid, b->cid);
    same_text(a->attrs, b->attrs);
    same_text(a->body, b->body);
    same_text(a->emails[0], b->emails[0]);
    same_text(a->emails[1], b->emails[1]);
    assert_int_equal(a->scope, b->scope);
    assert_int_equal(a->founded, b->founded);
    assert_int_equal(a->online, b->online);
    assert_true(a->reason == b->reason || strcmp(a->reason, b->reason) == 0);
    assert_int_equal(a->target_count, b->target_count);
    for (size_t i = 0; i < a->target_count; i++)
        assert_true(a->targets[i] == b->targets[i]);
}

static void random_events_come_back_as_they_were(void **state)
{
    (void)state;
    for (size_t round = 0; round < 300; round++) {
        struct event_list list = { 0 };
        struct event_list again = { 0 };
        struct buf bytes = { 0 };
        for (size_t count = roll() % 20 + 1; count > 0; count--)
            roll_event(&list);
        event_list_encode(&bytes, &list);
        assert_int_equal(event_list_decode(buf_str(&bytes), &again), OK);
        assert_int_equal(again.count, list.count);
        for (size_t i = 0; i < list.count; i++) {
            same_event(&again.items[i], &list.items[i]);
            assert_true(again.items[i].foreign);
        }
        buf_release(&bytes);
        event_list_release(&list);
        event_list_release(&again);
    }
}

static void events_cut_short_are_refused_wherever_it_is_within_one(void **state)
{
    (void)state;
    for (size_t round = 0; round < 100; round++) {
        struct event_list list = { 0 };
        struct event_list again = { 0 };
        struct buf bytes = { 0 };
        roll_event(&list);
        event_list_encode(&bytes, &list);
        for (size_t size = 0; size < bytes.size; size++) {
            char *cut = malloc(size + 1); /* so that a sanitizer sees reads beyond it */
            memcpy(cut, bytes.ptr, size);
            enum err err = event_list_decode((struct str){ cut, size }, &again);
            assert_int_equal(err, size == 1 ? OK : ERR_PARSE); /* the version alone: no events */
            assert_int_equal(again.count, 0);
            free(cut);
        }
        buf_release(&bytes);
        event_list_release(&list);
        event_list_release(&again);
    }
}

static void what_was_in_the_list_stays_when_bytes_are_refused(void **state)
{
    (void)state;
    struct event_list list = { 0 };
    event_add(&list, EVENT_PRESENCE)->actor = 7;
    assert_int_equal(event_list_decode(STR("\x01\x01\x01"), &list), ERR_PARSE);
    assert_int_equal(list.count, 1);
    assert_int_equal(list.items[0].actor, 7);
    event_list_release(&list);
}

static void refused(struct str bytes)
{
    struct event_list list = { 0 };
    assert_int_equal(event_list_decode(bytes, &list), ERR_PARSE);
    event_list_release(&list);
}

static void bytes_of_another_version_or_kind_are_refused(void **state)
{
    (void)state;
    char type[] = { 1, EVENT_TYPES, 0 };
    refused(STR_NONE);
    refused(STR("\x02"));                                                      /* version */
    refused((struct str){ type, sizeof(type) });                               /* type */
    refused(STR("\x01\x00\x80\x80\x80\x80\x01"));                              /* mask */
    refused(STR("\x01\x00\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));      /* a number of more than 64 bits */
    refused(STR("\x01\x00\x80\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x")); /* a text beyond the end */
    refused(STR("\x01\x00\x80\x80\x20\xff\xff\xff\xff\x0f\x02\x02"));          /* more targets than bytes */
    refused(STR("\x01\x00\x80\x80\x40\xf0"));                                  /* reason */
}

int main(void)
{
    const char *given = getenv("IM_SEED");
    seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    printf("IM_SEED=%u\n", seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_events_come_back_as_they_were),
        cmocka_unit_test(events_cut_short_are_refused_wherever_it_is_within_one),
        cmocka_unit_test(what_was_in_the_list_stays_when_bytes_are_refused),
        cmocka_unit_test(bytes_of_another_version_or_kind_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
