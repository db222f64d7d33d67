/* test_conn_end.c: the many ways a conn ends. */
#include "served.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

/* Closing. */

static void close_in_read(struct side *side, char *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    conn_close(side->conn, 0);
    conn_close(side->conn, 0);
    assert_int_equal(side_send_here(side, "x", 1), ERR_CLOSED);
}

static void close_within_read_ends_at_the_turn_s_end(void **state)
{
    (void)state;
    struct world world = { .on_read = close_in_read };
    world_start(&world);
    int fd = dial(&world);
    write_all(fd, "bye", 3);
    expect_end(fd);
    struct side *side = world_side(&world, 0);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_OWN);
    close(fd);
    world_end(&world);
}

static void answer_and_close(struct side *side, char *bytes, size_t size)
{
    assert_int_equal(side_send_here(side, bytes, size), OK);
    conn_close(side->conn, 0);
}

static void close_without_linger_still_sends_what_the_kernel_takes(void **state)
{
    (void)state;
    struct world world = { .on_read = answer_and_close };
    world_start(&world);
    for (unsigned i = 0; i < 20; i++) {
        int fd = dial(&world);
        write_all(fd, "hello", 5);
        expect_bytes(fd, "hello", 5);
        expect_end(fd);
        close(fd);
    }
    world_end(&world);
}

static void close_in_drained(struct side *side)
{
    if (side->number++ == 2)
        conn_close(side->conn, 5000);
    else
        assert_int_equal(side_send_here(side, "more", 4), OK);
}

static void send_and_close_within_drained_work(void **state)
{
    (void)state;
    struct world world = { .on_drained = close_in_drained };
    world_start(&world);
    int fd = dial(&world);
    struct side *side = world_side(&world, 0);
    side_send(side, "first", 5);
    expect_bytes(fd, "firstmoremore", 13);
    expect_end(fd);
    close(fd);
    world_wait(&world, side->closed);
    assert_int_equal(side->drained, 3);
    world_end(&world);
}

static void close_all(struct side *side, char *bytes, size_t size)
{
    struct world *world = side->world;
    (void)bytes;
    (void)size;
    for (unsigned i = 0; i < world->side_count; i++) {
        side_send_here(world->sides[i], "everyone out", 12);
        if (world->sides[i]->conn != NULL)
            conn_close(world->sides[i]->conn, i % 2 == 0 ? 0 : 5000);
    }
}

static void one_owner_closes_all_conns_from_its_read(void **state)
{
    (void)state;
    enum { COUNT = 50 };
    struct world world = { .on_read = close_all };
    int fds[COUNT];
    world_start(&world);
    for (unsigned i = 0; i < COUNT; i++)
        fds[i] = dial(&world);
    world_side(&world, COUNT - 1);
    /* Many ready in one turn: some are closed by others before their read. */
    for (unsigned i = 0; i < COUNT; i++)
        send(fds[i], "x", 1, MSG_NOSIGNAL);
    for (unsigned i = 0; i < COUNT; i++) {
        char bytes[64];
        while (recv(fds[i], bytes, sizeof(bytes), 0) > 0)
            ;
        close(fds[i]);
    }
    for (unsigned i = 0; i < COUNT; i++) {
        world_wait(&world, world.sides[i]->closed);
        assert_int_equal(world.sides[i]->end, CONN_END_OWN);
    }
    world_end(&world);
}

static void close_at_accept(struct side *side)
{
    conn_close(side->conn, 0);
}

static void close_within_accepted_is_a_refusal(void **state)
{
    (void)state;
    struct world world = { .on_accept = close_at_accept };
    world_start(&world);
    int fd = dial(&world);
    expect_end(fd);
    close(fd);
    world_end(&world);
}

/* Lingering. */

struct farewell {
    struct side *side;
    size_t size;
    unsigned linger_ms;
};

static void say_farewell(void *argument)
{
    struct farewell *farewell = argument;
    char *bytes = mem_alloc(farewell->size);
    memset(bytes, 'f', farewell->size);
    assert_int_equal(side_send_here(farewell->side, bytes, farewell->size), OK);
    conn_close(farewell->side->conn, farewell->linger_ms);
    free(bytes);
}

