/* url.h: SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH] of a database. */
#ifndef IM_UTIL_URL_H
#define IM_UTIL_URL_H

#include "util/err.h"

#define URL_PART_MAX 256

/* Each percent-decoded and ended by a NUL; empty where it is not given. */
struct url {
    char user[URL_PART_MAX];
    char password[URL_PART_MAX];
    char host[URL_PART_MAX];
    char path[URL_PART_MAX]; /* without the first slash */
    int port;                /* 0: not given */
};

/* ERR_ARG: it is not of that scheme or form, a part is too long, or has a NUL. */
enum err url_parse(const char *text, const char *scheme, struct url *out);

#endif
