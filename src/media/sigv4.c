/* sigv4.c: canonical request → string to sign → signature. */
#include "media/sigv4.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define HASH_SIZE 32
#define PRESIGN_PAIRS 5 /* what presigning adds to a query */

void sigv4_date(int64_t time_s, char out[SIGV4_DATE_SIZE])
{
    time_t time = (time_t)time_s;
    struct tm parts;
    gmtime_r(&time, &parts);
    size_t size = strftime(out, SIGV4_DATE_SIZE, "%Y%m%dT%H%M%SZ", &parts);
    assert(size == SIGV4_DATE_SIZE - 1);
    (void)size;
}

void sigv4_encode(struct buf *out, struct str text, bool slash)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                     c == '.' || c == '_' || c == '~' || (slash && c == '/');
        if (plain)
            buf_append_byte(out, (char)c);
        else
            buf_append_format(out, "%%%02X", c);
    }
}

static int pair_compare(const void *a, const void *b)
{
    const struct str *left = &((const struct sigv4_pair *)a)->name;
    const struct str *right = &((const struct sigv4_pair *)b)->name;
    int order = memcmp(left->ptr, right->ptr, left->size < right->size ? left->size : right->size);
    return order != 0 ? order : (left->size > right->size) - (left->size < right->size);
}

static void pairs_sorted(const struct sigv4_pair *pairs, size_t count, struct sigv4_pair *out)
{
    assert(count <= SIGV4_PAIRS_MAX + PRESIGN_PAIRS);
    if (count == 0)
        return;
    memcpy(out, pairs, count * sizeof(*pairs));
    qsort(out, count, sizeof(*out), pair_compare);
}

void sigv4_query(struct buf *out, const struct sigv4_pair *query, size_t count)
{
    struct sigv4_pair sorted[SIGV4_PAIRS_MAX + PRESIGN_PAIRS];
    pairs_sorted(query, count, sorted);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_byte(out, '&');
        sigv4_encode(out, sorted[i].name, false);
        buf_append_byte(out, '=');
        sigv4_encode(out, sorted[i].value, false);
    }
}

/* ---- the parts of a signature ---- */

static void header_names(struct buf *out, const struct sigv4_pair *sorted, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_byte(out, ';');
        buf_append_str(out, sorted[i].name);
    }
}

static void scope_append(struct buf *out, const struct sigv4_key *key, const char *date)
{
    buf_append_format(out, "%.8s/%.*s/s3/aws4_request", date, (int)key->region.size, key->region.ptr);
}

static void hex_append(struct buf *out, const unsigned char *bytes)
{
    for (size_t i = 0; i < HASH_SIZE; i++)
        buf_append_format(out, "%02x", bytes[i]);
}

static void canonical_append(struct buf *out, const struct sigv4_request *request, const struct sigv4_pair *query,
                             size_t query_count, struct str payload)
{
    struct sigv4_pair headers[SIGV4_PAIRS_MAX + PRESIGN_PAIRS];
    pairs_sorted(request->headers, request->header_count, headers);
    buf_append_str(out, request->method);
    buf_append_byte(out, '\n');
    sigv4_encode(out, request->path, true);
    buf_append_byte(out, '\n');
    sigv4_query(out, query, query_count);
    buf_append_byte(out, '\n');
    for (size_t i = 0; i < request->header_count; i++) {
        buf_append_str(out, headers[i].name);
        buf_append_byte(out, ':');
        buf_append_str(out, str_trim(headers[i].value));
        buf_append_byte(out, '\n');
    }
    buf_append_byte(out, '\n');
    header_names(out, headers, request->header_count);
    buf_append_byte(out, '\n');
    buf_append_str(out, payload);
}

static void mac(const void *key, size_t key_size, struct str text, unsigned char out[HASH_SIZE])
{
    unsigned size = HASH_SIZE;
    unsigned char *done =
        HMAC(EVP_sha256(), key, (int)key_size, (const unsigned char *)text.ptr, text.size, out, &size);
    assert(done != NULL);
    (void)done;
}

