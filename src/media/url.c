/* url.c: signing and reading addresses of files.
 * An expiry is rounded up to steps, so that an address stays the same for a
 * while and a browser finds it in its cache. */
#include "media/url.h"

#include "os/clock.h"

#include <sodium.h>
#include <stdio.h>

#define PREFIX STR("/file/")
#define MAC_SIZE 16
#define MAC_TEXT_SIZE ((size_t)22) /* base64url without padding */
#define STEPS 7                    /* an address changes every seventh of its life */

static unsigned char sign_key[FILE_URL_KEY_SIZE];
static int64_t sign_ttl_s = 7 * 24 * 3600;

void file_url_setup(const unsigned char key[FILE_URL_KEY_SIZE], int64_t ttl_ms)
{
    memcpy(sign_key, key, sizeof(sign_key));
    sign_ttl_s = ttl_ms / 1000 > 0 ? ttl_ms / 1000 : 1;
}

bool fid_valid(struct str fid)
{
    if (fid.size != FID_SIZE)
        return false;
    for (size_t i = 0; i < fid.size; i++)
        if (!((fid.ptr[i] >= '0' && fid.ptr[i] <= '9') || (fid.ptr[i] >= 'a' && fid.ptr[i] <= 'f')))
            return false;
    return true;
}

struct str file_url_fid(struct str text)
{
    if (text.size != FILE_URL_CANONICAL_SIZE || !file_url_begins(text))
        return STR_NONE;
    struct str fid = { text.ptr + PREFIX.size, FID_SIZE };
    return fid_valid(fid) ? fid : STR_NONE;
}

struct str file_url_canonical(struct str text)
{
    if (!file_url_begins(text) || !fid_valid((struct str){ text.ptr + PREFIX.size, FID_SIZE }))
        return text;
    size_t at = FILE_URL_CANONICAL_SIZE;
    if (at < text.size && text.ptr[at] == '/') {
        at++;
        while (at < text.size && text.ptr[at] >= '0' && text.ptr[at] <= '9')
            at++;
    }
    if (at < text.size && text.ptr[at] != '?')
        return text;
    for (size_t i = at; i < text.size; i++)
        if ((unsigned char)text.ptr[i] <= ' ')
            return text; /* A sentence, not an address. */
    return (struct str){ text.ptr, FILE_URL_CANONICAL_SIZE };
}

static void mac_make(struct str fid, int64_t expires_s, char out[MAC_TEXT_SIZE + 1])
{
    unsigned char mac[MAC_SIZE];
    char text[FID_SIZE + 24];
    int size = snprintf(text, sizeof(text), "%.*s|%llx", (int)fid.size, fid.ptr, (unsigned long long)expires_s);
    crypto_generichash(mac, sizeof(mac), (const unsigned char *)text, (unsigned long long)size, sign_key,
                       sizeof(sign_key));
    sodium_bin2base64(out, MAC_TEXT_SIZE + 1, mac, sizeof(mac), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static struct str signed_url(struct str fid, struct file_url *room)
{
    char mac[MAC_TEXT_SIZE + 1];
    int64_t now_s = clock_wall_ms() / 1000;
    int64_t step = sign_ttl_s / STEPS > 0 ? sign_ttl_s / STEPS : 1;
    int64_t expires_s = (now_s / step + 1) * step + sign_ttl_s;
    mac_make(fid, expires_s, mac);
    int size = snprintf(room->bytes, sizeof(room->bytes), "/file/%.*s?s=%llx.%s", (int)fid.size, fid.ptr,
                        (unsigned long long)expires_s, mac);
    return (struct str){ room->bytes, (size_t)size };
}

struct str file_url_out(struct str text, struct file_url *room)
{
    if (!file_url_begins(text))
        return text;
    struct str fid = file_url_fid(text);
    return fid.ptr == NULL ? text : signed_url(fid, room);
}

struct str file_url_json_next(struct str json, size_t *at)
{
    while (*at < json.size) {
        const char *found = memmem(json.ptr + *at, json.size - *at, "\"/file/", 7);
        if (found == NULL)
            break;
        size_t start = (size_t)(found - json.ptr) + 1;
        *at = start;
        if (json.size - start <= FILE_URL_CANONICAL_SIZE || json.ptr[start + FILE_URL_CANONICAL_SIZE] != '"')
            continue;
        struct str fid = file_url_fid((struct str){ json.ptr + start, FILE_URL_CANONICAL_SIZE });
        if (fid.ptr == NULL)
            continue;
        *at = start + FILE_URL_CANONICAL_SIZE;
        return fid;
    }
    *at = json.size;
    return STR_NONE;
}

void file_url_json_out(struct buf *out, struct str json)
{
    size_t done = 0;
    size_t at = 0;
    struct file_url room;
    for (;;) {
        struct str fid = file_url_json_next(json, &at);
        if (fid.ptr == NULL)
            break;
        size_t start = (size_t)(fid.ptr - json.ptr) - PREFIX.size;
        buf_append(out, json.ptr + done, start - done);
        buf_append_str(out, signed_url(fid, &room));
        done = at;
    }
    buf_append(out, json.ptr + done, json.size - done);
}

bool file_url_verify(struct str fid, struct str signature, int64_t now_ms)
{
    char mac[MAC_TEXT_SIZE + 1];
    int64_t expires_s = 0;
    const char *dot = signature.size == 0 ? NULL : memchr(signature.ptr, '.', signature.size);
    if (!fid_valid(fid) || dot == NULL || dot == signature.ptr || dot - signature.ptr > 15 ||
        (size_t)(signature.ptr + signature.size - dot - 1) != MAC_TEXT_SIZE)
        return false;
    for (const char *c = signature.ptr; c < dot; c++) {
        int digit = *c >= '0' && *c <= '9' ? *c - '0' : *c >= 'a' && *c <= 'f' ? *c - 'a' + 10 : -1;
        if (digit < 0)
            return false;
        expires_s = expires_s * 16 + digit;
    }
    mac_make(fid, expires_s, mac);
    return sodium_memcmp(mac, dot + 1, MAC_TEXT_SIZE) == 0 && now_ms / 1000 < expires_s;
}
