/* mysql_error.c: the server's and the library's errors in ours. */
#include "sql/mysql_private.h"

#include <mysqld_error.h>
#include <string.h>

#include "os/log.h"

/* Numbers that MariaDB's header does not have, or only under MySQL's name. */
#define CODE_SHUTDOWN 1053
#define CODE_WSREP_NOT_READY 1047
#define CODE_CONNECTION_KILLED 1927
#define CODE_READ_ONLY_MODE 1836
#define CODE_IDLE 4031 /* MySQL's wait_timeout */

/* The library's own: something is wrong with the connection, or with what came over it. */
#define LIBRARY_MIN 2000
#define LIBRARY_MAX 2999
#define LIBRARY_OWN_MIN 5000 /* MariaDB's */
#define LIBRARY_OWN_MAX 5999

bool mysql_code_is_lost(unsigned code)
{
    switch (code) {
    case CODE_SHUTDOWN:
    case CODE_WSREP_NOT_READY:
    case CODE_CONNECTION_KILLED:
    case CODE_IDLE:
    case ER_NET_PACKET_TOO_LARGE: /* the server hangs up */
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED:
        return true;
    default:
        return (code >= LIBRARY_MIN && code <= LIBRARY_MAX) || (code >= LIBRARY_OWN_MIN && code <= LIBRARY_OWN_MAX);
    }
}

/* A server that only lets read: after a change of roles the one that writes is another. */
static bool is_read_only(unsigned code)
{
    return code == ER_OPTION_PREVENTS_STATEMENT || code == CODE_READ_ONLY_MODE;
}

static enum err error_of(unsigned code, const char *text)
{
    switch (code) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
        return ERR_EXISTS;
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK:
    case ER_QUERY_INTERRUPTED:
    case ER_STATEMENT_TIMEOUT:
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case ER_MAX_PREPARED_STMT_COUNT_REACHED:
        return ERR_BUSY;
    case ER_DISK_FULL:
    case ER_RECORD_FILE_FULL:
        return ERR_DISK_FULL;
    case ER_GET_ERRNO: /* "Got error 28 …" */
    case ER_ERROR_ON_WRITE:
        return strstr(text, " 28 ") != NULL || strstr(text, "No space left") != NULL ? ERR_DISK_FULL : ERR_IO;
    case ER_ACCESS_DENIED_ERROR:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_BAD_DB_ERROR:
        return ERR_DENIED;
    default:
        return mysql_code_is_lost(code) || is_read_only(code) ? ERR_IO : ERR_STORE;
    }
}

enum err mysql_failed(struct mysql *mysql, unsigned code, const char *text, const char *doing)
{
    enum err err = error_of(code, text);
    if (err != ERR_EXISTS)
        log_error("store", "the database refused", LOG_TEXT("doing", doing), LOG_TEXT("error", text),
                  LOG_I64("code", code));
    bool useless = mysql_code_is_lost(code) || is_read_only(code);
    if (useless)
        mysql_disconnect(mysql);
    /* A wait for a lock that was in vain undoes its statement only, or all, as the server is set up: all, then. */
    if (!useless && code == ER_LOCK_WAIT_TIMEOUT && mysql->transaction == MYSQL_OPEN)
        (void)mysql_query(mysql->handle, "ROLLBACK");
    if (useless || code == ER_LOCK_WAIT_TIMEOUT || code == ER_LOCK_DEADLOCK)
        if (mysql->transaction == MYSQL_OPEN)
            mysql->transaction = MYSQL_LOST;
    return err;
}