/* Signs the canonical request, and leaves the signature in hex. */
static void signature_append(struct buf *out, const struct sigv4_key *key, const char *date, struct str canonical)
{
    unsigned char hash[HASH_SIZE];
    unsigned size = HASH_SIZE;
    struct buf text = { 0 };
    int done = EVP_Digest(canonical.ptr, canonical.size, hash, &size, EVP_sha256(), NULL);
    assert(done == 1);
    (void)done;
    buf_append_format(&text, ALGORITHM "\n%s\n", date);
    scope_append(&text, key, date);
    buf_append_byte(&text, '\n');
    hex_append(&text, hash);

    struct buf secret = { 0 };
    buf_append_str(&secret, STR("AWS4"));
    buf_append_str(&secret, key->secret);
    mac(secret.ptr, secret.size, (struct str){ date, 8 }, hash);
    mac(hash, HASH_SIZE, key->region, hash);
    mac(hash, HASH_SIZE, STR("s3"), hash);
    mac(hash, HASH_SIZE, STR("aws4_request"), hash);
    mac(hash, HASH_SIZE, buf_str(&text), hash);
    hex_append(out, hash);
    OPENSSL_cleanse(secret.ptr, secret.size);
    buf_release(&secret);
    buf_release(&text);
}

void sigv4_sign(const struct sigv4_key *key, const struct sigv4_request *request, struct buf *out)
{
    char date[SIGV4_DATE_SIZE];
    struct buf canonical = { 0 };
    struct sigv4_pair headers[SIGV4_PAIRS_MAX + PRESIGN_PAIRS];
    assert(request->query_count <= SIGV4_PAIRS_MAX && request->header_count <= SIGV4_PAIRS_MAX);
    sigv4_date(request->time_s, date);
    canonical_append(&canonical, request, request->query, request->query_count, request->payload);
    buf_append_format(out, ALGORITHM " Credential=%.*s/", (int)key->id.size, key->id.ptr);
    scope_append(out, key, date);
    buf_append_str(out, STR(",SignedHeaders="));
    pairs_sorted(request->headers, request->header_count, headers);
    header_names(out, headers, request->header_count);
    buf_append_str(out, STR(",Signature="));
    signature_append(out, key, date, buf_str(&canonical));
    buf_release(&canonical);
}

void sigv4_presign(const struct sigv4_key *key, const struct sigv4_request *request, int64_t expires_s, struct buf *out)
{
    char date[SIGV4_DATE_SIZE];
    struct buf credential = { 0 };
    struct buf names = { 0 };
    struct buf seconds = { 0 };
    struct buf canonical = { 0 };
    struct sigv4_pair headers[SIGV4_PAIRS_MAX + PRESIGN_PAIRS];
    struct sigv4_pair query[SIGV4_PAIRS_MAX + PRESIGN_PAIRS];
    assert(request->query_count <= SIGV4_PAIRS_MAX && request->header_count <= SIGV4_PAIRS_MAX);
    sigv4_date(request->time_s, date);
    buf_append_format(&credential, "%.*s/", (int)key->id.size, key->id.ptr);
    scope_append(&credential, key, date);
    pairs_sorted(request->headers, request->header_count, headers);
    header_names(&names, headers, request->header_count);
    buf_append_i64(&seconds, expires_s);
    const struct sigv4_pair added[PRESIGN_PAIRS] = {
        { STR("X-Amz-Algorithm"), STR(ALGORITHM) },      { STR("X-Amz-Credential"), buf_str(&credential) },
        { STR("X-Amz-Date"), str_from(date) },           { STR("X-Amz-Expires"), buf_str(&seconds) },
        { STR("X-Amz-SignedHeaders"), buf_str(&names) },
    };
    size_t count = request->query_count + PRESIGN_PAIRS;
    pairs_sorted(request->query, request->query_count, query);
    memcpy(query + request->query_count, added, sizeof(added));
    canonical_append(&canonical, request, query, count, STR(SIGV4_UNSIGNED));
    sigv4_query(out, query, count);
    buf_append_str(out, STR("&X-Amz-Signature="));
    signature_append(out, key, date, buf_str(&canonical));
    buf_release(&canonical);
    buf_release(&seconds);
    buf_release(&names);
    buf_release(&credential);
}
