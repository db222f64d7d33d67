/* test_server.c: requests over real connections, however their bytes come. */
#include "server_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct client client; /* large */

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void a_connection_is_kept_for_the_next_request(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    for (unsigned i = 0; i < 3; i++) {
        client_send(&client, GET("/a"));
        client_expect(&client, 200, "GET /a ");
        assert_false(client_has_header(&client, "Connection: close"));
    }
    client_send(&client, "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" GET("/never"));
    client_expect(&client, 200, "GET /b ");
    assert_true(client_has_header(&client, "Connection: close"));
    client_expect_end(&client);
    client_close(&client);
    client_dial(&client, &web);
    client_send(&client, "GET /c HTTP/1.0\r\n\r\n");
    client_expect(&client, 200, "GET /c ");
    client_expect_end(&client);
    client_close(&client);
    web_wait_count(&web, 0);
    assert_int_equal(web.requests, 5);
    web_end(&web);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    (void)state;
    struct web web;
    char text[128];
    struct buf all = { 0 };
    web_start(&web);
    client_dial(&client, &web);
    for (unsigned i = 0; i < 500; i++)
        buf_append_format(&all, "POST /%u HTTP/1.1\r\nHost: x\r\nContent-Length: %u\r\n\r\n%.*s", i, i % 10,
                          (int)(i % 10), "abcdefghij");
    client_send_bytes(&client, buf_str(&all));
    for (unsigned i = 0; i < 500; i++) {
        snprintf(text, sizeof(text), "POST /%u %.*s", i, (int)(i % 10), "abcdefghij");
        client_expect(&client, 200, text);
    }
    buf_release(&all);
    client_close(&client);
    web_end(&web);
}

static void what_comes_behind_a_request_waits_for_its_answer(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, GET("/later") GET("/b") GET("/later2"));
    web_wait_waiting(&web, 1);
    assert_true(client_silent(&client, 30));
    client_send(&client, GET("/c"));
    usleep(20000);
    assert_int_equal(web.requests, 1);
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect(&client, 200, "GET /b ");
    web_wait_waiting(&web, 1);
    assert_true(client_silent(&client, 30));
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect(&client, 200, "GET /c ");
    client_close(&client);
    web_end(&web);
}

/* More than is kept behind a request that is being answered: the rest waits in the client. */
static void a_flood_behind_a_request_is_bounded_and_not_lost(void **state)
{
    (void)state;
    struct web web;
    struct buf flood = { 0 };
    enum { COUNT = 30 };
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, GET("/later"));
    web_wait_waiting(&web, 1);
    for (unsigned i = 0; i < COUNT; i++) {
        buf_append_str(&flood, STR("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n"));
        for (unsigned j = 0; j < 1000; j++)
            buf_append_str(&flood, STR("0123456789"));
    }
    client_send_bytes(&client, buf_str(&flood));
    usleep(50000);
    assert_int_equal(web.requests, 1);
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    for (unsigned i = 0; i < COUNT; i++) {
        client_read(&client);
        assert_int_equal(client.status, 200);
        assert_int_equal(client.body_size, 8 + 10000);
    }
    client_send(&client, GET("/c"));
    client_expect(&client, 200, "GET /c ");
    buf_release(&flood);
    client_close(&client);
    web_end(&web);
}

