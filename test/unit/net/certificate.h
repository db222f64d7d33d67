/* certificate.h: self-signed certificates made on the spot, in a directory of
 * the test program's own, and a client to try them. */
#ifndef IM_TEST_CERTIFICATE_H
#define IM_TEST_CERTIFICATE_H

#include <openssl/ssl.h>

#include "net/tls.h"

/* Group fixtures. */
int certificate_set_up(void **state);
int certificate_tear_down(void **state);

extern char cert_path[100];
extern char key_path[100];
extern SSL_CTX *client_ctx; /* checks no names */

void certificate_write(const char *cert_to, const char *key_to, const char *common_name);
/* A server's context from fresh files at cert_path and key_path. */
struct tls *tls_fresh(const char *common_name);

#endif
