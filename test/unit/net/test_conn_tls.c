/* test_conn_tls.c: conns under TLS, with OpenSSL's own client on the other
 * side. */
#include "served.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "certificate.h"
#include "util/mem.h"

static void echo(struct side *side, char *bytes, size_t size)
{
    side_send_here(side, bytes, size);
}

struct secured {
    int fd;
    SSL *ssl;
};

static struct secured secure_dial(const struct world *world)
{
    struct secured secured = { dial(world), SSL_new(client_ctx) };
    SSL_set_fd(secured.ssl, secured.fd);
    assert_int_equal(SSL_connect(secured.ssl), 1);
    return secured;
}

static void secure_hang_up(struct secured *secured)
{
    SSL_free(secured->ssl);
    close(secured->fd);
}

static void secure_expect(struct secured *secured, const char *bytes, size_t size)
{
    char *got = mem_alloc(size);
    for (size_t have = 0, more; have < size; have += more) {
        if (SSL_read_ex(secured->ssl, got + have, size - have, &more) != 1)
            fail_msg("the stream ended after %zu of %zu bytes", have, size);
    }
    assert_memory_equal(got, bytes, size);
    free(got);
}

static void secure_expect_name(struct secured *secured, const char *name)
{
    char got[64] = "";
    X509 *cert = SSL_get1_peer_certificate(secured->ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, got, sizeof(got));
    X509_free(cert);
    assert_string_equal(got, name);
}

static void look_tls(void *argument)
{
    struct side *side = argument;
    assert_true(conn_is_tls(side->conn));
}

static void one_port_speaks_tls_and_plain(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("both");
    struct world world = { .options.tls = tls, .on_read = echo };
    world_start(&world);
    struct secured secured = secure_dial(&world);
    assert_int_equal(SSL_write(secured.ssl, "secret", 6), 6);
    secure_expect(&secured, "secret", 6);
    world_call(&world, 0, look_tls, world_side(&world, 0));
    int plain = dial(&world);
    write_all(plain, "open", 4);
    expect_bytes(plain, "open", 4);
    close(plain);
    secure_hang_up(&secured);
    world_end(&world);
    tls_free(&tls);
}

static void greet(struct side *side)
{
    assert_int_equal(side_send_here(side, "welcome", 7), OK);
}

static void what_is_sent_before_the_first_byte_leaves_as_the_peer_speaks(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("greeting");
    struct world world = { .options.tls = tls, .on_accept = greet };
    world_start(&world);
    struct secured secured = secure_dial(&world);
    secure_expect(&secured, "welcome", 7);
    int plain = dial(&world);
    write_all(plain, "x", 1);
    expect_bytes(plain, "welcome", 7);
    close(plain);
    secure_hang_up(&secured);
    world_end(&world);
    tls_free(&tls);
}

struct look {
    struct side *side;
    bool is_tls;
    size_t queued;
};

static void look_queued(void *argument)
{
    struct look *look = argument;
    look->is_tls = conn_is_tls(look->side->conn);
    look->queued = conn_queued_bytes(look->side->conn);
}

static void what_waits_for_a_handshake_counts_as_queued(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("waiting");
    struct world world = { .options.tls = tls, .on_accept = greet };
    world_start(&world);
    int fd = dial(&world);
    write_all(fd, "\x16\x03\x01", 3);
    struct look look = { .side = world_side(&world, 0) };
    for (int64_t until = ms_now() + WAIT_MS; !look.is_tls && ms_now() < until;)
        world_call(&world, 0, look_queued, &look);
    assert_true(look.is_tls);
    world_call(&world, 0, look_queued, &look);
    assert_int_equal(look.queued, 7);
    close(fd);
    world_end(&world);
    tls_free(&tls);
}

static void tls_only_port_never_answers_in_plain(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("only");
    struct world world = { .options.tls = tls, .options.tls_only = true, .on_accept = greet };
    world_start(&world);
    int plain = dial(&world);
    write_all(plain, "GET / HTTP/1.1\r\n\r\n", 18);
    expect_end(plain); /* OpenSSL says nothing to who spoke no TLS */
    struct side *side = world_side(&world, 0);
    close(plain);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_ERROR);
    assert_int_equal(side->got.size, 0);
    int silent = dial(&world);
    side = world_side(&world, 1);
    side_close(side, 1000);
    expect_end(silent); /* and not a byte before it */
    close(silent);
    world_wait(&world, side->closed);
    struct secured secured = secure_dial(&world);
    secure_expect(&secured, "welcome", 7);
    secure_hang_up(&secured);
    world_end(&world);
    tls_free(&tls);
}

struct burst {
    struct side *side;
    struct dice *dice;
    struct buf *expected;
};

static void send_burst(void *argument)
{
    struct burst *burst = argument;
    static char bytes[100000];
    for (unsigned i = 0; i < 30; i++) {
        uint32_t size = 1 + dice_below(burst->dice, i % 10 == 0 ? sizeof(bytes) : 300);
        dice_fill(burst->dice, bytes, size);
        assert_int_equal(side_send_here(burst->side, bytes, size), OK);
        buf_append(burst->expected, bytes, size);
    }
}

