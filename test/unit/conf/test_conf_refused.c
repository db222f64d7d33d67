/* test_conf_refused.c: the sentence that each mistake gets. */
#include "conf_fixture.h"

static void a_wrong_flag_is_named(void **state)
{
    (void)state;
    assert_refused("--listne: there is no option \"listne\", did you mean server.listen?", FLAGS("--listne=:1"));
    assert_refused("--ws.pings: there is no option \"ws.pings\", did you mean ws.ping?", FLAGS("--ws.pings", "1s"));
    assert_refused("--verbosity: there is no option \"verbosity\", see im_service --help for all of them.",
                   FLAGS("--verbosity=1"));
    assert_refused("serve: this is no option, write --name=value.", FLAGS("serve"));
    assert_refused("-v: this is no option, write --name=value.", FLAGS("-v"));
    assert_refused("--: this is no option, write --name=value.", FLAGS("--"));
    assert_refused("--server.readers: its value is missing, add a whole number from 1 to 64.",
                   FLAGS("--server.readers"));
    assert_refused("--server.readers: its value is missing, add a whole number from 1 to 64.",
                   FLAGS("--server.readers", "--listen=:1"));
    assert_refused("--: there is no option \"\", see im_service --help for all of them.", FLAGS("--=x"));
}

static void an_option_set_twice_in_one_source_is_refused(void **state)
{
    (void)state;
    assert_refused("--server.listen: server.listen is set twice, remove one of them.",
                   FLAGS("--listen=:1", "--server.listen=:1"));
    assert_refused("IM_WS_PING: ws.ping is set twice, remove one of them.",
                   VARIABLES("IM_WS_PING=1s", "IM_WS_PING=1s"));
    assert_refused("t.ini:3: ws.ping is set twice, remove one of them.", .file = ini(STR("[ws]\nping=1s\nping=1s\n")));
    /* Also where a flag hides both. */
    assert_refused("t.ini:5: ws.ping is set twice, remove one of them.",
                   .file = ini(STR("[ws]\nping=1s\n[http]\n[ws]\nping=1s\n")), FLAGS("--ws.ping=2s"));
}

static void a_wrong_value_is_refused_even_where_it_would_not_count(void **state)
{
    (void)state;
    assert_refused("t.ini:2: server.loops cannot be \"many\", write a whole number from 0 to 256.",
                   .file = ini(STR("[server]\nloops = many\n")), FLAGS("--loops=2"));
    assert_refused("IM_HTTP_BODY_MAX: http.body_max cannot be \"1T\", "
                   "write a size in bytes, or with K, M or G, from 1K to 64M.",
                   VARIABLES("IM_HTTP_BODY_MAX=1T"), FLAGS("--http.body_max=1M"));
}

static void each_type_says_what_it_takes(void **state)
{
    (void)state;
    assert_refused(
        "--ws.ping: ws.ping cannot be \"5\", write a duration with its unit (ms, s, m, h, d) from 10ms to 1h.",
        FLAGS("--ws.ping=5"));
    assert_refused("--ws.deflate: ws.deflate cannot be \"maybe\", write on or off.", FLAGS("--ws.deflate=maybe"));
    assert_refused("--log-level: server.log_level cannot be \"loud\", write debug, info, warn or error.",
                   FLAGS("--log-level=loud"));
    assert_refused("--policy.strangers: policy.strangers cannot be \"\", write deny or allow.",
                   FLAGS("--policy.strangers="));
    assert_refused("--listen: server.listen cannot be \"9000\", write host:port, [v6]:port or :port.",
                   FLAGS("--listen=9000"));
    assert_refused("--tls.listen: tls.listen cannot be \"x\", write host:port, [v6]:port or :port, or nothing.",
                   FLAGS("--tls.listen=x"));
    assert_refused("--data: server.data cannot be \"\", write a path.", FLAGS("--data="));
    assert_refused("--accounts.argon2_memory: accounts.argon2_memory cannot be \"8191\", "
                   "write a whole number from 8192 to 4194304.",
                   FLAGS("--accounts.argon2_memory=8191"));
    assert_refused("--http.cors_origin: http.cors_origin cannot be \"x\", "
                   "write *, origins such as https://chat.example with commas between, or nothing.",
                   FLAGS("--http.cors_origin=x"));
}

static void what_is_shown_of_a_value_is_short_and_escaped(void **state)
{
    (void)state;
    assert_refused("--loops: server.loops cannot be \"\\u001b[2J\\n\\\"\", write a whole number from 0 to 256.",
                   FLAGS("--loops=\x1b[2J\n\""));
    char flag[4096] = "--loops=";
    memset(flag + 8, '9', sizeof(flag) - 9);
    assert_int_equal(LOAD(FLAGS(flag)), ERR_ARG);
    assert_in_range(error.size, 100, 200);
    memset(flag + 2, 'x', sizeof(flag) - 3);
    assert_int_equal(LOAD(FLAGS(flag)), ERR_ARG);
    assert_in_range(error.size, 100, 300);
}

