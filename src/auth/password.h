/* password.h: argon2id (libsodium), and the original's MD5 once more.
 * Slow by design: never called on a loop. */
#ifndef IM_AUTH_PASSWORD_H
#define IM_AUTH_PASSWORD_H

#include "util/buf.h"
#include "util/err.h"

struct password_cost {
    uint64_t memory_bytes;
    uint64_t passes;
};

/* Appends argon2id's own string form. ERR_CRYPTO when the memory can't be had. */
enum err password_hash(const struct password_cost *cost, struct str password, struct buf *out);

/* stored: an argon2id string, or "md5$SALT$HEX" with HEX = upper-case
 * hex MD5 of password followed by salt, as the original stored it.
 * *stale: right, but to be hashed anew (MD5, or another cost than ours). */
bool password_matches(const struct password_cost *cost, struct str stored, struct str password, bool *stale);

/* PROTOCOL.md: letters and digits, both present, 6 to 16 of them. */
bool password_acceptable(struct str password);

#endif
