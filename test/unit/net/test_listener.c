/* test_listener.c: ports, doors and what happens at their limits. */
#include "served.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void echo(struct side *side, char *bytes, size_t size)
{
    side_send_here(side, bytes, size);
}

static void two_loops_share_a_free_port(void **state)
{
    (void)state;
    enum { COUNT = 64 };
    struct world world = { .loop_count = 2, .on_read = echo };
    int fds[COUNT];
    world_start(&world);
    assert_in_range(world.port, 1024, 65535);
    for (unsigned i = 0; i < COUNT; i++)
        fds[i] = dial(&world);
    world_side(&world, COUNT - 1);
    unsigned per_loop[2] = { 0, 0 };
    for (unsigned i = 0; i < COUNT; i++)
        per_loop[world.sides[i]->loop]++;
    /* By chance all on one: once in 2^63 runs. */
    assert_true(per_loop[0] > 0 && per_loop[1] > 0);
    for (unsigned i = 0; i < COUNT; i++)
        write_all(fds[i], &i, sizeof(i));
    for (unsigned i = 0; i < COUNT; i++) {
        expect_bytes(fds[i], &i, sizeof(i));
        close(fds[i]);
    }
    world_end(&world);
}

static struct listener_options options_for(unsigned port, const char *host)
{
    return (struct listener_options){ .host = host, .port = port, .outbox_max = 1000, .conns_max = 1 };
}

static void port_of_another_listener_is_busy_not_shared(void **state)
{
    (void)state;
    struct world world = { 0 };
    world_start(&world);
    struct listener *second = NULL;
    struct loop *loop = loop_new(0);
    struct listener_options options = options_for(world.port, "127.0.0.1");
    assert_int_equal(listener_open(&loop, 1, &options, &second, NULL), ERR_BUSY);
    assert_null(second);
    loop_free(&loop);
    world_end(&world);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = { "localhost", "127.0.0.1.5", "[::1]", "256.0.0.1", " ", "::g", "192.0.2.77" };
    struct loop *loop = loop_new(0);
    struct listener *listener = NULL;
    for (unsigned i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        struct listener_options options = options_for(0, hosts[i]);
        assert_int_equal(listener_open(&loop, 1, &options, &listener, NULL), ERR_ARG);
        assert_null(listener);
    }
    struct listener_options options = options_for(65536, "127.0.0.1");
    assert_int_equal(listener_open(&loop, 1, &options, &listener, NULL), ERR_ARG);
    loop_free(&loop);
}

static void all_addresses_include_loopback(void **state)
{
    (void)state;
    static const char *const hosts[] = { "", "*", "0.0.0.0" };
    for (unsigned i = 0; i < 3; i++) {
        struct world world = { .options.host = hosts[i], .on_read = echo };
        world_start(&world);
        int fd = dial(&world);
        write_all(fd, "hello", 5);
        expect_bytes(fd, "hello", 5);
        close(fd);
        world_end(&world);
    }
}

static void conns_over_the_limit_are_closed_at_once(void **state)
{
    (void)state;
    struct world world = { .options.conns_max = 2, .on_read = echo };
    world_start(&world);
    int first = dial(&world);
    int second = dial(&world);
    world_side(&world, 1);
    int third = dial(&world);
    expect_end(third);
    close(third);
    write_all(first, "hello", 5);
    expect_bytes(first, "hello", 5);
    close(second);
    world_wait(&world, world.sides[0]->closed || world.sides[1]->closed);
    int fourth = dial(&world);
    write_all(fourth, "room again", 10);
    expect_bytes(fourth, "room again", 10);
    close(first);
    close(fourth);
    world_end(&world);
}

static void stopped_listener_refuses_and_its_conns_live_on(void **state)
{
    (void)state;
    struct world world = { .loop_count = 2, .on_read = echo };
    world_start(&world);
    int fd = dial(&world);
    world_side(&world, 0);
    listener_stop(world.listener);
    listener_stop(world.listener);
    int64_t until = ms_now() + WAIT_MS;
    bool refused = false;
    while (!refused && ms_now() < until) {
        struct listener *next = NULL;
        struct loop *loop = loop_new(0);
        struct listener_options options = options_for(world.port, "127.0.0.1");
        refused = listener_open(&loop, 1, &options, &next, NULL) == OK; /* the port is free */
        listener_free(&next);
        loop_free(&loop);
    }
    assert_true(refused);
    write_all(fd, "hello", 5);
    expect_bytes(fd, "hello", 5);
    close(fd);
    world_end(&world);
}

static unsigned open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;
    while (readdir(dir) != NULL)
        count++;
    closedir(dir);
    return count;
}

