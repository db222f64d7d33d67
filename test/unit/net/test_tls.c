/* test_tls.c: TLS as a filter of bytes, and under conns, with OpenSSL's own
 * client on the other side. */
#include "served.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "certificate.h"
#include "util/mem.h"

static char directory[] = "/tmp/im-test-tls-XXXXXX";
static char cert_path[100];
static char key_path[100];
static SSL_CTX *client_ctx;

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", directory);
    snprintf(key_path, sizeof(key_path), "%s/key.pem", directory);
    client_ctx = SSL_CTX_new(TLS_client_method());
    return client_ctx == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    SSL_CTX_free(client_ctx);
    unlink(cert_path);
    unlink(key_path);
    return rmdir(directory);
}

static struct tls *tls_fresh(const char *common_name)
{
    struct tls *tls = NULL;
    certificate_write(cert_path, key_path, common_name);
    assert_int_equal(tls_new(cert_path, key_path, &tls), OK);
    return tls;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

/* The filter alone. */

struct pair {
    SSL *client;
    BIO *to_client;
    BIO *from_client;
    struct tls_conn *server;
    struct buf plain;
    struct buf wire;
};

static void pair_init(struct pair *pair, struct tls *tls, int version_max)
{
    *pair = (struct pair){ .client = SSL_new(client_ctx), .server = tls_conn_new(tls) };
    pair->to_client = BIO_new(BIO_s_mem());
    pair->from_client = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(pair->to_client, -1);
    SSL_set_bio(pair->client, pair->to_client, pair->from_client);
    SSL_set_connect_state(pair->client);
    if (version_max != 0)
        SSL_set_max_proto_version(pair->client, version_max);
}

static void pair_release(struct pair *pair)
{
    SSL_free(pair->client);
    tls_conn_free(&pair->server);
    buf_release(&pair->plain);
    buf_release(&pair->wire);
}

/* Moves what the client has said to the server, step bytes at a time, and back. */
static enum err pair_move(struct pair *pair, size_t step)
{
    char bytes[20000];
    int size;
    enum err err = OK;
    while (err == OK && (size = BIO_read(pair->from_client, bytes, (int)step)) > 0)
        err = tls_conn_input(pair->server, (struct str){ bytes, (size_t)size }, &pair->plain, &pair->wire);
    if (pair->wire.size > 0)
        BIO_write(pair->to_client, pair->wire.ptr, (int)pair->wire.size);
    buf_clear(&pair->wire);
    return err;
}

static enum err pair_handshake(struct pair *pair, size_t step)
{
    for (unsigned i = 0; i < 10 && !(SSL_is_init_finished(pair->client) && tls_conn_ready(pair->server)); i++) {
        SSL_do_handshake(pair->client);
        enum err err = pair_move(pair, step);
        if (err != OK)
            return err;
    }
    return OK;
}

static void handshake_and_data_survive_any_cutting_of_the_bytes(void **state)
{
    (void)state;
    static const size_t steps[] = { 1, 7, 100, 20000 };
    static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
    struct tls *tls = tls_fresh("cut");
    for (unsigned i = 0; i < 8; i++) {
        struct pair pair;
        pair_init(&pair, tls, versions[i % 2]);
        assert_false(tls_conn_ready(pair.server));
        /* Said too early, it is heard when the handshake is done. */
        assert_int_equal(tls_conn_output(pair.server, STR("early "), &pair.wire), OK);
        assert_int_equal(pair.wire.size, 0);
        assert_int_equal(pair_handshake(&pair, steps[i / 2]), OK);
        assert_true(tls_conn_ready(pair.server));
        assert_int_equal(SSL_version(pair.client), versions[i % 2]);
        static char large[100000], got[100010];
        memset(large, 'L', sizeof(large));
        assert_int_equal(tls_conn_output(pair.server, (struct str){ large, sizeof(large) }, &pair.wire), OK);
        assert_int_equal(pair_move(&pair, 1), OK);
        size_t have = 0, more = 0;
        while (SSL_read_ex(pair.client, got + have, sizeof(got) - have, &more) == 1)
            have += more;
        assert_int_equal(have, 6 + sizeof(large));
        assert_memory_equal(got, "early ", 6);
        assert_memory_equal(got + 6, large, sizeof(large));
        for (size_t at = 0; at < sizeof(large); at += more)
            assert_int_equal(SSL_write_ex(pair.client, large + at, sizeof(large) - at, &more), 1);
        assert_int_equal(pair_move(&pair, steps[i / 2]), OK);
        assert_int_equal(pair.plain.size, sizeof(large));
        assert_memory_equal(pair.plain.ptr, large, sizeof(large));
        pair_release(&pair);
    }
    tls_free(&tls);
}

static void close_notify_is_said_and_heard(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("bye");
    struct pair pair;
    char byte;
    pair_init(&pair, tls, 0);
    assert_int_equal(pair_handshake(&pair, 1000), OK);
    tls_conn_close(pair.server, &pair.wire);
    assert_int_equal(pair_move(&pair, 1000), OK);
    assert_int_equal(SSL_get_error(pair.client, SSL_read(pair.client, &byte, 1)), SSL_ERROR_ZERO_RETURN);
    SSL_shutdown(pair.client);
    assert_int_equal(pair_move(&pair, 1000), ERR_CLOSED);
    pair_release(&pair);
    tls_free(&tls);
}

static void versions_before_1_2_are_refused_with_an_alert(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("old");
    struct pair pair;
    pair_init(&pair, tls, TLS1_1_VERSION);
    SSL_set_min_proto_version(pair.client, TLS1_VERSION);
    SSL_set_security_level(pair.client, 0);
    SSL_set_cipher_list(pair.client, "ALL:@SECLEVEL=0");
    assert_int_equal(pair_handshake(&pair, 1000), ERR_CRYPTO);
    ERR_clear_error();
    assert_int_equal(SSL_get_error(pair.client, SSL_do_handshake(pair.client)), SSL_ERROR_SSL);
    assert_int_equal(ERR_GET_REASON(ERR_peek_last_error()), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
    ERR_clear_error();
    pair_release(&pair);
    tls_free(&tls);
}

static void garbage_is_a_failure_that_stays_one(void **state)
{
    (void)state;
    struct dice dice = { dice_seed("garbage") };
    struct tls *tls = tls_fresh("garbage");
    for (unsigned i = 0; i < 300; i++) {
        struct tls_conn *conn = tls_conn_new(tls);
        struct buf plain = { 0 }, wire = { 0 };
        char bytes[600];
        enum err err = OK;
        dice_fill(&dice, bytes, sizeof(bytes));
        if (i % 3 > 0)
            memcpy(bytes, "\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03", i % 3 == 1 ? 5 : 11);
        if (i % 3 == 0)
            bytes[0] = 0x16;
        for (unsigned j = 0; j < 100 && err == OK; j++)
            err = tls_conn_input(conn, (struct str){ bytes, sizeof(bytes) }, &plain, &wire);
        assert_int_equal(err, ERR_CRYPTO);
        assert_int_equal(tls_conn_input(conn, STR("x"), &plain, &wire), ERR_CRYPTO);
        assert_int_equal(tls_conn_output(conn, STR("x"), &wire), ERR_CRYPTO);
        tls_conn_close(conn, &wire);
        assert_int_equal(plain.size, 0);
        tls_conn_free(&conn);
        buf_release(&plain);
        buf_release(&wire);
    }
    tls_free(&tls);
}

static void changed_byte_in_a_record_is_a_failure(void **state)
{
    (void)state;
    struct tls *tls = tls_fresh("forged");
    struct pair pair;
    pair_init(&pair, tls, 0);
    assert_int_equal(pair_handshake(&pair, 1000), OK);
    size_t done;
    char bytes[1000];
    assert_int_equal(SSL_write_ex(pair.client, "transfer 1", 10, &done), 1);
    int size = BIO_read(pair.from_client, bytes, sizeof(bytes));
    bytes[size - 20] ^= 1;
    BIO_write(pair.from_client, bytes, size);
    assert_int_equal(pair_move(&pair, 1000), ERR_CRYPTO);
    assert_int_equal(pair.plain.size, 0);
    pair_release(&pair);
    tls_free(&tls);
}

static void unusable_files_are_refused_and_a_failed_reload_changes_nothing(void **state)
{
    (void)state;
    struct tls *tls = NULL;
    certificate_write(cert_path, key_path, "one");
    assert_int_equal(tls_new("/nonexistent/cert.pem", key_path, &tls), ERR_CRYPTO);
    assert_int_equal(tls_new(cert_path, "/nonexistent/key.pem", &tls), ERR_CRYPTO);
    assert_int_equal(tls_new(cert_path, cert_path, &tls), ERR_CRYPTO);
    assert_null(tls);
    tls = tls_fresh("two");
    write_file(cert_path, "-----BEGIN CERTIFICATE-----\nnot one\n-----END CERTIFICATE-----\n");
    assert_int_equal(tls_reload(tls), ERR_CRYPTO);
    certificate_write(cert_path, "/dev/null", "of another key");
    assert_int_equal(tls_reload(tls), ERR_CRYPTO);
    struct pair pair;
    pair_init(&pair, tls, 0);
    assert_int_equal(pair_handshake(&pair, 1000), OK);
    pair_release(&pair);
    tls_free(&tls);
    tls_free(&tls); /* NULL is fine */
}

/* Under conns. */

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
        cmocka_unit_test(handshake_and_data_survive_any_cutting_of_the_bytes),
        cmocka_unit_test(close_notify_is_said_and_heard),
        cmocka_unit_test(versions_before_1_2_are_refused_with_an_alert),
        cmocka_unit_test(garbage_is_a_failure_that_stays_one),
        cmocka_unit_test(changed_byte_in_a_record_is_a_failure),
        cmocka_unit_test(unusable_files_are_refused_and_a_failed_reload_changes_nothing),
        cmocka_unit_test(one_port_speaks_tls_and_plain),
        cmocka_unit_test(what_is_sent_before_the_first_byte_leaves_as_the_peer_speaks),
        cmocka_unit_test(tls_only_port_never_answers_in_plain),
        cmocka_unit_test(payloads_arrive_byte_exact_through_tls),
        cmocka_unit_test(uploads_arrive_byte_exact_through_tls),
        cmocka_unit_test(slow_tls_reader_is_closed_at_its_bound),
        cmocka_unit_test(peers_that_break_off_or_talk_rubbish_only_end_themselves),
        cmocka_unit_test(reload_changes_new_conns_and_leaves_old_ones),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
