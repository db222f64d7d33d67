/* test_conf.c: the sources, which of them wins, and each value's type. */
#include "conf_fixture.h"

#include <sys/stat.h>

static void without_any_source_the_defaults_hold(void **state)
{
    (void)state;
    assert_int_equal(LOAD(.file = NULL), OK);
    assert_string_equal(conf.listen, ":9000");
    assert_string_equal(conf.data, "data");
    assert_string_equal(conf.cors_origin, "*");
    assert_string_equal(conf.registration, "open");
    assert_string_equal(conf.tls_cert, "");
    assert_string_equal(conf.metrics_token, "");
    assert_true(conf.head_timeout_ms == 10000 && conf.idle_timeout_ms == 75000 && conf.body_max == 1048576);
    assert_true(conf.ping_ms == 30000 && conf.dead_ms == 80000 && conf.outbox_max == 1048576);
    assert_true(conf.argon2_memory_kib == 19456 && conf.argon2_passes == 2);
    assert_true(conf.token_idle_ms == INT64_C(30) * 86400000 && conf.tokens_max == 32);
    assert_true(conf.login_per_min == 60 && conf.login_fail_per_min == 10 && conf.register_per_min == 20);
    assert_true(conf.v1_limit == 1000 && conf.batch_max == 2000 && conf.queue_max == 65536);
    assert_true(conf.escape_html && !conf.strangers && !conf.deflate && !conf.forwarded);
    assert_int_equal(error.size, 0);
}

static void a_later_source_wins(void **state)
{
    (void)state;
    const char *file = ini(STR("[server]\nlisten = :1\nreaders = 3\n[ws]\nping = 1s\n"));
    assert_int_equal(LOAD(.file = file, VARIABLES("IM_SERVER_READERS=4", "IM_WS_PING=2s"), FLAGS("--ws.ping=3s")), OK);
    assert_string_equal(conf.listen, ":1");
    assert_true(conf.readers == 4 && conf.ping_ms == 3000);
}

static void flags_take_both_forms_and_short_names(void **state)
{
    (void)state;
    assert_int_equal(LOAD(FLAGS("--listen", "127.0.0.1:0", "--data=/x", "--loops", "2", "--log-level=debug",
                                "--http.body_max", "2M", "--tls.cert=", "--tls.key", "")),
                     OK);
    assert_string_equal(conf.listen, "127.0.0.1:0");
    assert_string_equal(conf.data, "/x");
    assert_string_equal(conf.log_level, "debug");
    assert_true(conf.loops == 2 && conf.body_max == 2 * 1048576);
}

static void a_file_may_have_comments_indentation_and_windows_line_ends(void **state)
{
    (void)state;
    const char *file = ini(STR("\xef\xbb\xbf; ours\r\n# also\r\n[server]\r\n  listen = :7  ; inline\r\n\tloops=3\r\n"
                               "\r\n[ws]\r\n  ping  =  10 s  \r\n  deflate: on\r\n[http]\r\ncors_origin=\r\n"));
    assert_int_equal(LOAD(.file = file), OK);
    assert_string_equal(conf.listen, ":7");
    assert_string_equal(conf.cors_origin, "");
    assert_true(conf.loops == 3 && conf.ping_ms == 10000 && conf.deflate);
}

static void the_file_in_the_data_directory_is_read_if_it_is_there(void **state)
{
    (void)state;
    assert_int_equal(mkdir("kept", 0700), 0);
    assert_int_equal(LOAD(FLAGS("--data=kept")), OK);
    assert_true(conf.readers == 2);
    strcpy(ini_path, "kept/im_service.ini");
    ini(STR("[server]\nreaders = 5\n"));
    assert_int_equal(LOAD(FLAGS("--data=kept")), OK);
    assert_true(conf.readers == 5);
    assert_int_equal(LOAD(VARIABLES("IM_SERVER_DATA=kept")), OK);
    assert_true(conf.readers == 5);
    assert_int_equal(LOAD(.file = NULL), OK);
    assert_true(conf.readers == 2);
    ini(STR("[server]\ndata = elsewhere\n"));
    assert_refused("kept/im_service.ini: a file in the data directory cannot say where that is, "
                   "set server.data elsewhere.",
                   FLAGS("--data=kept"));
    unlink(ini_path);
    rmdir("kept");
    strcpy(ini_path, "t.ini");
}

static void variables_of_other_programs_are_left_alone(void **state)
{
    (void)state;
    assert_int_equal(LOAD(VARIABLES("IM_SERVER=/x/im_service", "IM_SERVER_=1", "IM_MODULE=fcitx", "IMAGE=x", "HOME=/",
                                    "im_server_loops=9", "IM_SERVERS_LOOPS=9", "IM_", "IM", "", "=x")),
                     OK);
    assert_true(conf.loops == 0);
}

struct reading {
    const char *flag;
    const char *text;
    bool taken;
    int64_t value;
};

static int64_t value_of(const char *flag)
{
    if (strcmp(flag, "--ws.ping") == 0)
        return conf.ping_ms;
    if (strcmp(flag, "--server.shutdown") == 0)
        return conf.shutdown_ms;
    if (strcmp(flag, "--accounts.token_idle") == 0)
        return conf.token_idle_ms;
    if (strcmp(flag, "--http.body_max") == 0)
        return conf.body_max;
    if (strcmp(flag, "--ws.deflate") == 0)
        return conf.deflate;
    if (strcmp(flag, "--policy.strangers") == 0)
        return conf.strangers;
    assert_string_equal(flag, "--server.loops");
    return conf.loops;
}

