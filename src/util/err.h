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
    ERR_BUSY,   /* Retry later; nothing happened. */
    ERR_CLOSED, /* The peer or the object is gone. */
    ERR_TIMEOUT,
    ERR_DISK_FULL,
    ERR_IO,
    ERR_STORE,  /* The database refused in a way that is not above. */
    ERR_UNSURE, /* The database went away while it committed: whether it did has to be asked (store/writer.h). */
    ERR_CRYPTO,
    ERR_SYSTEM, /* A system call failed; errno was logged where it happened. */
    /* What the rules of chatting refuse (chat/refusal.h has the protocol's numbers). */
    ERR_BLOCKED,    /* The other one blocked the caller, or is no friend. */
    ERR_NOT_MEMBER, /* Not in that group. */
    ERR_MUTED,      /* May not speak there now. */
    ERR_TOO_LATE,   /* The time for it has passed. */
    ERR_REUSED,     /* The id already names something else. */
    ERR_LIMITED,    /* Too many; later. */
    ERR_EPOCH,      /* What the caller knows is of another store. */
    ERR_REJECTED,   /* The content is not wanted here. */
    ERR_GROUP_FULL, /* The group has as many members as it may. */
};

/* A static, lower-case description for logs. Never NULL. */
const char *err_text(enum err err);

#endif