static void payloads_arrive_byte_exact_through_tls(void **state)
{
    (void)state;
    struct dice dice = { dice_seed("tls delivery") };
    struct tls *tls = tls_fresh("bulk");
    struct world world = { .options.tls = tls };
    world_start(&world);
    struct secured secured = secure_dial(&world);
    struct buf expected = { 0 };
    struct burst burst = { world_side(&world, 0), &dice, &expected };
    for (unsigned i = 0; i < 100; i++)
        world_call(&world, 0, send_burst, &burst); /* well over what the kernel holds */
    size_t at = 0;
    static char bytes[70000];
    while (at < expected.size) {
        size_t more = 0;
        assert_int_equal(SSL_read_ex(secured.ssl, bytes, 1 + dice_below(&dice, sizeof(bytes)), &more), 1);
        assert_memory_equal(bytes, expected.ptr + at, more);
        at += more;
    }
    assert_int_equal(at, expected.size);
    world_wait(&world, world.sides[0]->drained > 0);
    side_close(world_side(&world, 0), WAIT_MS);
    assert_int_equal(SSL_get_error(secured.ssl, SSL_read(secured.ssl, bytes, 1)), SSL_ERROR_ZERO_RETURN);
    secure_hang_up(&secured);
    world_wait(&world, world.sides[0]->closed);
    assert_int_equal(world.sides[0]->end, CONN_END_OWN);
    buf_release(&expected);
    world_end(&world);
    tls_free(&tls);
}

static void uploads_arrive_byte_exact_through_tls(void **state)
{
    (void)state;
    struct dice dice = { dice_seed("tls upload") };
    struct tls *tls = tls_fresh("upload");
    struct world world = { .options.tls = tls };
    world_start(&world);
    struct secured secured = secure_dial(&world);
    size_t size = 3000000;
    char *bytes = mem_alloc(size);
    dice_fill(&dice, bytes, size);
    for (size_t at = 0, done; at < size; at += done) {
        size_t part = 1 + dice_below(&dice, 60000);
        assert_int_equal(SSL_write_ex(secured.ssl, bytes + at, part < size - at ? part : size - at, &done), 1);
    }
    struct side *side = world_side(&world, 0);
    world_wait(&world, side->got.size >= size);
    assert_int_equal(side->got.size, size);
    assert_memory_equal(side->got.ptr, bytes, size);
    SSL_shutdown(secured.ssl);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_PEER);
    free(bytes);
    secure_hang_up(&secured);
    world_end(&world);
    tls_free(&tls);
}

static void slow_tls_reader_is_closed_at_its_bound(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("slow");
    struct world world = { .options.tls = tls, .options.outbox_max = 256 * 1024 };
    world_start(&world);
    struct secured secured = secure_dial(&world);
    struct side *side = world_side(&world, 0);
    static char bytes[100000];
    for (unsigned i = 0; i < 1000; i++)
        side_send(side, bytes, sizeof(bytes));
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_SLOW);
    secure_hang_up(&secured);
    world_end(&world);
    tls_free(&tls);
}

static void peers_that_break_off_or_talk_rubbish_only_end_themselves(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("rubbish");
    struct world world = { .options.tls = tls, .on_read = echo };
    world_start(&world);
    struct secured other = secure_dial(&world);
    struct side *side;

    int half = dial(&world); /* a record's beginning, then the end */
    write_all(half, "\x16\x03\x01\x02\x00\x01\x00", 7);
    shutdown(half, SHUT_WR);
    side = world_side(&world, 1);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_PEER);
    close(half);

    int rubbish = dial(&world);
    write_all(rubbish, "\x16\x03\x01\x00\x20 a record that holds no handshake ", 37);
    side = world_side(&world, 2);
    char got[100];
    ssize_t size = recv(rubbish, got, sizeof(got), 0);
    assert_true(size == 7 && got[0] == 21);
    expect_end(rubbish);
    close(rubbish);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_ERROR);

    struct secured rude = secure_dial(&world); /* garbage in the middle */
    side = world_side(&world, 3);
    write_all(rude.fd, "no record at all, no record at all", 34);
    secure_hang_up(&rude);
    world_wait(&world, side->closed);
    assert_int_equal(side->end, CONN_END_ERROR);
    assert_int_equal(side->got.size, 0);

    assert_int_equal(SSL_write(other.ssl, "fine", 4), 4);
    secure_expect(&other, "fine", 4);
    secure_hang_up(&other);
    world_end(&world);
    tls_free(&tls);
}

static void reload_changes_new_conns_and_leaves_old_ones(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("before");
    struct world world = { .options.tls = tls, .on_read = echo, .loop_count = 2 };
    world_start(&world);
    struct secured old = secure_dial(&world);
    secure_expect_name(&old, "before");
    certificate_write(cert_path, key_path, "after");
    assert_int_equal(tls_reload(tls), OK);
    for (unsigned i = 0; i < 8; i++) {
        struct secured fresh = secure_dial(&world);
        secure_expect_name(&fresh, "after");
        assert_int_equal(SSL_write(fresh.ssl, "new", 3), 3);
        secure_expect(&fresh, "new", 3);
        assert_int_equal(tls_reload(tls), OK); /* while others shake hands */
        secure_hang_up(&fresh);
    }
    assert_int_equal(SSL_write(old.ssl, "old", 3), 3);
    secure_expect(&old, "old", 3);
    secure_hang_up(&old);
    world_end(&world);
    tls_free(&tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_port_speaks_tls_and_plain),
        cmocka_unit_test(what_is_sent_before_the_first_byte_leaves_as_the_peer_speaks),
        cmocka_unit_test(what_waits_for_a_handshake_counts_as_queued),
        cmocka_unit_test(tls_only_port_never_answers_in_plain),
        cmocka_unit_test(payloads_arrive_byte_exact_through_tls),
        cmocka_unit_test(uploads_arrive_byte_exact_through_tls),
        cmocka_unit_test(slow_tls_reader_is_closed_at_its_bound),
        cmocka_unit_test(peers_that_break_off_or_talk_rubbish_only_end_themselves),
        cmocka_unit_test(reload_changes_new_conns_and_leaves_old_ones),
    };
    return cmocka_run_group_tests(tests, certificate_set_up, certificate_tear_down);
}
