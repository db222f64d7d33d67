/* certificate.h: self-signed certificates made on the spot. */
#ifndef IM_TEST_CERTIFICATE_H
#define IM_TEST_CERTIFICATE_H

void certificate_write(const char *cert_path, const char *key_path, const char *common_name);

#endif