static void linger_delivers_the_last_bytes_though_the_peer_sends_on(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    struct farewell farewell = { world_side(&world, 0), 12000000, WAIT_MS };
    world_call(&world, 0, say_farewell, &farewell);
    static char up[1000], got[100000];
    size_t total = 0;
    ssize_t size;
    while ((size = recv(fd, got, sizeof(got), 0)) > 0) {
        total += (size_t)size;
        /* Unread when the socket is closed, this would make it a reset. */
        assert_int_equal(send(fd, up, sizeof(up), MSG_NOSIGNAL), sizeof(up));
    }
    assert_int_equal(size, 0);
    assert_int_equal(total, farewell.size);
    write_all(fd, up, sizeof(up)); /* our side is open still */
    assert_false(side_is_closed(farewell.side));
    close(fd);
    world_wait(&world, farewell.side->closed);
    assert_int_equal(farewell.side->end, CONN_END_OWN);
    assert_int_equal(farewell.side->got.size, 0); /* discarded, not handed up */
    world_end(&world);
}

static void linger_ends_though_the_peer_never_reads_or_never_closes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct world world = { 0 };
        world_start(&world);
        int fd = dial(&world);
        struct farewell farewell = { world_side(&world, 0), i == 0 ? 30000000 : 10, 100 };
        int64_t start = ms_now();
        world_call(&world, 0, say_farewell, &farewell);
        world_wait(&world, farewell.side->closed);
        assert_true(ms_now() - start >= 95);
        assert_int_equal(farewell.side->end, CONN_END_OWN);
        if (i == 0) {
            expect_reset(fd); /* cut off is told from complete */
        } else {
            expect_bytes(fd, "ffffffffff", 10);
            expect_end(fd);
        }
        close(fd);
        world_end(&world);
    }
}

static void second_close_without_linger_cuts_it_short(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    struct farewell farewell = { world_side(&world, 0), 30000000, 60000 };
    world_call(&world, 0, say_farewell, &farewell);
    side_close(farewell.side, 0);
    world_wait(&world, farewell.side->closed);
    int waiting = dial(&world);
    struct side *side = world_side(&world, 1);
    side_close(side, 60000);
    expect_end(waiting);
    side_close(side, 0);
    world_wait(&world, side->closed);
    close(fd);
    close(waiting);
    world_end(&world);
}

/* Peers that end. */

static void echo(struct side *side, char *bytes, size_t size)
{
    side_send_here(side, bytes, size);
}

static void peer_that_ends_its_side_still_gets_what_was_queued(void **state)
{
    (void)state;
    struct world world = { .on_read = echo };
    world_start(&world);
    size_t size = 8000000;
    int fd = dial(&world);
    struct side *side = world_side(&world, 0);
    char *bytes = mem_alloc(size);
    memset(bytes, 'q', size);
    side_send(side, bytes, size);
    write_all(fd, "last words", 10);
    shutdown(fd, SHUT_WR);
    usleep(20000);
    expect_bytes(fd, bytes, size);
    expect_bytes(fd, "last words", 10);
    expect_end(fd);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_PEER);
    free(bytes);
    close(fd);
    world_end(&world);
}

static void reset_by_the_peer_is_an_error_after_its_bytes(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    struct side *side = world_side(&world, 0);
    write_all(fd, "before", 6);
    world_wait(&world, side->got.size == 6);
    reset(fd);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_ERROR);
    world_end(&world);
}

static void send_to_a_peer_that_is_gone_is_an_error_not_a_signal(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    struct side *side = world_side(&world, 0);
    side_pause(side, true); /* so that only writing can notice */
    reset(fd);
    int64_t until = ms_now() + WAIT_MS;
    bool closed = false;
    while (!closed && ms_now() < until) {
        side_send(side, "hello?", 6);
        pthread_mutex_lock(&world.lock);
        closed = side->closed;
        pthread_mutex_unlock(&world.lock);
    }
    assert_true(closed);
    assert_int_equal(side->end, CONN_END_ERROR);
    world_end(&world);
}

static void freeing_the_loop_ends_the_conns_still_there(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    world_side(&world, 0);
    world_end(&world); /* asserts one call of closed each, too */
    expect_end(fd);
    close(fd);
}

/* Everything at once. */

struct chaos {
    struct world *world;
    struct dice dice;
};
static struct chaos chaos;

