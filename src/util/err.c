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
    case ERR_CRYPTO:
        return "cryptography failed";
    case ERR_SYSTEM:
        return "system call failed";
    }
    return "unknown error";
}
