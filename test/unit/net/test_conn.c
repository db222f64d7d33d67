/* test_conn.c: conns over real loopback sockets. */
#include "served.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "util/mem.h"

/* Delivery. */

struct burst {
    struct side *side;
    struct dice *dice;
    struct buf *expected;
};

static void send_burst(void *argument)
{
    struct burst *burst = argument;
    static char bytes[200000];
    uint32_t count = 1 + dice_below(burst->dice, 40);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = 1 + dice_below(burst->dice, dice_below(burst->dice, 30) == 0 ? sizeof(bytes) : 400);
        dice_fill(burst->dice, bytes, size);
        assert_int_equal(side_send_here(burst->side, bytes, size), OK);
        buf_append(burst->expected, bytes, size);
    }
}

struct reader {
    int fd;
    struct dice dice;
    size_t wanted;
    struct buf got;
};

/* Reads in odd pieces, now and then not at all for a while. */
static void *read_thread(void *argument)
{
    struct reader *reader = argument;
    static char bytes[100000];
    while (__atomic_load_n(&reader->wanted, __ATOMIC_ACQUIRE) > reader->got.size) {
        struct pollfd ready = { .fd = reader->fd, .events = POLLIN };
        if (poll(&ready, 1, 1) == 0)
            continue;
        ssize_t size = recv(reader->fd, bytes, 1 + dice_below(&reader->dice, sizeof(bytes)), 0);
        if (size <= 0)
            break;
        buf_append(&reader->got, bytes, (size_t)size);
        if (dice_below(&reader->dice, 20) == 0)
            usleep(dice_below(&reader->dice, 5000));
    }
    return NULL;
}

static void payloads_arrive_byte_exact_whatever_the_reader_does(void **state)
{
    (void)state;
    struct dice dice = { dice_seed("delivery") };
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    int small = 128 * 1024;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    struct reader reader = { .fd = fd, .dice = { dice.state + 1 }, .wanted = SIZE_MAX };
    struct buf expected = { 0 };
    struct burst burst = { world_side(&world, 0), &dice, &expected };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_thread, &reader), 0);
    for (unsigned i = 0; i < 150; i++) {
        world_call(&world, 0, send_burst, &burst);
        char up[300];
        size_t size = 1 + dice_below(&dice, sizeof(up) - 1);
        memset(up, (int)i, size);
        write_all(fd, up, size);
    }
    __atomic_store_n(&reader.wanted, expected.size, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    assert_int_equal(reader.got.size, expected.size);
    assert_memory_equal(reader.got.ptr, expected.ptr, expected.size);
    world_wait(&world, world.sides[0]->drained > 0);
    close(fd);
    world_wait(&world, world.sides[0]->closed);
    assert_int_equal(world.sides[0]->end, CONN_END_PEER);
    buf_release(&expected);
    buf_release(&reader.got);
    world_end(&world);
}

static void bytes_from_the_peer_reach_the_owner_in_order(void **state)
{
    (void)state;
    struct dice dice = { dice_seed("upload") };
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    size_t size = 3000000;
    char *bytes = mem_alloc(size);
    dice_fill(&dice, bytes, size);
    for (size_t at = 0; at < size;) {
        size_t part = 1 + dice_below(&dice, 200000);
        part = part > size - at ? size - at : part;
        write_all(fd, bytes + at, part);
        at += part;
    }
    struct side *side = world_side(&world, 0);
    world_wait(&world, side->got.size >= size);
    assert_int_equal(side->got.size, size);
    assert_memory_equal(side->got.ptr, bytes, size);
    free(bytes);
    close(fd);
    world_end(&world);
}

static void send_sixteen(void *argument)
{
    struct side *side = argument;
    for (unsigned i = 0; i < 16; i++) {
        char bytes[250];
        memset(bytes, 'a' + (int)i, sizeof(bytes));
        assert_int_equal(side_send_here(side, bytes, sizeof(bytes)), OK);
    }
    assert_int_equal(conn_queued_bytes(side->conn), 16 * 250);
}