/* One thing that an owner may do to any conn from any callback. */
static void act(void)
{
    struct dice *dice = &chaos.dice;
    if (chaos.world->side_count == 0)
        return;
    struct side *side = chaos.world->sides[dice_below(dice, chaos.world->side_count)];
    static char bytes[300000];
    if (side->conn == NULL)
        return;
    switch (dice_below(dice, 12)) {
    case 0:
        conn_close(side->conn, dice_below(dice, 2) * 20);
        break;
    case 1:
    case 2:
        conn_pause(side->conn);
        break;
    case 3:
    case 4:
        conn_resume(side->conn);
        break;
    case 5:
        side_send_here(side, bytes, sizeof(bytes));
        break;
    case 6:
        conn_set_outbox_max(side->conn, 1000 + dice_below(dice, 2000000));
        break;
    default:
        side_send_here(side, bytes, 1 + dice_below(dice, 500));
        break;
    }
}

static void chaos_read(struct side *side, char *bytes, size_t size)
{
    (void)side;
    (void)bytes;
    (void)size;
    for (unsigned i = dice_below(&chaos.dice, 4); i > 0; i--)
        act();
}

static void chaos_drained(struct side *side)
{
    (void)side;
    if (dice_below(&chaos.dice, 2) == 0)
        act();
}

static void resume_all(void *argument)
{
    struct world *world = argument;
    for (unsigned i = 0; i < world->side_count; i++) {
        if (world->sides[i]->conn != NULL)
            conn_resume(world->sides[i]->conn);
    }
}

static void whatever_owners_and_peers_do_each_conn_ends_once(void **state)
{
    (void)state;
    enum { CLIENTS = 12 };
    struct dice dice = { dice_seed("chaos") };
    struct world world = {
        .options.outbox_max = 1 << 20, .on_read = chaos_read, .on_drained = chaos_drained, .on_closed = chaos_drained
    };
    chaos = (struct chaos){ .world = &world, .dice = { dice.state + 1 } };
    world_start(&world);
    int fds[CLIENTS];
    static char bytes[200000];
    unsigned dialled = CLIENTS;
    for (unsigned i = 0; i < CLIENTS; i++)
        fds[i] = dial(&world);
    for (unsigned step = 0; step < 6000; step++) {
        unsigned i = dice_below(&dice, CLIENTS);
        uint32_t what = dice_below(&dice, 40);
        if (what < 20) {
            send(fds[i], bytes, 1 + dice_below(&dice, 300), MSG_DONTWAIT | MSG_NOSIGNAL);
        } else if (what < 38) {
            recv(fds[i], bytes, 1 + dice_below(&dice, sizeof(bytes)), MSG_DONTWAIT);
        } else if (what == 38) {
            shutdown(fds[i], SHUT_WR);
        } else if (dialled < SIDES_MAX) {
            if (dice_below(&dice, 2) == 0)
                reset(fds[i]);
            else
                close(fds[i]);
            fds[i] = dial(&world);
            dialled++;
        }
    }
    for (unsigned i = 0; i < CLIENTS; i++)
        close(fds[i]);
    world_side(&world, dialled - 1);
    for (unsigned i = 0; i < dialled; i++) {
        world_call(&world, 0, resume_all, &world); /* else the end is not noticed */
        world_wait(&world, world.sides[i]->closed);
    }
    world_end(&world); /* asserts one call of closed each */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_within_read_ends_at_the_turn_s_end),
        cmocka_unit_test(close_without_linger_still_sends_what_the_kernel_takes),
        cmocka_unit_test(send_and_close_within_drained_work),
        cmocka_unit_test(one_owner_closes_all_conns_from_its_read),
        cmocka_unit_test(close_within_accepted_is_a_refusal),
        cmocka_unit_test(linger_delivers_the_last_bytes_though_the_peer_sends_on),
        cmocka_unit_test(linger_ends_though_the_peer_never_reads_or_never_closes),
        cmocka_unit_test(second_close_without_linger_cuts_it_short),
        cmocka_unit_test(peer_that_ends_its_side_still_gets_what_was_queued),
        cmocka_unit_test(reset_by_the_peer_is_an_error_after_its_bytes),
        cmocka_unit_test(send_to_a_peer_that_is_gone_is_an_error_not_a_signal),
        cmocka_unit_test(freeing_the_loop_ends_the_conns_still_there),
        cmocka_unit_test(whatever_owners_and_peers_do_each_conn_ends_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
