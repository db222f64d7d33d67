/* test_server_stream.c: bodies and replies that pass through in pieces. */
#include "server_fixture.h"

static struct client client; /* large */

#define POST(path, fields) "POST " path " HTTP/1.1\r\nHost: x\r\n" fields "\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static void bytes_send(size_t size)
{
    struct buf bytes = { 0 };
    for (size_t i = 0; i < size; i++)
        buf_append_byte(&bytes, 'x');
    client_send_bytes(&client, buf_str(&bytes));
    buf_release(&bytes);
}

static void a_streamed_body_may_be_of_any_size_and_the_connection_goes_on(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Content-Length: 300000\r\n"));
    web_resume(&web, 1);
    bytes_send(300000);
    client_send(&client, GET("/behind"));
    client_expect(&client, 200, "300000 bytes");
    client_expect(&client, 200, "GET /behind ");
    client_send(&client, POST("/stream", "Content-Length: 5\r\n") "hello" GET("/next"));
    web_resume(&web, 2);
    client_expect(&client, 200, "5 bytes");
    client_expect(&client, 200, "GET /next ");
    client_close(&client);
    web_wait_count(&web, 0);
    assert_int_equal(web.streams_gone, 0);
    web_end(&web);
}

static void a_chunked_body_is_decoded_piece_by_piece(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Transfer-Encoding: chunked\r\n"));
    web_resume(&web, 1);
    client_drip(&client, "5\r\nhello\r\n3;ext=1\r\nabc\r\n0\r\nTrailer: x\r\n\r\n");
    client_expect(&client, 200, "8 bytes");
    client_send(&client, GET("/next"));
    client_expect(&client, 200, "GET /next ");
    client_close(&client);
    web_end(&web);
}

static void a_client_that_waits_is_told_to_go_on_when_the_stream_is(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Expect: 100-continue\r\nContent-Length: 2\r\n"));
    assert_true(client_silent(&client, 100));
    web_resume(&web, 1);
    client_expect_raw(&client, "HTTP/1.1 100 Continue\r\n\r\n");
    client_send(&client, "ok");
    client_expect(&client, 200, "2 bytes");
    client_close(&client);
    web_end(&web);
}

static void a_reply_before_the_end_of_the_body_closes_the_connection(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Content-Length: 1000\r\n") "part");
    web_refuse(&web);
    client_expect(&client, 200, "refused");
    assert_true(client_has_header(&client, "Connection: close"));
    client_expect_end(&client);
    client_close(&client);
    web_wait_count(&web, 0);
    assert_int_equal(web.streams_gone, 0);
    web_end(&web);
}

static void a_stream_hears_of_its_connections_end_once(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Content-Length: 1000\r\n") "part");
    web_resume(&web, 1);
    client_close(&client);
    web_wait_gone(&web, 1);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Transfer-Encoding: chunked\r\n") "x\r\n");
    web_resume(&web, 2);
    client_expect(&client, 400, "{\"code\":400}");
    client_close(&client);
    web_wait_gone(&web, 2);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Content-Length: 1000\r\n") "part");
    web_resume(&web, 3);
    web_tick(&web, IDLE_MS + 1);
    client_expect(&client, 408, "{\"code\":408}");
    client_close(&client);
    web_wait_gone(&web, 3);
    client_dial(&client, &web);
    client_send(&client, POST("/stream", "Content-Length: 1000\r\n") "part");
    web_resume(&web, 4);
    web_drain(&web);
    client_expect_end(&client);
    client_close(&client);
    web_wait_gone(&web, 4);
    web_end(&web);
}

static void a_reply_in_parts_is_sent_as_the_parts_leave(void **state)
{
    (void)state;
    struct web web;
    web_start(&web);
    client_dial(&client, &web);
    client_send(&client, GET("/parts") GET("/next") GET("/parts"));
    client_expect(&client, 200, "partpartpartpart");
    client_expect(&client, 200, "GET /next ");
    client_expect(&client, 200, "partpartpartpart");
    client_close(&client);
    web_wait_count(&web, 0);
    web_end(&web);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_streamed_body_may_be_of_any_size_and_the_connection_goes_on),
        cmocka_unit_test(a_chunked_body_is_decoded_piece_by_piece),
        cmocka_unit_test(a_client_that_waits_is_told_to_go_on_when_the_stream_is),
        cmocka_unit_test(a_reply_before_the_end_of_the_body_closes_the_connection),
        cmocka_unit_test(a_stream_hears_of_its_connections_end_once),
        cmocka_unit_test(a_reply_in_parts_is_sent_as_the_parts_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