static void payloads_of_one_turn_leave_in_one_send(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    struct side *side = world_side(&world, 0);
    for (unsigned round = 0; round < 20; round++) {
        char bytes[16 * 250 + 1];
        world_call(&world, 0, send_sixteen, side);
        /* One send is one segment on loopback: the first read has it all. */
        assert_int_equal(recv(fd, bytes, sizeof(bytes), 0), 16 * 250);
        for (unsigned i = 0; i < 16; i++)
            assert_int_equal(bytes[i * 250 + 249], 'a' + (int)i);
    }
    world_wait(&world, side->drained == 20);
    close(fd);
    world_end(&world);
}

/* Slow readers. */

struct flood {
    struct side *side;
    enum err err;
    unsigned sent;
};

static void send_flood(void *argument)
{
    struct flood *flood = argument;
    static char bytes[16384];
    flood->err = side_send_here(flood->side, bytes, sizeof(bytes));
    flood->sent += flood->err == OK;
}

static void reader_over_the_bound_is_closed_and_others_feel_nothing(void **state)
{
    (void)state;
    struct world world = { .options.outbox_max = 256 * 1024 };
    world_start(&world);
    int slow = dial(&world);
    struct flood flood = { .side = world_side(&world, 0) };
    int other = dial(&world);
    struct side *other_side = world_side(&world, 1);
    unsigned rounds = 0;
    while (flood.err == OK && rounds++ < 10000) {
        world_call(&world, 0, send_flood, &flood);
        side_send(other_side, "tick", 4);
        expect_bytes(other, "tick", 4);
    }
    assert_int_equal(flood.err, ERR_FULL);
    world_wait(&world, flood.side->closed);
    assert_int_equal(flood.side->end, CONN_END_SLOW);
    assert_true(flood.sent * 16384 > 256 * 1024);
    expect_reset(slow);
    assert_false(side_is_closed(other_side));
    side_send(other_side, "still here", 10);
    expect_bytes(other, "still here", 10);
    close(slow);
    close(other);
    world_end(&world);
}

static void send_burst_over_bound(void *argument)
{
    struct side *side = argument;
    static char bytes[8192];
    for (unsigned i = 0; i < 32; i++) {
        memset(bytes, (int)i, sizeof(bytes));
        assert_int_equal(side_send_here(side, bytes, sizeof(bytes)), OK);
    }
}

static void burst_over_the_bound_to_a_reader_that_keeps_up_is_fine(void **state)
{
    (void)state;
    struct world world = { .options.outbox_max = 64 * 1024 };
    world_start(&world);
    int fd = dial(&world);
    world_call(&world, 0, send_burst_over_bound, world_side(&world, 0));
    for (unsigned i = 0; i < 32; i++) {
        char bytes[8192];
        memset(bytes, (int)i, sizeof(bytes));
        expect_bytes(fd, bytes, sizeof(bytes));
    }
    close(fd);
    world_end(&world);
}

static void send_too_large(void *argument)
{
    struct side *side = argument;
    static char bytes[5000];
    assert_int_equal(side_send_here(side, bytes, sizeof(bytes)), ERR_FULL);
    assert_int_equal(side_send_here(side, bytes, 1), ERR_CLOSED);
    conn_close(side->conn, 1000); /* too late to change how it ends */
}

static void payload_larger_than_the_bound_closes_as_slow(void **state)
{
    (void)state;
    struct world world = { .options.outbox_max = 4096 };
    world_start(&world);
    int fd = dial(&world);
    struct side *side = world_side(&world, 0);
    world_call(&world, 0, send_too_large, side);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_SLOW);
    close(fd);
    world_end(&world);
}

/* Back-pressure. */

static void paused_conn_reads_nothing_until_resumed(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    struct side *side = world_side(&world, 0);
    side_pause(side, true);
    static char bytes[65536];
    memset(bytes, 'p', sizeof(bytes));
    size_t sent = 0;
    /* Until the kernel's buffers are full and stay so. */
    for (;;) {
        struct pollfd room = { .fd = fd, .events = POLLOUT };
        if (poll(&room, 1, 200) == 0)
            break;
        ssize_t more = send(fd, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_NOSIGNAL);
        assert_true(more > 0);
        sent += (size_t)more;
    }
    assert_int_equal(side->got.size, 0);
    side_pause(side, false);
    world_wait(&world, side->got.size == sent);
    /* Again while there is nothing to read, and with the end unseen. */
    side_pause(side, true);
    close(fd);
    usleep(50000);
    assert_false(side_is_closed(side));
    side_pause(side, false);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_PEER);
    world_end(&world);
}

