/* url.h: the addresses of files.
 * Messages and profiles keep the canonical form, /file/<fid>. On the way out
 * to a client it gets a signature, /file/<fid>?s=<expiry>.<mac>, with which
 * anybody who was given it may fetch that file until then: it works in a
 * plain <img>, and it holds no '&', which a page that shows escaped text would
 * spoil. What comes back from a client is made canonical again. */
#ifndef IM_MEDIA_URL_H
#define IM_MEDIA_URL_H

#include "util/buf.h"

#define FID_SIZE ((size_t)32) /* 128 random bits in hex */
#define FILE_URL_KEY_SIZE ((size_t)32)
#define FILE_URL_CANONICAL_SIZE (sizeof("/file/") - 1 + FID_SIZE)

/* Once, before there are threads. ttl_ms: how long a signature holds at least. */
void file_url_setup(const unsigned char key[FILE_URL_KEY_SIZE], int64_t ttl_ms);

bool fid_valid(struct str fid);

/* Whether it may be the address of a file: all that other texts pay. */
static inline bool file_url_begins(struct str text)
{
    return text.size >= FILE_URL_CANONICAL_SIZE && memcmp(text.ptr, "/file/", 6) == 0;
}

/* /file/<fid>, alone or followed by /<width>, a query or both → /file/<fid> of it. Anything else is returned as it
 * is. A slice of the text. */
struct str file_url_canonical(struct str text);
/* The fid of a canonical address and nothing else; ptr NULL. */
struct str file_url_fid(struct str text);

struct file_url {
    char bytes[96];
};
/* As it goes out: a canonical address with its signature, in room; any other text as it is. */
struct str file_url_out(struct str text, struct file_url *room);
/* The same for the strings "/file/<fid>" anywhere in a JSON text, appended to out. */
void file_url_json_out(struct buf *out, struct str json);
/* The next such fid from *at on, which is moved behind it; ptr NULL: no more. */
struct str file_url_json_next(struct str json, size_t *at);

/* Whether this is a good signature of the fid, and not expired. */
bool file_url_verify(struct str fid, struct str signature, int64_t now_ms);

#endif
