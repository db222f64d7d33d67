/* test_server_end.c: how connections end, are taken, time out and drain. */
#include "server_fixture.h"

#include <unistd.h>

static struct client client; /* large */

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void begin(struct web *web)
{
    web_start(web);
    client_dial(&client, web);
}

static void end(struct web *web)
{
    client_close(&client);
    web_end(web);
}

/* Taken by http_conn_take. */

static void a_taken_stream_comes_with_the_bytes_behind_the_request(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/take") "behind");
    client_expect_raw(&client, "took<behind>");
    web_wait_count(&web, 0); /* It is no connection of HTTP's any more. */
    client_send(&client, "more");
    client_expect_raw(&client, "more");
    end(&web);
}

static void a_taken_stream_is_given_nothing_of_the_request(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_drip(&client, GET("/take"));
    client_expect_raw(&client, "took<>");
    client_send(&client, "more");
    client_expect_raw(&client, "more");
    client_close(&client);

    client_dial(&client, &web); /* with a body of its own */
    client_drip(&client, "POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab");
    client_send(&client, "cbehind");
    client_expect_raw(&client, "took<behind>");
    client_close(&client);

    client_dial(&client, &web);
    client_drip(&client, "POST /take HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n");
    client_send(&client, "1\r\nc\r\n0\r\n\r\nbehind");
    client_expect_raw(&client, "took<behind>");
    end(&web);
}

static void a_stream_may_be_taken_behind_other_requests(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/a") GET("/take") "behind");
    client_expect(&client, 200, "GET /a ");
    client_expect_raw(&client, "took<behind>");
    client_close(&client);

    client_dial(&client, &web); /* behind one that was answered later */
    client_send(&client, GET("/later") GET("/take") "behind");
    web_wait_waiting(&web, 1);
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect_raw(&client, "took<behind>");
    client_send(&client, "more");
    client_expect_raw(&client, "more");
    end(&web);
}

static void a_stream_may_be_taken_later(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_drip(&client, GET("/hold"));
    web_wait_waiting(&web, 1);
    web_take(&web);
    client_expect_raw(&client, "took<>");
    client_close(&client);

    client_dial(&client, &web);
    client_send(&client, GET("/hold") "one,");
    web_wait_waiting(&web, 1);
    client_send(&client, "two");
    usleep(30000);
    web_take(&web);
    client_expect_raw(&client, "took<one,two>");
    client_send(&client, "more");
    client_expect_raw(&client, "more");
    end(&web);
}

/* More than is kept behind a request: what was left in the socket follows. */
static void a_taken_stream_that_was_paused_goes_on(void **state)
{
    (void)state;
    static char bytes[300000];
    struct web web;
    memset(bytes, 'x', sizeof(bytes));
    begin(&web);
    client_send(&client, GET("/hold"));
    web_wait_waiting(&web, 1);
    client_send_bytes(&client, (struct str){ bytes, sizeof(bytes) });
    usleep(50000);
    web_take(&web);
    client_expect_raw(&client, "took<");
    size_t echoed = client_count(&client, sizeof(bytes) + 1, 'x'); /* and one '>' where the kept bytes ended */
    assert_int_equal(echoed, sizeof(bytes));
    end(&web);
}

/* Half-closed clients. */

static void a_half_closed_client_is_answered(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/a"));
    client_finish(&client);
    client_expect(&client, 200, "GET /a ");
    client_expect_end(&client);
    client_close(&client);
    web_wait_count(&web, 0);

    client_dial(&client, &web);
    client_send(&client, GET("/later"));
    client_finish(&client);
    web_wait_waiting(&web, 1);
    assert_true(client_silent(&client, 30));
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect_end(&client);
    web_wait_count(&web, 0);
    end(&web);
}

static void a_half_closed_client_is_answered_all_it_asked(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/later1") GET("/b") GET("/later2") GET("/c") "GET /cut HT");
    client_finish(&client);
    web_wait_waiting(&web, 1);
    usleep(20000);
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect(&client, 200, "GET /b ");
    web_wait_waiting(&web, 1);
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect(&client, 200, "GET /c ");
    client_expect_end(&client);
    web_wait_count(&web, 0);
    end(&web);
}

static void a_half_closed_client_with_an_upgrade_behind_is_taken(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/later") GET("/take") "behind");
    client_finish(&client);
    web_wait_waiting(&web, 1);
    usleep(20000);
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect_raw(&client, "took<behind>");
    web_wait_count(&web, 0);
    end(&web);
}

static void a_client_that_leaves_in_the_middle_just_goes(void **state)
{
    (void)state;
    static const char *const starts[] = { "", "GET /cut HT",
                                          "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
                                          "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na" };
    struct web web;
    web_start(&web);
    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        for (unsigned rude = 0; rude < 2; rude++) {
            client_dial(&client, &web);
            client_send(&client, starts[i]);
            web_wait_count(&web, 1);
            if (rude == 1) {
                client_reset(&client);
            } else {
                client_finish(&client);
                client_expect_end(&client);
                client_close(&client);
            }
            web_wait_count(&web, 0);
        }
    assert_int_equal(web.requests, 0);
    web_end(&web);
}

static void an_answer_that_comes_late_finds_nobody(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/later"));
    web_wait_waiting(&web, 1);
    client_reset(&client);
    web_wait_count(&web, 0);
    client_dial(&client, &web); /* another's connection, with a number of its own */
    client_send(&client, GET("/later"));
    web_wait_waiting(&web, 2);
    assert_false(web_answer(&web));
    assert_true(client_silent(&client, 20));
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    end(&web);
}

