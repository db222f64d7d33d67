/* account.h: accounts and their devices, as the writer sees them. Password
 * hashes and token digests are made elsewhere: nothing slow runs here. */
#ifndef IM_CHAT_ACCOUNT_H
#define IM_CHAT_ACCOUNT_H

#include "chat/core.h"
#include "store/device.h"
#include "store/user.h"

struct account_draft {
    struct str email;
    struct str uname; /* ptr NULL: none */
    struct str password_hash;
    struct str invite;                 /* ptr NULL: none is asked */
    const unsigned char *token_digest; /* NULL: no device yet */
};

/* ERR_EXISTS: the address is taken. ERR_DENIED: the invitation is no good.
 * out lives in arena. */
enum err account_register(struct core_tx *tx, const struct account_draft *draft, struct arena *arena, struct user *out);

/* Ends devices unused since before used_before_ms, a bounded number a call. */
enum err account_expire(struct core_tx *tx, int64_t used_before_ms);

struct account_proof {
    int64_t user;
    struct str verified;               /* the stored hash that the password was checked against */
    struct str fresh;                  /* replaces it; ptr NULL: it stays */
    const unsigned char *token_digest; /* of the new device */
};

/* A named device of v2 that opens a session with that login. Of more than keep the least recently used end. */
enum err account_device(struct core_tx *tx, int64_t user, struct str name, int64_t login, size_t keep, int64_t *named);

/* A new device for the user; the least recently used beyond tokens_max end.
 * ERR_DENIED: the password was changed since it was checked. ERR_NOT_FOUND: the
 * account is gone. */
enum err account_login(struct core_tx *tx, const struct account_proof *proof, size_t tokens_max);

/* ERR_DENIED: the avatar is a file that is not the user's to show. */
enum err account_edit(struct core_tx *tx, int64_t user, struct str uname, struct str avatar, struct arena *arena,
                      struct user *out);

/* A new password; every device of the user is ended. */
enum err account_password(struct core_tx *tx, int64_t user, struct str hash);

/* The user's own change: the device he makes it on stays, all others are ended. ERR_DENIED: the password was changed
 * since it was checked against verified. */
enum err account_change_password(struct core_tx *tx, int64_t user, struct str verified, struct str hash, int64_t login);

/* The token ends, and with it its sessions. */
enum err account_logout(struct core_tx *tx, int64_t user, int64_t login);
/* Ends a device of the user's: the one that names itself so, or "token-<id>". Its token ends, its sessions hear
 * "kicked", its name is forgotten. The caller's own (login) is logged out instead. ERR_NOT_FOUND: no such device, or
 * it has no token any more. */
enum err account_kick(struct core_tx *tx, int64_t user, int64_t login, struct str device);

/* The account goes, its messages stay under a neutral name. */
enum err account_delete(struct core_tx *tx, int64_t user, struct str email);

#endif
