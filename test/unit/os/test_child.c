/* test_child.c: whole messages with descriptors, and how a talk ends. */
#include "unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/child.h"

static int ends[2];

static int setup(void **state)
{
    (void)state;
    return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
}

static int teardown(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    return 0;
}

static int next_fd(void)
{
    int fd = dup(0);
    close(fd);
    return fd;
}

static void a_message_arrives_with_its_descriptors(void **state)
{
    (void)state;
    int pipes[2];
    int got[2] = { -1, -1 };
    char text[6] = "";
    char letter = 0;
    assert_int_equal(pipe(pipes), 0);
    assert_int_equal(child_send(ends[0], "hello", 6, pipes, 2), OK);
    assert_int_equal(child_receive(ends[1], text, 6, got, 2, 1000), OK);
    assert_string_equal(text, "hello");
    assert_int_equal(write(got[1], "x", 1), 1);
    assert_int_equal(read(pipes[0], &letter, 1), 1);
    assert_int_equal(letter, 'x');
    assert_int_equal(fcntl(got[0], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    for (unsigned i = 0; i < 2; i++) {
        close(pipes[i]);
        close(got[i]);
    }
}

static void a_message_of_another_size_is_refused_and_its_descriptors_closed(void **state)
{
    (void)state;
    int free_before = next_fd();
    int some[2] = { 0, 0 };
    int got[2];
    char text[6];
    assert_int_equal(child_send(ends[0], "hell", 4, NULL, 0), OK);
    assert_int_equal(child_receive(ends[1], text, 6, NULL, 0, 1000), ERR_PARSE);
    assert_int_equal(child_send(ends[0], "hello, you", 10, NULL, 0), OK);
    assert_int_equal(child_receive(ends[1], text, 6, NULL, 0, 1000), ERR_PARSE);
    assert_int_equal(child_send(ends[0], "hello", 6, some, 1), OK);
    assert_int_equal(child_receive(ends[1], text, 6, got, 2, 1000), ERR_PARSE);
    assert_int_equal(child_send(ends[0], "hello", 6, some, 2), OK);
    assert_int_equal(child_receive(ends[1], text, 6, NULL, 0, 1000), ERR_PARSE);
    assert_int_equal(next_fd(), free_before);
}

static void silence_and_an_end_are_told_apart(void **state)
{
    (void)state;
    char text[6];
    assert_int_equal(child_receive(ends[1], text, 6, NULL, 0, 10), ERR_TIMEOUT);
    close(ends[0]);
    assert_int_equal(child_receive(ends[1], text, 6, NULL, 0, 1000), ERR_CLOSED);
    assert_int_equal(child_send(ends[1], text, 6, NULL, 0), ERR_CLOSED);
    assert_int_equal(setup(NULL), 0);
}

static void a_process_that_nobody_started_is_no_child(void **state)
{
    (void)state;
    int saved = fcntl(CHILD_FD, F_DUPFD_CLOEXEC, 100);
    close(CHILD_FD);
    assert_int_equal(child_settle(), ERR_ARG);
    if (saved >= 0) {
        dup2(saved, CHILD_FD);
        close(saved);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_message_arrives_with_its_descriptors, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_of_another_size_is_refused_and_its_descriptors_closed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(silence_and_an_end_are_told_apart, setup, teardown),
        cmocka_unit_test(a_process_that_nobody_started_is_no_child),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
