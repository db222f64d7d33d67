/* mysql_demand.c: what a server must be like.
 * A message that was acknowledged must be on the disk, so settings that trade
 * that for speed are refused, unless the address says that it is accepted. */
#include "sql/mysql_private.h"

#include <stdlib.h>
#include <string.h>

#include "os/log.h"

#define PACKET_MIN ((int64_t)16 * 1024 * 1024)

/* What is asked of it, as it says it; missing: the server does not know it. */
struct says {
    char version[64];
    char flush[16];
    char log_bin[16];
    char sync_binlog[16];
    char binlog_format[16];
    char packet[32];
    char read_only[16];
    char idle_transaction[16];
    char wsrep[16];
};

static void take(char *into, size_t size, const char *value)
{
    size_t length = strnlen(value, size - 1);
    memcpy(into, value, length);
    into[length] = '\0';
}

static void variable_take(struct says *says, const char *name, const char *value)
{
#define TAKE(variable, field)                                                                                          \
    if (strcmp(name, variable) == 0)                                                                                   \
    take(says->field, sizeof says->field, value)
    TAKE("version", version);
    TAKE("innodb_flush_log_at_trx_commit", flush);
    TAKE("log_bin", log_bin);
    TAKE("sync_binlog", sync_binlog);
    TAKE("binlog_format", binlog_format);
    TAKE("max_allowed_packet", packet);
    TAKE("read_only", read_only);
    TAKE("idle_transaction_timeout", idle_transaction);
    TAKE("wsrep_on", wsrep);
#undef TAKE
}

static enum err ask(struct mysql *mysql, struct says *says)
{
    static const char text[] = "SHOW SESSION VARIABLES WHERE Variable_name IN ('version',"
                               " 'innodb_flush_log_at_trx_commit', 'log_bin', 'sync_binlog', 'binlog_format',"
                               " 'max_allowed_packet', 'read_only', 'idle_transaction_timeout', 'wsrep_on')";
    MYSQL_ROW row;
    *says = (struct says){ 0 };
    enum err err = mysql_say(mysql, text);
    if (err != OK)
        return err;
    MYSQL_RES *rows = mysql_store_result(mysql->handle);
    if (rows == NULL)
        return mysql_failed(mysql, mysql_errno(mysql->handle), mysql_error(mysql->handle), text);
    while ((row = mysql_fetch_row(rows)) != NULL)
        if (row[0] != NULL && row[1] != NULL)
            variable_take(says, row[0], row[1]);
    mysql_free_result(rows);
    return OK;
}

static bool is_old(const struct says *says, bool maria)
{
    char *end;
    long major = strtol(says->version, &end, 10);
    long minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return maria ? major < 10 || (major == 10 && minor < 6) : major < 8;
}

static enum err refuse(const char *why, const char *value)
{
    log_error("store", why, LOG_TEXT("it_says", value));
    return ERR_STORE;
}

static bool is_on(const char *value)
{
    return strcmp(value, "ON") == 0 || strcmp(value, "1") == 0;
}

/* With a binary log, what is not in it after a crash is rolled back. */
static enum err loss_check(const struct mysql *mysql, const struct says *says)
{
    if (mysql->location.accept_loss)
        return OK;
    if (strcmp(says->flush, "1") != 0)
        return refuse(
            "this database server would lose acknowledged messages in a power cut: set "
            "innodb_flush_log_at_trx_commit = 1 in its configuration, in a cluster on every member, or accept "
            "the loss by ?accept_lost_messages=yes at the end of store.url",
            says->flush);
    if (is_on(says->log_bin) && strcmp(says->sync_binlog, "1") != 0)
        return refuse("this database server writes a binary log and would lose acknowledged messages in a power cut: "
                      "set sync_binlog = 1 in its configuration, or accept the loss by ?accept_lost_messages=yes at "
                      "the end of store.url",
                      says->sync_binlog);
    return OK;
}

enum err mysql_demand(struct mysql *mysql)
{
    struct says says;
    enum err err = ask(mysql, &says);
    if (err != OK)
        return err;
    mysql->server.maria = says.idle_transaction[0] != '\0';
    mysql->server.galera = is_on(says.wsrep);
    mysql->server.packet_max = (size_t)strtoull(says.packet, NULL, 10);
    if (is_old(&says, mysql->server.maria))
        return refuse("this database server is too old: MariaDB 10.6 or MySQL 8 is needed", says.version);
    if ((int64_t)mysql->server.packet_max < PACKET_MIN)
        return refuse("this database server takes too little at once: set max_allowed_packet = 16M or more in its "
                      "configuration",
                      says.packet);
    if (mysql->mode == SQL_READER)
        return OK;
    if (is_on(says.read_only))
        return refuse("this database server only lets read: name the one that writes in store.url, or set read_only = "
                      "OFF",
                      says.read_only);
    if (is_on(says.log_bin) && strcmp(says.binlog_format, "STATEMENT") == 0)
        return refuse("this database server's binary log can't hold what READ COMMITTED does: set binlog_format = ROW "
                      "or MIXED in its configuration",
                      says.binlog_format);
    return loss_check(mysql, &says);
}
