/* test_log.c: lines as a pipe and as a terminal get them. */
#include "unit.h"

#include "os/clock.h"
#include "os/log.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int read_fd = -1;

static int64_t fixed_wall(void)
{
    return 1700000000123;
}

static int64_t fixed_mono(void)
{
    return 0;
}

static int open_pipe(void **state)
{
    (void)state;
    static const struct clock_source fixed = { .wall_ms = fixed_wall, .mono_us = fixed_mono };
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    fcntl(fds[0], F_SETPIPE_SZ, 1 << 20);
    read_fd = fds[0];
    clock_replace(&fixed);
    log_init(LOG_LEVEL_INFO, fds[1]);
    *state = (void *)(intptr_t)fds[1];
    return 0;
}

static int close_pipe(void **state)
{
    log_init(LOG_LEVEL_INFO, STDERR_FILENO);
    clock_replace(NULL);
    close((int)(intptr_t)*state);
    return close(read_fd);
}

/* What one read gives: one line, as a pipe keeps writes whole. */
static struct str next_line(void)
{
    static char bytes[1 << 16];
    ssize_t got = read(read_fd, bytes, sizeof(bytes));
    assert_true(got > 0);
    return (struct str){ bytes, (size_t)got };
}

static void assert_nothing_logged(void)
{
    char byte;
    fcntl(read_fd, F_SETFL, O_NONBLOCK);
    assert_int_equal(read(read_fd, &byte, 1), -1);
    fcntl(read_fd, F_SETFL, 0);
}

static void a_line_is_pairs_with_the_time_in_utc(void **state)
{
    (void)state;
    log_info("store", "checkpoint done", LOG_I64("pages", -12), LOG_TEXT("file", "a.db"));
    assert_str(next_line(), STR("time=2023-11-14T22:13:20.123Z level=info area=store msg=\"checkpoint done\" "
                                "pages=-12 file=a.db\n"));
    log_error("net", "full");
    assert_str(next_line(), STR("time=2023-11-14T22:13:20.123Z level=error area=net msg=full\n"));
}

static struct str logged_value(struct str value)
{
    const struct str before = STR("time=2023-11-14T22:13:20.123Z level=warn area=a msg=m k=");
    log_warn("a", "m", LOG_STR("k", value));
    struct str line = next_line();
    assert_true(line.size > before.size && line.ptr[line.size - 1] == '\n');
    return (struct str){ line.ptr + before.size, line.size - before.size - 1 };
}

static void values_are_quoted_and_escaped_where_they_need_it(void **state)
{
    static const struct {
        struct str value, shown;
    } cases[] = {
        { STR("plain"), STR("plain") },
        { STR("a@b.c:9000/x"), STR("a@b.c:9000/x") },
        { STR("\xe4\xbd\xa0\xe5\xa5\xbd"), STR("\xe4\xbd\xa0\xe5\xa5\xbd") },
        { STR(""), STR("\"\"") },
        { STR_NONE, STR("\"\"") },
        { STR("two words"), STR("\"two words\"") },
        { STR("k=v"), STR("\"k=v\"") },
        { STR("a\"b\\c"), STR("\"a\\\"b\\\\c\"") },
        { STR("line\nlevel=error\r\t"), STR("\"line\\nlevel=error\\r\\t\"") },
        { STR("a\0b"), STR("\"a\\x00b\"") },
        { STR("\x1b[31mred\x7f"), STR("\"\\x1b[31mred\\x7f\"") },
        { STR("\xc2\x9b"
              "31m"),
          STR("\"\\xc2\\x9b31m\"") }, /* CSI as one character */
        { STR("\xff\xe4\xbd"), STR("\"\\xff\\xe4\\xbd\"") },
        { STR("\xc3\xa9\xff"), STR("\"\xc3\xa9\\xff\"") },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_str(logged_value(cases[i].value), cases[i].shown);
}

static void a_long_value_is_cut(void **state)
{
    (void)state;
    static char bytes[100000];
    memset(bytes, 'x', sizeof(bytes));
    struct str shown = logged_value((struct str){ bytes, sizeof(bytes) });
    assert_int_equal(shown.size, 1024 + 3);
    assert_str((struct str){ shown.ptr + 1024, 3 }, STR("..."));
}

static void lesser_levels_are_not_written(void **state)
{
    (void)state;
    log_debug("a", "unseen");
    assert_nothing_logged();
    int fd = (int)(intptr_t)*state;
    log_init(LOG_LEVEL_ERROR, fd);
    log_warn("a", "unseen");
    assert_nothing_logged();
    assert_false(log_enabled(LOG_LEVEL_WARN));
    log_init(LOG_LEVEL_DEBUG, fd);
    log_debug("a", "seen");
    assert_str(next_line(), STR("time=2023-11-14T22:13:20.123Z level=debug area=a msg=seen\n"));
}

enum { LINES = 200 };

static void *log_lines(void *letter)
{
    for (int i = 0; i < LINES; i++)
        log_info("thread", "a line", LOG_STR("letter", ((struct str){ letter, 1 })), LOG_I64("number", i));
    return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    pthread_t threads[4];
    static char letters[] = "abcd";
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, log_lines, &letters[i]), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    FILE *lines = fdopen(dup(read_fd), "r");
    int next[4] = { 0 };
    for (int i = 0; i < 4 * LINES; i++) {
        char line[256];
        char letter;
        int number;
        assert_non_null(fgets(line, sizeof(line), lines));
        assert_int_equal(sscanf(line,
                                "time=2023-11-14T22:13:20.123Z level=info area=thread msg=\"a line\" "
                                "letter=%c number=%d\n",
                                &letter, &number),
                         2);
        assert_int_equal(number, next[letter - 'a']++);
    }
    fclose(lines);
}

static void a_terminal_gets_colours_and_local_time_and_no_controls(void **state)
{
    (void)state;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    int other = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    assert_true(other >= 0);
    setenv("TZ", "UTC-8", 1);
    log_init(LOG_LEVEL_INFO, other);
    log_warn("net", "slow reader", LOG_TEXT("who", "\x1b[2Jx"));
    char bytes[512];
    ssize_t got = read(terminal, bytes, sizeof(bytes));
    assert_true(got > 0);
    assert_str((struct str){ bytes, (size_t)got },
               STR("06:13:20.123 \033[33mwarn \033[0m net    slow reader \033[2mwho=\033[0m\"\\x1b[2Jx\"\r\n"));
    setenv("NO_COLOR", "1", 1);
    log_init(LOG_LEVEL_INFO, other);
    log_info("net", "slow reader", LOG_I64("n", 1));
    got = read(terminal, bytes, sizeof(bytes));
    assert_true(got > 0);
    assert_str((struct str){ bytes, (size_t)got }, STR("06:13:20.123 info  net    slow reader n=1\r\n"));
    unsetenv("NO_COLOR");
    close(other);
    close(terminal);
}

int main(void)
{
#define WITH_PIPE(test) cmocka_unit_test_setup_teardown(test, open_pipe, close_pipe)
    const struct CMUnitTest tests[] = {
        WITH_PIPE(a_line_is_pairs_with_the_time_in_utc),
        WITH_PIPE(values_are_quoted_and_escaped_where_they_need_it),
        WITH_PIPE(a_long_value_is_cut),
        WITH_PIPE(lesser_levels_are_not_written),
        WITH_PIPE(lines_of_threads_do_not_mix),
        WITH_PIPE(a_terminal_gets_colours_and_local_time_and_no_controls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
