/* token.h: what a device shows to be believed.
 * 32 upper-case hex digits from the system's random source (PROTOCOL.md);
 * the store keeps only a BLAKE2b hash of them. */
#ifndef IM_AUTH_TOKEN_H
#define IM_AUTH_TOKEN_H

#include "util/str.h"

#define TOKEN_SIZE 32
#define TOKEN_DIGEST_SIZE 32

void token_issue(char out[TOKEN_SIZE]); /* not zero-terminated */
/* false: not of a token's form, so it can't be one. */
bool token_digest(struct str token, unsigned char out[TOKEN_DIGEST_SIZE]);

#endif