/* Owners. */

static struct buf second_got;

static void second_read(void *owner, char *bytes, size_t size)
{
    struct side *side = owner;
    buf_append(&second_got, bytes, size);
    side_send_here(side, "second", 6);
}

static void second_closed(void *owner, enum conn_end end)
{
    struct side *side = owner;
    pthread_mutex_lock(&side->world->lock);
    side->closed = true;
    side->closed_calls++;
    side->end = end;
    pthread_cond_broadcast(&side->world->changed);
    pthread_mutex_unlock(&side->world->lock);
}

static void hand_over(struct side *side, char *bytes, size_t size)
{
    static const struct conn_owner second = { .read = second_read, .closed = second_closed };
    (void)bytes;
    (void)size;
    conn_set_owner(side->conn, &second, side);
    side_send_here(side, "first", 5);
}

static void owner_may_be_changed_within_read(void **state)
{
    (void)state;
    struct world world = { .on_read = hand_over };
    world_start(&world);
    int fd = dial(&world);
    write_all(fd, "a", 1);
    expect_bytes(fd, "first", 5);
    write_all(fd, "b", 1);
    expect_bytes(fd, "second", 6);
    close(fd);
    world_wait(&world, world.sides[0]->closed);
    assert_int_equal(second_got.size, 1);
    buf_release(&second_got);
    world_end(&world);
}

static void look_at_conn(void *argument)
{
    struct side *side = argument;
    char peer[46], little[4];
    conn_peer(side->conn, peer, sizeof(peer));
    assert_string_equal(peer, "127.0.0.1");
    conn_peer(side->conn, little, sizeof(little));
    assert_string_equal(little, "127");
    assert_ptr_equal(conn_loop(side->conn), side->world->loops[0]);
    assert_false(conn_is_tls(side->conn));
}

static void conn_tells_its_peer_and_its_loop(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    world_call(&world, 0, look_at_conn, world_side(&world, 0));
    close(fd);
    world_end(&world);
}

/* Past the conn. */

struct past {
    struct side *side;
    int fd;
    size_t put; /* until the kernel took no more */
};

static void fill_past(void *argument)
{
    struct past *past = argument;
    static const char bytes[65536];
    past->fd = conn_descriptor(past->side->conn);
    assert_true(past->fd >= 0);
    for (ssize_t put; (put = send(past->fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0;)
        past->put += (size_t)put;
    assert_int_equal(errno, EAGAIN);
    conn_await_room(past->side->conn);
}

static void bytes_sent_past_the_conn_are_followed_by_drained_when_there_is_room(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    int fd = dial(&world);
    struct past past = { .side = world_side(&world, 0) };
    world_call(&world, 0, fill_past, &past);
    usleep(20000);
    pthread_mutex_lock(&world.lock);
    assert_int_equal(past.side->drained, 0);
    pthread_mutex_unlock(&world.lock);
    char *zeroes = mem_zalloc(past.put);
    expect_bytes(fd, zeroes, past.put);
    world_wait(&world, past.side->drained == 1);
    side_send(past.side, "more", 4);
    expect_bytes(fd, "more", 4);
    side_close(past.side, 0);
    world_wait(&world, past.side->closed);
    assert_int_equal(send(past.fd, "own", 3, MSG_DONTWAIT), 3); /* It outlives the conn. */
    close(past.fd);
    expect_bytes(fd, "own", 3);
    expect_end(fd);
    close(fd);
    free(zeroes);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(payloads_arrive_byte_exact_whatever_the_reader_does),
        cmocka_unit_test(bytes_from_the_peer_reach_the_owner_in_order),
        cmocka_unit_test(payloads_of_one_turn_leave_in_one_send),
        cmocka_unit_test(reader_over_the_bound_is_closed_and_others_feel_nothing),
        cmocka_unit_test(burst_over_the_bound_to_a_reader_that_keeps_up_is_fine),
        cmocka_unit_test(payload_larger_than_the_bound_closes_as_slow),
        cmocka_unit_test(paused_conn_reads_nothing_until_resumed),
        cmocka_unit_test(owner_may_be_changed_within_read),
        cmocka_unit_test(conn_tells_its_peer_and_its_loop),
        cmocka_unit_test(bytes_sent_past_the_conn_are_followed_by_drained_when_there_is_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
