/* account_call.h: what calls have in common that prove or make a password. */
#ifndef IM_API_ACCOUNT_CALL_H
#define IM_API_ACCOUNT_CALL_H

#include "api/call.h"
#include "auth/token.h"

#define PASSWORD_REFUSED "Password格式不正确（密码由数字和字母组成，并且要同时含有数字和字母，且长度要在6-16位之间）"

/* What a log-in, a registration, a deletion or a new password knows from step to step. */
struct account_state {
    struct user user;
    struct str password;
    struct str stored_hash;
    struct str new_password;
    struct str new_hash; /* in the arena; ptr NULL: none */
    struct str invite;
    struct str uname;
    struct str avatar;
    char token[TOKEN_SIZE];
    unsigned char digest[TOKEN_DIGEST_SIZE];
    struct str account_key; /* of log-in failures; in the arena */
    bool confirmed;
};

/* The call's state, cleared. */
struct account_state *account_state_new(struct call *call);
/* Account and address together: who fails here locks nobody else out. In the call's arena. */
struct str account_failure_key(struct call *call, struct str email);
/* Replies and returns false where a limit was met. */
bool account_limit_passed(struct call *call, bool allowed, unsigned retry_after_s);
void account_token_make(struct account_state *state);
/* On a hasher: new_hash of the password. Kept in the call's arena: whatever becomes of the call, it goes with it. */
enum err account_hash_make(struct call *call, struct account_state *state);
/* On a hasher: whether the password is the stored one. Replies and counts the failure where it is not. *stale as
 * in auth/password.h. */
bool account_password_proved(struct call *call, struct account_state *state, bool *stale);

#endif