static void a_secret_is_never_shown(void **state)
{
    (void)state;
    assert_refused("--server.metrics_token: server.metrics_token cannot be \"(not shown)\", "
                   "write text of at most 255 bytes.",
                   FLAGS("--server.metrics_token=se\ncret"));
}

static void a_misspelled_variable_of_ours_is_refused(void **state)
{
    (void)state;
    assert_refused("IM_SERVER_LISTN: there is no option \"server.listn\", did you mean server.listen?",
                   VARIABLES("HOME=/", "IM_SERVER_LISTN=:1"));
    assert_refused("IM_LIMITS_X: there is no option \"limits.x\", see im_service --help for all of them.",
                   VARIABLES("IM_LIMITS_X="));
}

static void a_wrong_line_of_a_file_is_named_by_its_number(void **state)
{
    (void)state;
    assert_refused("t.ini:3: there is no option \"server.listn\", did you mean server.listen?",
                   .file = ini(STR("; one\n[server]\nlistn = :1\n")));
    assert_refused("t.ini:2: there is no option \"sever.listen\", did you mean server.listen?",
                   .file = ini(STR("[sever]\nlisten = :1\n")));
    assert_refused("t.ini:1: the first option stands outside of a section, write one such as [server] above it.",
                   .file = ini(STR("listen = :1\n[server]\n")));
    assert_refused("t.ini:2: this is neither [section] nor name = value nor a comment.",
                   .file = ini(STR("[server]\nlisten\nloops = 1\n")));
    assert_refused("t.ini:1: this is neither [section] nor name = value nor a comment.", .file = ini(STR("[server\n")));
    assert_refused("t.ini:2: there is a NUL byte, save the file as UTF-8 text.",
                   .file = ini(STR("[server]\nloops\0=1\n")));
    assert_refused("t.ini:2: server.data cannot be \"\xff\", write a path.", .file = ini(STR("[server]\ndata=\xff\n")));
    /* An indented line is one of its own, not a part of the one before. */
    assert_refused("t.ini:3: there is no option \"server.lops\", did you mean server.loops?",
                   .file = ini(STR("[server]\n  readers = 3\n    lops = 3\n")));
}

static void a_long_line_is_refused_and_not_cut(void **state)
{
    (void)state;
    struct buf text = { 0 };
    buf_append_str(&text, STR("[server]\ndata="));
    for (int i = 0; i < 400; i++)
        buf_append_byte(&text, 'x');
    buf_append_str(&text, STR("\n"));
    assert_refused("t.ini:2: the line is too long, use the environment or a flag for this option.",
                   .file = ini(buf_str(&text)));
    buf_release(&text);
}

static void a_file_that_was_named_has_to_be_readable(void **state)
{
    (void)state;
    assert_refused("absent.ini: the configuration file cannot be read (No such file or directory).",
                   .file = "absent.ini");
    assert_refused("/tmp: the configuration file cannot be read (Is a directory).", .file = "/tmp");
}

static void options_that_contradict_each_other_are_refused(void **state)
{
    (void)state;
    assert_refused("tls.cert is set without tls.key: set both, or neither.", FLAGS("--tls.cert=a"));
    assert_refused("tls.key is set without tls.cert: set both, or neither.", FLAGS("--tls.key=a"));
    assert_refused("tls.listen is set without a certificate: set tls.cert and tls.key too.", FLAGS("--tls.listen=:1"));
    assert_refused("tls.listen is the same as server.listen: leave it empty to speak both there.",
                   FLAGS("--tls.cert=a", "--tls.key=b", "--tls.listen=:9000"));
    assert_int_equal(LOAD(FLAGS("--tls.cert=a", "--tls.key=b", "--tls.listen=:9443")), OK);
    assert_refused("ws.dead is not longer than ws.ping: a socket needs time to answer a ping.",
                   FLAGS("--ws.ping=30s", "--ws.dead=30s"));
    assert_refused("store.batch_max is over store.queue_max: a commit cannot hold more than may wait.",
                   FLAGS("--store.queue_max=10", "--store.batch_max=11"));
}

static void a_refused_load_owns_nothing(void **state)
{
    (void)state;
    assert_int_equal(LOAD(FLAGS("--listen=x")), ERR_ARG);
    assert_null(conf.texts);
    assert_null(conf.listen);
    conf_release(&conf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_flag_is_named),
        cmocka_unit_test(an_option_set_twice_in_one_source_is_refused),
        cmocka_unit_test(a_wrong_value_is_refused_even_where_it_would_not_count),
        cmocka_unit_test(each_type_says_what_it_takes),
        cmocka_unit_test(what_is_shown_of_a_value_is_short_and_escaped),
        cmocka_unit_test(a_secret_is_never_shown),
        cmocka_unit_test(a_misspelled_variable_of_ours_is_refused),
        cmocka_unit_test(a_wrong_line_of_a_file_is_named_by_its_number),
        cmocka_unit_test(a_long_line_is_refused_and_not_cut),
        cmocka_unit_test(a_file_that_was_named_has_to_be_readable),
        cmocka_unit_test(options_that_contradict_each_other_are_refused),
        cmocka_unit_test(a_refused_load_owns_nothing),
    };
    return cmocka_run_group_tests(tests, enter_directory, leave_directory);
}