static void a_request_may_come_byte_by_byte(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_drip(&client, "\r\n" GET("/a"));
    client_expect(&client, 200, "GET /a ");
    client_drip(&client, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\nhello world");
    client_expect(&client, 200, "POST /b hello world");
    client_drip(&client, "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                         "5\r\nhello\r\n1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n");
    client_expect(&client, 200, "PUT /c hello world");
    client_send(&client, GET("/d"));
    client_expect(&client, 200, "GET /d ");
    client_close(&client);
    web_end(&web);
}

/* Requests of every kind, cut anywhere. */
static void cuts_make_no_difference(void **state)
{
    (void)state;
    static const char *const requests[] = {
        GET("/plain"),
        "POST /length HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /none HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        "POST /chunks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        "POST /nochunk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    };
    static const char *const answers[] = { "GET /plain ", "POST /length abcde", "POST /none ", "POST /chunks abcde",
                                           "POST /nochunk " };
    enum { ROUNDS = 20, COUNT = 40 };
    const char *given = getenv("IM_SEED");
    unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL) ^ (unsigned)getpid();
    printf("seed %u (IM_SEED repeats it)\n", seed);
    struct web web;
    web_start(&web);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct buf all = { 0 };
        unsigned kinds[COUNT];
        client_dial(&client, &web);
        for (unsigned i = 0; i < COUNT; i++) {
            kinds[i] = (unsigned)rand_r(&seed) % 5;
            buf_append_str(&all, str_from(requests[kinds[i]]));
        }
        for (size_t at = 0; at < all.size;) {
            size_t part = 1 + (size_t)rand_r(&seed) % 90;
            part = part > all.size - at ? all.size - at : part;
            client_send_bytes(&client, (struct str){ all.ptr + at, part });
            at += part;
            if (rand_r(&seed) % 4 == 0)
                usleep(200);
        }
        for (unsigned i = 0; i < COUNT; i++)
            client_expect(&client, 200, answers[kinds[i]]);
        buf_release(&all);
        client_close(&client);
    }
    web_end(&web);
}

static void a_body_at_its_bound_is_taken_and_one_beyond_is_413(void **state)
{
    (void)state;
    struct web web;
    char head[128];
    static char body[BODY_MAX + 1];
    memset(body, 'b', sizeof(body));
    web_start(&web);
    for (unsigned chunked = 0; chunked < 2; chunked++)
        for (size_t over = 0; over < 2; over++) {
            size_t size = BODY_MAX + over;
            client_dial(&client, &web);
            if (chunked == 1)
                snprintf(head, sizeof(head), "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n",
                         size);
            else
                snprintf(head, sizeof(head), "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", size);
            client_send(&client, head);
            client_send_bytes(&client, (struct str){ body, size });
            client_send(&client, chunked == 1 ? "\r\n0\r\n\r\n" : "");
            client_read(&client);
            assert_int_equal(client.status, over ? 413 : 200);
            if (over) {
                assert_true(client_has_header(&client, "Connection: close"));
                assert_true(client_has_header(&client, "X-Common: yes"));
                assert_string_equal(client.body, "{\"code\":413}");
                client_expect_end(&client);
            } else {
                assert_int_equal(client.body_size, size + strlen("POST /a "));
            }
            client_close(&client);
        }
    web_end(&web);
}

static void a_client_that_expects_is_told_to_continue_once(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    client_expect_raw(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_true(client_silent(&client, 20));
    client_send(&client, "ab");
    assert_true(client_silent(&client, 20));
    client_send(&client, "cde");
    client_expect(&client, 200, "POST /a abcde");

    client_send(&client, "POST /b HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
    client_expect_raw(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(&client, "2\r\nab\r\n");
    client_send(&client, "0\r\n\r\n");
    client_expect(&client, 200, "POST /b ab");

    /* The body is here already, or there is none. */
    client_send(&client, "POST /c HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab"
                         "GET /d HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n");
    client_expect(&client, 200, "POST /c ab");
    client_expect(&client, 200, "GET /d ");

    client_send(&client, "POST /e HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 100001\r\n\r\n");
    client_expect(&client, 413, "{\"code\":413}");
    client_expect_end(&client);
    client_close(&client);
    web_end(&web);
}

static void refused(const char *bytes, int status)
{
    struct web web;
    char body[32];
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, GET("/before"));
    client_expect(&client, 200, "GET /before ");
    client_send(&client, bytes);
    client_send(&client, GET("/behind")); /* can't be trusted to be one */
    snprintf(body, sizeof(body), "{\"code\":%d}", status);
    client_expect(&client, status, body);
    assert_true(client_has_header(&client, "Connection: close"));
    assert_true(client_has_header(&client, "X-Common: yes"));
    assert_true(client_has_header(&client, "Content-Type: application/json;charset=utf-8"));
    client_expect_end(&client);
    client_close(&client);
    web_wait_count(&web, 0);
    assert_int_equal(web.requests, 1);
    web_end(&web);
}

static void what_is_no_http_is_refused_and_the_connection_ends(void **state)
{
    (void)state;
    refused("hello\r\n\r\n", 400);
    refused("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400);
    refused("GET / HTTP/1.1\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
    refused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n", 400);
    char big[20000];
    memset(big, 'a', sizeof(big));
    memcpy(big, "GET /", 5);
    big[sizeof(big) - 1] = '\0';
    refused(big, 431);
}

/* Nothing of what came before a bad request is lost: it waits for its turn. */
static void a_bad_request_behind_a_late_one_is_refused_in_its_turn(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, GET("/later") "nonsense\r\n\r\n");
    web_wait_waiting(&web, 1);
    assert_true(client_silent(&client, 20));
    assert_true(web_answer(&web));
    client_expect(&client, 200, "at last");
    client_expect(&client, 400, "{\"code\":400}");
    client_expect_end(&client);
    client_close(&client);
    web_end(&web);
}

static void many_connections_do_not_mix(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    struct web web;
    struct client *clients = calloc(COUNT, sizeof(*clients));
    char text[64];
    web_start(&web);
    for (unsigned i = 0; i < COUNT; i++) {
        client_dial(&clients[i], &web);
        snprintf(text, sizeof(text), "GET /%u HT", i);
        client_send(&clients[i], text);
    }
    web_wait_count(&web, COUNT);
    for (unsigned i = COUNT; i-- > 0;)
        client_send(&clients[i], "TP/1.1\r\nHost: x\r\n\r\n");
    for (unsigned i = 0; i < COUNT; i++) {
        snprintf(text, sizeof(text), "GET /%u ", i);
        client_expect(&clients[i], 200, text);
        client_close(&clients[i]);
    }
    web_wait_count(&web, 0);
    free(clients);
    web_end(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_kept_for_the_next_request),
        cmocka_unit_test(pipelined_requests_are_answered_in_order),
        cmocka_unit_test(what_comes_behind_a_request_waits_for_its_answer),
        cmocka_unit_test(a_flood_behind_a_request_is_bounded_and_not_lost),
        cmocka_unit_test(a_request_may_come_byte_by_byte),
        cmocka_unit_test(cuts_make_no_difference),
        cmocka_unit_test(a_body_at_its_bound_is_taken_and_one_beyond_is_413),
        cmocka_unit_test(a_client_that_expects_is_told_to_continue_once),
        cmocka_unit_test(what_is_no_http_is_refused_and_the_connection_ends),
        cmocka_unit_test(a_bad_request_behind_a_late_one_is_refused_in_its_turn),
        cmocka_unit_test(many_connections_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
