/* refusal.h: what a refused request is told (PROTOCOL.md, error codes beyond the original's). */
#ifndef IM_CHAT_REFUSAL_H
#define IM_CHAT_REFUSAL_H

#include "util/err.h"

/* The code of an error that is the caller's doing, 2100 to 2112; 0 for what is the server's trouble. */
int refusal_code(enum err err);
/* What a person may be shown; never NULL. */
const char *refusal_text(enum err err);

#endif
