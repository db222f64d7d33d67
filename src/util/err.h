/* err.h: the error codes every module shares.
 * OK is 0 everywhere; a function that can fail returns enum err and writes
 * its results through pointers. Our own bugs are asserted, never returned. */
#ifndef IM_UTIL_ERR_H
#define IM_UTIL_ERR_H

enum err {
    OK = 0,
    ERR_ARG,       /* The caller's value is not acceptable. */
    ERR_PARSE,     /* Bytes are not what the format says. */
    ERR_MORE,      /* A parser needs more bytes. */
    ERR_TOO_LARGE, /* Over a stated bound of one item. */
    ERR_FULL,      /* A bounded queue or store has no room now. */
    ERR_NOT_FOUND,
    ERR_EXISTS,
    ERR_DENIED,
    ERR_BUSY,    /* Retry later; nothing happened. */
    ERR_CLOSED,  /* The peer or the object is gone. */
    ERR_TIMEOUT,
    ERR_DISK_FULL,
    ERR_IO,
    ERR_STORE,   /* The database refused in a way that is not above. */
    ERR_CRYPTO,
    ERR_SYSTEM,  /* A system call failed; errno was logged where it happened. */
};

/* A static, lower-case description for logs. Never NULL. */
const char *err_text(enum err err);

#endif