static double cpu_ms(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

static void out_of_descriptors_it_waits_and_goes_on_later(void **state)
{
    (void)state;
    struct world world = { .on_read = echo };
    world_start(&world);
    int fd = dial(&world);
    world_side(&world, 0);
    int spare = dup(fd);
    struct rlimit before, low;
    getrlimit(RLIMIT_NOFILE, &before);
    low = before;
    low.rlim_cur = open_descriptors() + 8;
    setrlimit(RLIMIT_NOFILE, &low);
    int filler[64];
    unsigned count = 0;
    while (count < 64 && (filler[count] = dup(fd)) >= 0)
        count++;
    assert_true(count > 0 && count < 64);
    close(spare);
    int second = dial(&world); /* takes the last; the server has none left */
    double cpu_before = cpu_ms();
    usleep(400000);
    assert_true(cpu_ms() - cpu_before < 200);
    assert_int_equal(world.side_count, 1);
    write_all(fd, "hello", 5); /* those inside feel nothing */
    expect_bytes(fd, "hello", 5);
    for (unsigned i = 0; i < count; i++)
        close(filler[i]);
    write_all(second, "at last", 7);
    expect_bytes(second, "at last", 7);
    setrlimit(RLIMIT_NOFILE, &before);
    close(fd);
    close(second);
    world_end(&world);
}

/* Unix-domain sockets. */

static char directory[] = "/tmp/im-test-listener-XXXXXX";

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state)
{
    (void)state;
    return rmdir(directory);
}

static void in_directory(char *out, size_t size, const char *name)
{
    snprintf(out, size, "%s/%s", directory, name);
}

static void look_local(void *argument)
{
    struct side *side = argument;
    char peer[46];
    conn_peer(side->conn, peer, sizeof(peer));
    assert_string_equal(peer, "local");
}

static void unix_socket_serves_its_owner_alone(void **state)
{
    (void)state;
    char path[100];
    in_directory(path, sizeof(path), "admin.sock");
    struct world world = { .on_read = echo };
    world_start_unix(&world, path);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    int fd = dial(&world);
    static char bytes[300000];
    memset(bytes, 'u', sizeof(bytes));
    world_call(&world, 0, look_local, world_side(&world, 0));
    side_send(world_side(&world, 0), bytes, sizeof(bytes)); /* more than the kernel takes at once */
    usleep(10000);
    expect_bytes(fd, bytes, sizeof(bytes));
    write_all(fd, "hello", 5);
    expect_bytes(fd, "hello", 5);
    listener_stop(world.listener);
    assert_int_equal(stat(path, &status), -1);
    shutdown(fd, SHUT_WR);
    world_wait(&world, world.sides[0]->closed);
    assert_int_equal(world.sides[0]->end, CONN_END_PEER);
    close(fd);
    world_end(&world);
}

static void stale_socket_file_is_replaced_and_anything_else_is_not(void **state)
{
    (void)state;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    in_directory(address.sun_path, sizeof(address.sun_path), "stale.sock");
    int stale = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(stale, (struct sockaddr *)&address, sizeof(address)), 0);
    close(stale);
    struct world world = { .on_read = echo };
    world_start_unix(&world, address.sun_path);

    struct listener *other = NULL;
    struct loop *loop = loop_new(0);
    struct listener_options options = options_for(0, "");
    assert_int_equal(listener_open_unix(loop, address.sun_path, &options, &other), ERR_BUSY);
    int fd = dial(&world); /* the one that was there is untouched */
    close(fd);
    world_end(&world);
    assert_int_equal(access(address.sun_path, F_OK), -1);

    char path[100];
    in_directory(path, sizeof(path), "file");
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    close(file);
    assert_int_equal(listener_open_unix(loop, path, &options, &other), ERR_EXISTS);
    assert_int_equal(access(path, F_OK), 0);
    unlink(path);

    char longer[200];
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(listener_open_unix(loop, longer, &options, &other), ERR_ARG);
    assert_null(other);
    loop_free(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_loops_share_a_free_port),
        cmocka_unit_test(port_of_another_listener_is_busy_not_shared),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(all_addresses_include_loopback),
        cmocka_unit_test(conns_over_the_limit_are_closed_at_once),
        cmocka_unit_test(stopped_listener_refuses_and_its_conns_live_on),
        cmocka_unit_test(out_of_descriptors_it_waits_and_goes_on_later),
        cmocka_unit_test(unix_socket_serves_its_owner_alone),
        cmocka_unit_test(stale_socket_file_is_replaced_and_anything_else_is_not),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