static void a_second_answer_is_ignored(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/later"));
    web_wait_waiting(&web, 1);
    web_answer_twice(&web);
    client_expect(&client, 200, "at last");
    client_send(&client, GET("/a"));
    client_expect(&client, 200, "GET /a ");
    end(&web);
}

/* Time-outs: the clock is the test's, the connections are real. */

static void a_client_that_says_nothing_is_closed_without_a_word(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    web_wait_count(&web, 1);
    web_tick(&web, HEAD_MS / 2);
    assert_true(client_silent(&client, 20));
    web_tick(&web, HEAD_MS + 1);
    client_expect_end(&client);
    end(&web);
}

static void a_head_has_its_time_and_is_then_408(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, "GET /a HT");
    usleep(30000);
    web_tick(&web, HEAD_MS / 2);
    assert_true(client_silent(&client, 20));
    client_send(&client, "TP/1.1\r\n"); /* More bytes buy no more time. */
    usleep(30000);
    web_tick(&web, HEAD_MS + 1);
    client_expect(&client, 408, "{\"code\":408}");
    client_expect_end(&client);
    end(&web);
}

static void a_body_has_its_time_and_is_then_408(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc");
    usleep(30000);
    web_tick(&web, IDLE_MS / 2);
    assert_true(client_silent(&client, 20));
    web_tick(&web, IDLE_MS + 1);
    client_expect(&client, 408, "{\"code\":408}");
    client_expect_end(&client);
    client_close(&client);
    client_dial(&client, &web);
    client_send(&client, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc");
    usleep(30000);
    web_tick(&web, IDLE_MS + 1);
    client_expect(&client, 408, "{\"code\":408}");
    end(&web);
}

static void a_request_that_is_being_answered_has_all_the_time(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/later"));
    web_wait_waiting(&web, 1);
    web_tick(&web, 1000 * IDLE_MS);
    assert_true(client_silent(&client, 20));
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    end(&web);
}

static void a_kept_connection_may_idle_for_its_time(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/a"));
    client_expect(&client, 200, "GET /a ");
    web_tick(&web, IDLE_MS / 2); /* well over a head's time */
    assert_true(client_silent(&client, 20));
    client_send(&client, GET("/b"));
    client_expect(&client, 200, "GET /b ");
    web_tick(&web, IDLE_MS + 1);
    client_expect_end(&client);
    end(&web);
}

/* The time of a head counts from its first byte, also where that came behind
 * another request. */
static void a_head_behind_another_request_has_no_longer(void **state)
{
    (void)state;
    struct web web;
    begin(&web);
    client_send(&client, GET("/a") "GET /b HT");
    client_expect(&client, 200, "GET /a ");
    web_tick(&web, HEAD_MS + 500);
    client_expect(&client, 408, "{\"code\":408}");
    client_expect_end(&client);
    client_close(&client);

    client_dial(&client, &web);
    client_send(&client, GET("/later") "GET /b HT");
    web_wait_waiting(&web, 1);
    usleep(20000);
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    web_tick(&web, HEAD_MS + 500);
    client_expect(&client, 408, "{\"code\":408}");
    end(&web);
}

static void draining_ends_the_idle_at_once_and_others_after_their_answer(void **state)
{
    (void)state;
    struct web web;
    static struct client busy;
    begin(&web);
    client_send(&client, GET("/a"));
    client_expect(&client, 200, "GET /a ");
    client_dial(&busy, &web);
    client_send(&busy, GET("/later") GET("/never"));
    web_wait_waiting(&web, 1);
    web_drain(&web);
    client_expect_end(&client);
    assert_true(client_silent(&busy, 30));
    assert_true(web_answer(&web));
    client_expect(&busy, 200, "at last");
    assert_true(client_has_header(&busy, "Connection: close"));
    client_expect_end(&busy);
    client_close(&busy);
    client_close(&client);
    web_wait_count(&web, 0);
    assert_int_equal(web.requests, 2);

    client_dial(&client, &web); /* who was accepted last still gets an answer */
    client_send(&client, GET("/b") GET("/never"));
    client_expect(&client, 200, "GET /b ");
    assert_true(client_has_header(&client, "Connection: close"));
    client_expect_end(&client);
    end(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_taken_stream_comes_with_the_bytes_behind_the_request),
        cmocka_unit_test(a_taken_stream_is_given_nothing_of_the_request),
        cmocka_unit_test(a_stream_may_be_taken_behind_other_requests),
        cmocka_unit_test(a_stream_may_be_taken_later),
        cmocka_unit_test(a_taken_stream_that_was_paused_goes_on),
        cmocka_unit_test(a_half_closed_client_is_answered),
        cmocka_unit_test(a_half_closed_client_is_answered_all_it_asked),
        cmocka_unit_test(a_half_closed_client_with_an_upgrade_behind_is_taken),
        cmocka_unit_test(a_client_that_leaves_in_the_middle_just_goes),
        cmocka_unit_test(an_answer_that_comes_late_finds_nobody),
        cmocka_unit_test(a_second_answer_is_ignored),
        cmocka_unit_test(a_client_that_says_nothing_is_closed_without_a_word),
        cmocka_unit_test(a_head_has_its_time_and_is_then_408),
        cmocka_unit_test(a_body_has_its_time_and_is_then_408),
        cmocka_unit_test(a_request_that_is_being_answered_has_all_the_time),
        cmocka_unit_test(a_kept_connection_may_idle_for_its_time),
        cmocka_unit_test(a_head_behind_another_request_has_no_longer),
        cmocka_unit_test(draining_ends_the_idle_at_once_and_others_after_their_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
