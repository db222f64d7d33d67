/* test_sync.c: which chats have news for a device, over a real store. */
#include "chat_fixture.h"

#include <stdio.h>

#include "chat/cmd.h"
#include "chat/heads.h"
#include "chat/marks.h"
#include "chat/sync.h"

#define A "alice@x.cc"
enum { PEERS = 5 };

/* A and some friends; each pair has wrote so many messages. */
struct scene {
    struct chat *chat;
    struct heads *heads;
    int64_t a;
    int64_t peers[PEERS];
    int64_t chats[PEERS];
    char emails[PEERS][32];
};

static void say(struct scene *scene, unsigned peer, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        int64_t seq = sent(scene->chat, draft_direct(scene->peers[peer], scene->emails[peer], A, "x"));
        heads_move(scene->heads, scene->chats[peer], seq, 0);
    }
}

static void scene_make(struct scene *scene, struct chat *chat)
{
    *scene = (struct scene){ .chat = chat, .heads = heads_new(), .a = user_make(chat->store, A) };
    for (unsigned i = 0; i < PEERS; i++) {
        snprintf(scene->emails[i], sizeof(scene->emails[i]), "peer%u@x.cc", i);
        scene->peers[i] = user_make(chat->store, scene->emails[i]);
        scene->chats[i] = chat_id_direct(scene->a, scene->peers[i]);
        befriend(chat, scene->a, A, scene->emails[i]);
        say(scene, i, 3);
    }
    store_run(chat->store, "INSERT INTO device_name (id, user, name, login, created, used)"
                           " SELECT 7, id, 'seven', 0, 1, 1 FROM user WHERE email = '" A "'");
}

static struct sync begin(struct scene *scene, struct sync_ask ask)
{
    struct sync sync = {
        .reading = { .db = scene->chat->tx.db, .arena = &scene->chat->scratch, .user = scene->a, .now_ms = NOW },
        .heads = scene->heads,
        .heads_mark = heads_mark(scene->heads),
        .marks = scene->chat->tx.marks,
        .ask = ask,
    };
    assert_ok(sync_begin(&sync));
    return sync;
}

/* How many chats are left with news. */
static unsigned rest(struct sync *sync)
{
    struct sync_chat chat;
    unsigned count = 0;
    while (sync_next(sync, &chat) == OK)
        count++;
    return count;
}

static unsigned news(struct scene *scene, struct sync_ask ask)
{
    struct sync sync = begin(scene, ask);
    return rest(&sync);
}

static void acknowledge(struct scene *scene, int64_t device)
{
    for (unsigned i = 0; i < PEERS; i++)
        assert_ok(device_cursor_save(scene->chat->tx.db, scene->a, device, scene->chats[i], 3, 0));
}

static void a_new_device_lacks_every_chat_and_an_old_one_only_what_changed(void **state)
{
    struct scene scene;
    scene_make(&scene, *state);
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 7, .pver = -1 }), PEERS);
    acknowledge(&scene, 7);
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 7, .pver = -1 }), 0);
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 8, .pver = -1 }), PEERS);
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 7, .pver = -1, .anew = true }), PEERS);
    say(&scene, 2, 1);
    struct sync sync = begin(&scene, (struct sync_ask){ .device = 7, .pver = -1 });
    struct sync_chat chat;
    assert_ok(sync_next(&sync, &chat));
    assert_int_equal(chat.state->chat, scene.chats[2]);
    assert_true(chat.known);
    assert_int_equal(chat.seq, 3);
    assert_int_equal(rest(&sync), 0);
    heads_free(&scene.heads);
}

static void heads_that_are_not_in_memory_are_asked_for_and_kept(void **state)
{
    struct scene scene;
    struct head head;
    scene_make(&scene, *state);
    heads_free(&scene.heads);
    scene.heads = heads_new();
    acknowledge(&scene, 7);
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 7, .pver = -1 }), 0);
    assert_true(heads_get(scene.heads, scene.chats[4], &head));
    assert_int_equal(head.seq, 3);
    assert_int_equal(head.mver, 0);
    heads_free(&scene.heads);
}

/* An emptied table: a mark of before leaves nothing, and the answer is the same. */
static void a_stale_mark_leaves_no_head(void **state)
{
    struct scene scene;
    struct head head;
    scene_make(&scene, *state);
    acknowledge(&scene, 7);
    heads_free(&scene.heads);
    scene.heads = heads_new();
    struct sync sync = begin(&scene, (struct sync_ask){ .device = 7, .pver = -1 });
    sync.heads_mark--;
    assert_int_equal(rest(&sync), 0);
    assert_false(heads_get(scene.heads, scene.chats[0], &head));
    heads_free(&scene.heads);
}

static void what_is_listed_comes_before_what_is_stored(void **state)
{
    struct scene scene;
    scene_make(&scene, *state);
    acknowledge(&scene, 7);
    struct sync_listed listed[] = {
        { .chat = scene.chats[3], .kind = CHAT_DIRECT, .seq = 1 },
        { .chat = 0, .kind = CHAT_DIRECT, .dst = STR("nobody@x.cc") },
        { .chat = scene.chats[1], .kind = CHAT_DIRECT, .seq = 3 },
        { .chat = 5000, .kind = CHAT_GROUP, .dst = STR("5000") },
    };
    struct sync_listed *gone;
    size_t count;
    struct sync sync = begin(&scene, (struct sync_ask){ .device = 7, .pver = -1, .listed = listed, .listed_count = 4 });
    assert_ok(sync_gone(&sync, &gone, &count));
    assert_int_equal(count, 2);
    struct sync_chat chat;
    assert_ok(sync_next(&sync, &chat));
    assert_int_equal(chat.state->chat, scene.chats[3]);
    assert_int_equal(chat.seq, 1);
    struct sync_news load;
    assert_ok(sync_load(&sync, &chat, 100, &load));
    assert_int_equal(load.messages.count, 2);
    assert_int_equal(load.messages.rows[0].seq, 2);
    assert_int_equal(load.conversation.unread, 3);
    assert_str(scene.emails[3], load.conversation.dst);
    assert_int_equal(rest(&sync), 0);
    heads_free(&scene.heads);
}

