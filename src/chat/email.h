/* email.h: which addresses are taken (PROTOCOL.md: what HTML's type=email
 * takes, with a dot in the domain, at most 64 characters). */
#ifndef IM_CHAT_EMAIL_H
#define IM_CHAT_EMAIL_H

#include "util/str.h"

#define EMAIL_SIZE_MAX 64

bool email_valid(struct str email);
/* The form that compares: ASCII letters in lower case. out has email.size bytes. */
void email_key(struct str email, char *out);
bool email_equal(struct str a, struct str b);

#endif
