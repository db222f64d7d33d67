/* err.c: what each error code is called in a log line. */
#include "util/err.h"

const char *err_text(enum err err)
{
    switch (err) {
    case OK:
        return "ok";
    case ERR_ARG:
        return "bad argument";
    case ERR_PARSE:
        return "malformed input";
    case ERR_MORE:
        return "incomplete input";
    case ERR_TOO_LARGE:
        return "too large";
    case ERR_FULL:
        return "queue is full";
    case ERR_NOT_FOUND:
        return "not found";
    case ERR_EXISTS:
        return "exists already";
    case ERR_DENIED:
        return "not allowed";
    case ERR_BUSY:
        return "busy, retry later";
    case ERR_CLOSED:
        return "closed";
    case ERR_TIMEOUT:
        return "timed out";
    case ERR_DISK_FULL:
        return "disk is full";
    case ERR_IO:
        return "input or output failed";
    case ERR_STORE:
        return "the database refused";
    case ERR_UNSURE:
        return "the database went away while it committed";
    case ERR_CRYPTO:
        return "cryptography failed";
    case ERR_SYSTEM:
        return "system call failed";
    case ERR_BLOCKED:
        return "blocked, or not a friend";
    case ERR_NOT_MEMBER:
        return "not a member";
    case ERR_MUTED:
        return "muted";
    case ERR_TOO_LATE:
        return "too late";
    case ERR_REUSED:
        return "the id names something else";
    case ERR_LIMITED:
        return "too many, later";
    case ERR_EPOCH:
        return "of another store";
    case ERR_REJECTED:
        return "content rejected";
    case ERR_GROUP_FULL:
        return "the group is full";
    }
    return "unknown error";
}