static void a_chat_one_left_is_gone_until_the_device_knows(void **state)
{
    struct scene scene;
    struct sync_listed *gone;
    size_t count;
    scene_make(&scene, *state);
    int64_t group = group_make(scene.chat, scene.a, A, "g");
    assert_ok(device_cursor_save(scene.chat->tx.db, scene.a, 7, group, 1, 0));
    store_run(scene.chat->store, "DELETE FROM member WHERE role = 2");
    struct sync sync = begin(&scene, (struct sync_ask){ .device = 7, .pver = -1 });
    assert_ok(sync_gone(&sync, &gone, &count));
    assert_int_equal(count, 1);
    assert_int_equal(gone[0].kind, CHAT_GROUP);
    assert_int_equal(gone[0].chat, group);
    assert_ok(device_cursor_done(scene.chat->tx.db, scene.a, 7, 0));
    sync = begin(&scene, (struct sync_ask){ .device = 7, .pver = -1 });
    assert_ok(sync_gone(&sync, &gone, &count));
    assert_int_equal(count, 0);
    heads_free(&scene.heads);
}

static void a_mark_that_waits_for_its_flush_is_news_already(void **state)
{
    struct scene scene;
    scene_make(&scene, *state);
    acknowledge(&scene, 7);
    marks_move(scene.chat->tx.marks, scene.chats[1], scene.a, 2, 0);        /* one's own */
    marks_move(scene.chat->tx.marks, scene.chats[2], scene.peers[2], 3, 0); /* the other's */
    struct sync sync = begin(&scene, (struct sync_ask){ .device = 7, .pver = -1 });
    struct sync_chat chat;
    assert_ok(sync_next(&sync, &chat));
    assert_int_equal(chat.state->chat, scene.chats[1]);
    assert_ok(sync_next(&sync, &chat));
    assert_int_equal(chat.state->chat, scene.chats[2]);
    assert_int_equal(rest(&sync), 0);
    /* Afterwards the store says so, by pver. */
    assert_ok(marks_flush(scene.chat->tx.marks, scene.chat->tx.db));
    marks_flushed(scene.chat->tx.marks, true);
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 7, .pver = -1 }), 2);
    int64_t pver;
    assert_ok(personal_get(scene.chat->tx.db, scene.a, &pver));
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 7, .pver = pver }), 0);
    assert_ok(device_cursor_done(scene.chat->tx.db, scene.a, 7, pver));
    assert_int_equal(news(&scene, (struct sync_ask){ .device = 7, .pver = -1 }), 0);
    heads_free(&scene.heads);
}

static void the_changes_of_a_delta_are_those_of_messages_the_device_has(void **state)
{
    struct scene scene;
    scene_make(&scene, *state);
    struct mutation rows[] = {
        { .mver = 1, .cmd = CMD_RECALL, .seq = 3 },
        { .mver = 2, .cmd = CMD_REACT, .seq = 1, .on = true, .detail = STR("x") },
        { .mver = 3, .cmd = CMD_DELETE, .seq = 3, .seqs = STR("[3]") },
        { .mver = 4, .cmd = CMD_EDIT, .seq = 2 },
    };
    for (size_t i = 0; i < 4; i++) {
        rows[i].chat = scene.chats[0];
        rows[i].actor = scene.peers[0];
        assert_ok(mutation_insert(scene.chat->tx.db, &rows[i]));
    }
    heads_move(scene.heads, scene.chats[0], 0, 4);
    acknowledge(&scene, 7);
    struct sync_listed listed[] = { { .chat = scene.chats[0], .kind = CHAT_DIRECT, .seq = 2 } };
    struct sync sync = begin(&scene, (struct sync_ask){ .device = 7, .pver = -1, .listed = listed, .listed_count = 1 });
    struct sync_chat chat;
    struct sync_news load;
    assert_ok(sync_next(&sync, &chat));
    assert_ok(sync_load(&sync, &chat, 100, &load));
    assert_int_equal(load.mutations.count, 3); /* The recall is of a message that comes with the delta. */
    assert_int_equal(load.mutations.rows[0].cmd, CMD_REACT);
    assert_int_equal(load.mutations.rows[1].cmd, CMD_DELETE);
    assert_int_equal(load.mutations.rows[2].cmd, CMD_EDIT);
    assert_str("x", load.mutations.rows[2].detail); /* what it says now */
    assert_int_equal(load.mver, 4);
    assert_false(load.mutations_more);
    heads_free(&scene.heads);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        chat_test(a_new_device_lacks_every_chat_and_an_old_one_only_what_changed),
        chat_test(heads_that_are_not_in_memory_are_asked_for_and_kept),
        chat_test(a_stale_mark_leaves_no_head),
        chat_test(what_is_listed_comes_before_what_is_stored),
        chat_test(a_chat_one_left_is_gone_until_the_device_knows),
        chat_test(a_mark_that_waits_for_its_flush_is_news_already),
        chat_test(the_changes_of_a_delta_are_those_of_messages_the_device_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
