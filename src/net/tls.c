/* tls.c: OpenSSL between two byte buffers.
 * OpenSSL's own memory BIOs copy and keep what they copied; here a BIO of our
 * own reads straight from the caller's slice and writes straight to his
 * buffer, so that an idle connection holds nothing but OpenSSL's state. */
#include "net/tls.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdlib.h>

#include "os/log.h"
#include "util/mem.h"

enum { RECORD_BYTES_MAX = 16 * 1024 }; /* RFC 8446 section 5.1 */

struct tls {
    char *cert_path;
    char *key_path;
    pthread_mutex_t lock; /* of ctx */
    SSL_CTX *ctx;         /* counted by OpenSSL: connections keep theirs over a reload */
};

struct tls_conn {
    SSL *ssl;
    struct str input;   /* during a call: what has not been read yet */
    struct buf *wire;   /* during a call: where output goes */
    struct buf pending; /* plain text given before the handshake was done */
    bool failed;
};

static BIO_METHOD *bytes_method;

static int bytes_read(BIO *bio, char *out, size_t size, size_t *done)
{
    struct tls_conn *conn = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (conn->input.size == 0) {
        *done = 0;
        BIO_set_retry_read(bio);
        return 0;
    }
    *done = size < conn->input.size ? size : conn->input.size;
    memcpy(out, conn->input.ptr, *done);
    conn->input.ptr += *done;
    conn->input.size -= *done;
    return 1;
}

static int bytes_write(BIO *bio, const char *bytes, size_t size, size_t *done)
{
    struct tls_conn *conn = BIO_get_data(bio);
    assert(conn->wire != NULL);
    buf_append(conn->wire, bytes, size);
    *done = size;
    return 1;
}

static long bytes_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

static void method_make(void)
{
    bytes_method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "bytes");
    assert(bytes_method != NULL);
    BIO_meth_set_read_ex(bytes_method, bytes_read);
    BIO_meth_set_write_ex(bytes_method, bytes_write);
    BIO_meth_set_ctrl(bytes_method, bytes_ctrl);
}

static void log_openssl(const char *message, const char *path)
{
    char reason[256];
    ERR_error_string_n(ERR_get_error(), reason, sizeof(reason));
    log_error("tls", message, LOG_TEXT("path", path), LOG_TEXT("error", reason));
    ERR_clear_error();
}

/* A key behind a passphrase is refused; OpenSSL would ask the terminal. */
static int no_passphrase(char *out, int size, int writing, void *context)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)context;
    return 0;
}

static enum err ctx_load(const char *cert_path, const char *key_path, SSL_CTX **out)
{
    static const unsigned char session_context[] = "im_service";
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (ctx == NULL)
        goto failed;
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    /* Sessions are resumed by tickets the client keeps; none are kept here. */
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_session_id_context(ctx, session_context, sizeof(session_context) - 1);
    SSL_CTX_set_num_tickets(ctx, 1);
    SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_path) != 1) {
        log_openssl("certificate not usable", cert_path);
        goto failed;
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, key_path, SSL_FILETYPE_PEM) != 1) {
        log_openssl("private key not usable, or not the certificate's", key_path);
        goto failed;
    }
    if (SSL_CTX_check_private_key(ctx) != 1) {
        log_openssl("private key is not the certificate's", key_path);
        goto failed;
    }
    *out = ctx;
    return OK;
failed:
    SSL_CTX_free(ctx);
    return ERR_CRYPTO;
}

enum err tls_new(const char *cert_path, const char *key_path, struct tls **out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, method_make);
    SSL_CTX *ctx = NULL;
    enum err err = ctx_load(cert_path, key_path, &ctx);
    if (err != OK)
        return err;
    struct tls *tls = mem_zalloc(sizeof(*tls));
    tls->cert_path = mem_dup(cert_path, strlen(cert_path) + 1);
    tls->key_path = mem_dup(key_path, strlen(key_path) + 1);
    pthread_mutex_init(&tls->lock, NULL);
    tls->ctx = ctx;
    *out = tls;
    return OK;
}

enum err tls_reload(struct tls *tls)
{
    SSL_CTX *fresh = NULL;
    enum err err = ctx_load(tls->cert_path, tls->key_path, &fresh);
    if (err != OK)
        return err;
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *old = tls->ctx;
    tls->ctx = fresh;
    pthread_mutex_unlock(&tls->lock);
    SSL_CTX_free(old);
    return OK;
}

