/* password.c: how passwords are kept and checked. */
#include "auth/password.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>

enum err password_hash(const struct password_cost *cost, struct str password, struct buf *out)
{
    char text[crypto_pwhash_STRBYTES];
    if (crypto_pwhash_str_alg(text, password.ptr, password.size, cost->passes, (size_t)cost->memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0)
        return ERR_CRYPTO;
    buf_append_str(out, str_from(text));
    return OK;
}

static bool legacy_matches(struct str stored, struct str password)
{
    /* "md5$" salt "$" 32 hex digits */
    if (stored.size < 4 + 1 + 32)
        return false;
    struct str salt = { stored.ptr + 4, stored.size - 4 - 1 - 32 };
    const char *expected = stored.ptr + stored.size - 32;
    if (expected[-1] != '$')
        return false;

    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool done = md != NULL && EVP_DigestInit_ex(md, EVP_md5(), NULL) == 1 &&
                EVP_DigestUpdate(md, password.ptr, password.size) == 1 &&
                EVP_DigestUpdate(md, salt.ptr, salt.size) == 1 && EVP_DigestFinal_ex(md, digest, &digest_size) == 1;
    EVP_MD_CTX_free(md);
    if (!done || digest_size != 16)
        return false;
    char hex[33];
    for (size_t i = 0; i < 16; i++)
        snprintf(hex + 2 * i, 3, "%02X", (unsigned)digest[i]);
    return sodium_memcmp(hex, expected, 32) == 0;
}

bool password_matches(const struct password_cost *cost, struct str stored, struct str password, bool *stale)
{
    *stale = false;
    if (stored.size >= 4 && memcmp(stored.ptr, "md5$", 4) == 0) {
        *stale = legacy_matches(stored, password);
        return *stale;
    }
    char text[crypto_pwhash_STRBYTES] = { 0 };
    if (stored.size == 0 || stored.size >= sizeof(text))
        return false;
    memcpy(text, stored.ptr, stored.size);
    if (crypto_pwhash_str_verify(text, password.ptr, password.size) != 0)
        return false;
    *stale = crypto_pwhash_str_needs_rehash(text, cost->passes, (size_t)cost->memory_bytes) != 0;
    return true;
}

bool password_acceptable(struct str password)
{
    bool letter = false;
    bool digit = false;
    if (password.size < 6 || password.size > 16)
        return false;
    for (size_t i = 0; i < password.size; i++) {
        unsigned char c = (unsigned char)password.ptr[i];
        if (c >= '0' && c <= '9')
            digit = true;
        else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
            letter = true;
        else
            return false;
    }
    return letter && digit;
}
