/* certificate.c: see certificate.h. */
#include "certificate.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char directory[] = "/tmp/im-test-tls-XXXXXX";
char cert_path[100];
char key_path[100];
SSL_CTX *client_ctx;

static void must(int held)
{
    if (held == 0)
        abort();
}

void certificate_write(const char *cert_to, const char *key_to, const char *common_name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    must(key != NULL && cert != NULL);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME *name = X509_get_subject_name(cert);
    must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0));
    X509_set_issuer_name(cert, name);
    must(X509_sign(cert, key, EVP_sha256()));
    FILE *file = fopen(cert_to, "w");
    must(file != NULL && PEM_write_X509(file, cert));
    fclose(file);
    file = fopen(key_to, "w");
    must(file != NULL && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL));
    fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
}

int certificate_set_up(void **state)
{
    (void)state;
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(cert_path, sizeof(cert_path), "%s/cert.pem", directory);
    snprintf(key_path, sizeof(key_path), "%s/key.pem", directory);
    client_ctx = SSL_CTX_new(TLS_client_method());
    return client_ctx == NULL ? -1 : 0;
}

int certificate_tear_down(void **state)
{
    (void)state;
    SSL_CTX_free(client_ctx);
    unlink(cert_path);
    unlink(key_path);
    return rmdir(directory);
}

struct tls *tls_fresh(const char *common_name)
{
    struct tls *tls = NULL;
    certificate_write(cert_path, key_path, common_name);
    must(tls_new(cert_path, key_path, &tls) == OK);
    return tls;
}
