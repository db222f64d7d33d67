/* token.c: making tokens and their digests. */
#include "auth/token.h"

#include "os/random.h"

#include <sodium.h>

void token_issue(char out[TOKEN_SIZE])
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char bytes[TOKEN_SIZE / 2];
    random_bytes(bytes, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
}

bool token_digest(struct str token, unsigned char out[TOKEN_DIGEST_SIZE])
{
    if (token.size != TOKEN_SIZE)
        return false;
    for (size_t i = 0; i < token.size; i++) {
        char c = token.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'F')))
            return false;
    }
    crypto_generichash(out, TOKEN_DIGEST_SIZE, (const unsigned char *)token.ptr, token.size, NULL, 0);
    return true;
}