static void values_with_units_are_read_by_their_type_and_bounds(void **state)
{
    static const struct reading readings[] = {
        { "--ws.ping", "500ms", true, 500 },
        { "--ws.ping", "30s", true, 30000 },
        { "--ws.ping", "10 m", false, 0 }, /* longer than ws.dead */
        { "--ws.ping", "1 m", true, 60000 },
        { "--ws.ping", "10ms", true, 10 },
        { "--ws.ping", "9ms", false, 0 },
        { "--ws.ping", "2h", false, 0 },
        { "--ws.ping", "30", false, 0 },
        { "--ws.ping", "30 S", false, 0 },
        { "--ws.ping", "30sec", false, 0 },
        { "--ws.ping", "1.5s", false, 0 },
        { "--ws.ping", "1m30s", false, 0 },
        { "--ws.ping", "-1s", false, 0 },
        { "--ws.ping", "+1s", false, 0 },
        { "--ws.ping", "s", false, 0 },
        { "--ws.ping", "", false, 0 },
        { "--ws.ping", "9223372036854775807s", false, 0 },
        { "--ws.ping", "9223372036854775808ms", false, 0 },
        { "--server.shutdown", "0", true, 0 },
        { "--server.shutdown", "0s", true, 0 },
        { "--server.shutdown", "10m", true, 600000 },
        { "--server.shutdown", "601s", false, 0 },
        { "--accounts.token_idle", "2d", true, 172800000 },
        { "--accounts.token_idle", "2h", true, 7200000 },
        { "--http.body_max", "64K", true, 65536 },
        { "--http.body_max", "1M", true, 1048576 },
        { "--http.body_max", "4096", true, 4096 },
        { "--http.body_max", "2 M", true, 2097152 },
        { "--http.body_max", "1G", false, 0 },
        { "--http.body_max", "1023", false, 0 },
        { "--http.body_max", "1k", false, 0 },
        { "--http.body_max", "1MB", false, 0 },
        { "--http.body_max", "0", false, 0 },
        { "--http.body_max", "9223372036854775807G", false, 0 },
        { "--ws.deflate", "on", true, 1 },
        { "--ws.deflate", "off", true, 0 },
        { "--ws.deflate", "true", true, 1 },
        { "--ws.deflate", "no", true, 0 },
        { "--ws.deflate", "1", true, 1 },
        { "--ws.deflate", "ON", false, 0 },
        { "--ws.deflate", "2", false, 0 },
        { "--ws.deflate", "", false, 0 },
        { "--policy.strangers", "allow", true, 1 },
        { "--policy.strangers", "deny", true, 0 },
        { "--policy.strangers", "deny|allow", false, 0 },
        { "--policy.strangers", "on", false, 0 },
        { "--server.loops", "0", true, 0 },
        { "--server.loops", "256", true, 256 },
        { "--server.loops", "257", false, 0 },
        { "--server.loops", "-1", false, 0 },
        { "--server.loops", "2 ", false, 0 },
        { "--server.loops", "0x2", false, 0 },
        { "--server.loops", "2K", false, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        const struct reading *reading = &readings[i];
        enum err err = LOAD(FLAGS(reading->flag, reading->text));
        if (err != (reading->taken ? OK : ERR_ARG) || (reading->taken && value_of(reading->flag) != reading->value))
            fail_msg("%s %s: %.*s", reading->flag, reading->text, (int)error.size, error.ptr);
    }
}

static void texts_are_held_to_their_form(void **state)
{
    static const struct {
        const char *flag, *text;
        bool taken;
    } readings[] = {
        { "--listen", "0.0.0.0:9000", true },
        { "--listen", "[::1]:9000", true },
        { "--listen", "chat.example:65535", true },
        { "--listen", ":0", true },
        { "--listen", "", false },
        { "--listen", "9000", false },
        { "--listen", "::1:9000", false },
        { "--listen", "[]:9000", false },
        { "--listen", "[::1:9000", false },
        { "--listen", "host:", false },
        { "--listen", "host:65536", false },
        { "--listen", "host:-1", false },
        { "--listen", "host:80x", false },
        { "--listen", "a b:80", false },
        { "--data", "", false },
        { "--data", "a\nb", false },
        { "--data", " a", false },
        { "--data", "a\x7f", false },
        { "--data", "\xff", false },
        { "--data", "/srv/\xe8\x81\x8a", true },
        { "--http.cors_origin", "", true },
        { "--http.cors_origin", "*", true },
        { "--http.cors_origin", "https://a.example, http://127.0.0.1:8080,app://.", true },
        { "--http.cors_origin", "https://a.example/", false },
        { "--http.cors_origin", "a.example", false },
        { "--http.cors_origin", "https://a.example,", false },
        { "--http.cors_origin", "*,https://a.example", false },
        { "--http.cors_origin", "://a", false },
        { "--http.cors_origin", "https://", false },
        { "--http.cors_origin", "https://a b", false },
        { "--log-level", "warn", true },
        { "--log-level", "warning", false },
        { "--log-level", "", false },
        { "--accounts.registration", "closed", true },
        { "--accounts.registration", "Closed", false },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
        if (LOAD(FLAGS(readings[i].flag, readings[i].text)) != (readings[i].taken ? OK : ERR_ARG))
            fail_msg("%s %s: %.*s", readings[i].flag, readings[i].text, (int)error.size, error.ptr);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_any_source_the_defaults_hold),
        cmocka_unit_test(a_later_source_wins),
        cmocka_unit_test(flags_take_both_forms_and_short_names),
        cmocka_unit_test(a_file_may_have_comments_indentation_and_windows_line_ends),
        cmocka_unit_test(the_file_in_the_data_directory_is_read_if_it_is_there),
        cmocka_unit_test(variables_of_other_programs_are_left_alone),
        cmocka_unit_test(values_with_units_are_read_by_their_type_and_bounds),
        cmocka_unit_test(texts_are_held_to_their_form),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
