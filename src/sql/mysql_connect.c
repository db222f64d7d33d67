/* mysql_connect.c: one connection and how its session is set up.
 * A connection that was lost is opened anew when the next transaction begins:
 * the hosts of the address are tried in order, beginning with the one that
 * served last. Every wait has a bound, and after a failure nobody waits again
 * for a moment, so that a database that is away costs each call little. */
#include "sql/mysql_private.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "os/clock.h"
#include "os/log.h"

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt" /* of Debian's package ca-certificates */

/* strict: what does not fit is refused, not cut. The locks of a writer that is cut off are let go after
 * idle_transaction_timeout (MariaDB; MySQL has wait_timeout alone). READ COMMITTED: a writer sees what was committed
 * before its statement, so also what others committed before it got a lock. Ids are counted by ones, on every member of
 * a cluster: there is one order of commits. */
static const char *const settings_writer[] = {
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO,PIPES_AS_CONCAT',"
    " innodb_lock_wait_timeout = 5, lock_wait_timeout = 20, net_write_timeout = 10, net_read_timeout = 10,"
    " auto_increment_increment = 1, auto_increment_offset = 1",
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    NULL,
};
static const char *const settings_reader[] = {
    "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,PIPES_AS_CONCAT', net_write_timeout = 10",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "SET SESSION TRANSACTION READ ONLY",
    NULL,
};

static void library_start(void)
{
    (void)mysql_library_init(0, NULL, NULL); /* the first call must be one alone */
}

void mysql_disconnect(struct mysql *mysql)
{
    if (mysql->handle == NULL)
        return;
    mysql_close(mysql->handle);
    mysql->handle = NULL;
    mysql->generation++;
}

enum err mysql_say(struct mysql *mysql, const char *text)
{
    if (mysql_query(mysql->handle, text) == 0)
        return OK;
    return mysql_failed(mysql, mysql_errno(mysql->handle), mysql_error(mysql->handle), text);
}

/* A peer that vanished without a word is noticed in seconds, not when the system gives up after a quarter of an hour. */
static void socket_watch(MYSQL *handle)
{
    int fd = mysql_get_socket(handle);
    int on = 1, idle_s = 2, pause_s = 1, count = 3, silent_ms = MYSQL_SILENT_TIMEOUT_MS;
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &pause_s, sizeof pause_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static enum err session_set_up(struct mysql *mysql)
{
    enum err err = mysql_demand(mysql);
    const char *const *settings = mysql->mode == SQL_WRITER ? settings_writer : settings_reader;
    for (; err == OK && *settings != NULL; settings++)
        err = mysql_say(mysql, *settings);
    if (err == OK && mysql->server.maria)
        err = mysql_say(mysql, "SET SESSION idle_transaction_timeout = 5, wait_timeout = 28800");
    if (err == OK && !mysql->server.maria) /* idle or in the middle of a transaction, it does not ask */
        err = mysql_say(mysql, mysql->mode == SQL_WRITER ? "SET SESSION wait_timeout = 10"
                                                         : "SET SESSION wait_timeout = 28800");
    if (err == OK && mysql->server.galera) /* a transaction sees what was committed on other members before it began */
        err = mysql_say(mysql, "SET SESSION wsrep_sync_wait = 1");
    return err;
}

/* Its name or address must stand in a certificate that the CA answers for; else there is no connection. */
static void tls_demand(MYSQL *handle, const struct mysql_location *location)
{
    my_bool on = 1;
    mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &on);
    mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &on);
    mysql_options(handle, MYSQL_OPT_SSL_CA, location->ca[0] != '\0' ? location->ca : SYSTEM_CA);
}

static enum err host_connect(struct mysql *mysql, const struct mysql_host *host, char *why, size_t why_size)
{
    const struct mysql_location *location = &mysql->location;
    unsigned connect_s = MYSQL_CONNECT_TIMEOUT_S, answer_s = MYSQL_ANSWER_TIMEOUT_S;
    unsigned protocol = MYSQL_PROTOCOL_TCP; /* for "localhost", too */
    MYSQL *handle = mysql_init(NULL);
    if (handle == NULL)
        return ERR_SYSTEM;
    mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
    mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect_s);
    mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &answer_s);
    mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &answer_s);
    mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    if (location->tls)
        tls_demand(handle, location);
    /* Changed rows are rows found, as SQLite counts. */
    if (mysql_real_connect(handle, host->name, location->user, location->password, location->database, host->port, NULL,
                           CLIENT_FOUND_ROWS) == NULL) {
        unsigned code = mysql_errno(handle);
        snprintf(why, why_size, "%s (%u)", mysql_error(handle), code);
        mysql_close(handle);
        return code == 1044 || code == 1045 || code == 1049 ? ERR_DENIED : ERR_IO;
    }
    socket_watch(handle);
    mysql->handle = handle;
    enum err err = session_set_up(mysql);
    if (err != OK)
        snprintf(why, why_size, "see above");
    return err;
}

/* Once for each time that it is away. */
static void tell(struct mysql *mysql, const struct mysql_host *host, const char *why)
{
    if (!mysql->told)
        log_error("store", "can't connect to the database", LOG_TEXT("host", host->name),
                  LOG_I64("port", (int64_t)host->port), LOG_TEXT("reason", why));
}

enum err mysql_ensure(struct mysql *mysql)
{
    static pthread_once_t started = PTHREAD_ONCE_INIT;
    size_t count = mysql->location.host_count;
    enum err first = OK;
    if (mysql->handle != NULL)
        return OK;
    if (clock_mono_ms() < mysql->retry_at_ms)
        return ERR_IO;
    pthread_once(&started, library_start);
    for (size_t i = 0; i < count; i++) {
        const struct mysql_host *host = &mysql->location.hosts[(mysql->host + i) % count];
        char why[512] = "";
        enum err err = host_connect(mysql, host, why, sizeof why);
        if (err == OK) {
            if (mysql->told)
                log_info("store", "the database is there again", LOG_TEXT("host", host->name),
                         LOG_I64("port", (int64_t)host->port));
            mysql->host = (mysql->host + i) % count;
            mysql->told = false;
            return OK;
        }
        tell(mysql, host, why);
        mysql_disconnect(mysql);
        if (first == OK)
            first = err;
    }
    mysql->told = true;
    mysql->retry_at_ms = clock_mono_ms() + MYSQL_RETRY_MS;
    return first;
}