void tls_free(struct tls **tls_ptr)
{
    struct tls *tls = *tls_ptr;
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->ctx);
    pthread_mutex_destroy(&tls->lock);
    free(tls->cert_path);
    free(tls->key_path);
    free(tls);
    *tls_ptr = NULL;
}

struct tls_conn *tls_conn_new(struct tls *tls)
{
    pthread_mutex_lock(&tls->lock);
    SSL_CTX *ctx = tls->ctx;
    SSL_CTX_up_ref(ctx);
    pthread_mutex_unlock(&tls->lock);
    struct tls_conn *conn = mem_zalloc(sizeof(*conn));
    conn->ssl = SSL_new(ctx);
    SSL_CTX_free(ctx);
    BIO *bio = BIO_new(bytes_method);
    if (conn->ssl == NULL || bio == NULL)
        abort(); /* out of memory: see mem.h */
    BIO_set_data(bio, conn);
    BIO_set_init(bio, 1);
    SSL_set_bio(conn->ssl, bio, bio); /* takes it */
    SSL_set_accept_state(conn->ssl);
    return conn;
}

void tls_conn_free(struct tls_conn **conn_ptr)
{
    struct tls_conn *conn = *conn_ptr;
    if (conn == NULL)
        return;
    SSL_free(conn->ssl);
    buf_release(&conn->pending);
    free(conn);
    *conn_ptr = NULL;
}

bool tls_conn_ready(const struct tls_conn *conn)
{
    return !conn->failed && SSL_is_init_finished(conn->ssl);
}

/* What an unfinished call of OpenSSL means for us. */
static enum err verdict(struct tls_conn *conn, int result)
{
    int reason = SSL_get_error(conn->ssl, result);
    if (reason == SSL_ERROR_WANT_READ)
        return OK;
    if (reason == SSL_ERROR_ZERO_RETURN)
        return ERR_CLOSED;
    conn->failed = true;
    ERR_clear_error();
    return ERR_CRYPTO;
}

static enum err encrypt(struct tls_conn *conn, struct str plain)
{
    while (plain.size > 0) {
        size_t part = plain.size < RECORD_BYTES_MAX ? plain.size : RECORD_BYTES_MAX;
        size_t done = 0;
        ERR_clear_error();
        int result = SSL_write_ex(conn->ssl, plain.ptr, part, &done);
        if (result != 1) {
            /* Our side of the wire never blocks: there is nothing to wait for. */
            (void)verdict(conn, result);
            conn->failed = true;
            return ERR_CRYPTO;
        }
        plain.ptr += done;
        plain.size -= done;
    }
    return OK;
}

enum err tls_conn_input(struct tls_conn *conn, struct str bytes, struct buf *plain, struct buf *wire)
{
    if (conn->failed)
        return ERR_CRYPTO;
    conn->input = bytes;
    conn->wire = wire;
    enum err err = OK;
    for (;;) {
        size_t done = 0;
        buf_reserve(plain, RECORD_BYTES_MAX);
        ERR_clear_error();
        int result = SSL_read_ex(conn->ssl, plain->ptr + plain->size, RECORD_BYTES_MAX, &done);
        plain->size += done;
        if (result != 1) {
            err = verdict(conn, result);
            break;
        }
    }
    if (err == OK && conn->pending.size > 0 && tls_conn_ready(conn)) {
        err = encrypt(conn, buf_str(&conn->pending));
        buf_release(&conn->pending);
    }
    conn->input = STR_NONE;
    conn->wire = NULL;
    return err;
}

enum err tls_conn_output(struct tls_conn *conn, struct str plain, struct buf *wire)
{
    if (conn->failed)
        return ERR_CRYPTO;
    if (!tls_conn_ready(conn)) {
        buf_append_str(&conn->pending, plain);
        return OK;
    }
    conn->wire = wire;
    enum err err = encrypt(conn, plain);
    conn->wire = NULL;
    return err;
}

void tls_conn_close(struct tls_conn *conn, struct buf *wire)
{
    if (!tls_conn_ready(conn))
        return;
    conn->wire = wire;
    ERR_clear_error();
    if (SSL_shutdown(conn->ssl) < 0)
        ERR_clear_error();
    conn->wire = NULL;
}
