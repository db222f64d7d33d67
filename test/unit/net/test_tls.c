/* test_tls.c: TLS as a filter of bytes, with OpenSSL's own client on the other
 * side. */
#include "served.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "certificate.h"

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_and_data_survive_any_cutting_of_the_bytes),
        cmocka_unit_test(close_notify_is_said_and_heard),
        cmocka_unit_test(versions_before_1_2_are_refused_with_an_alert),
        cmocka_unit_test(garbage_is_a_failure_that_stays_one),
        cmocka_unit_test(changed_byte_in_a_record_is_a_failure),
        cmocka_unit_test(unusable_files_are_refused_and_a_failed_reload_changes_nothing),
    };
    return cmocka_run_group_tests(tests, certificate_set_up, certificate_tear_down);
}
