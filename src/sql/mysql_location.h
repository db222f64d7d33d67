/* mysql_location.h: mysql://USER:PASSWORD@HOST:PORT[,HOST:PORT…]/DATABASE[?SETTING=…] taken apart.
 * Several hosts are one database: the members of a cluster, or a primary and
 * who takes its place. The first that serves is used.
 * Settings, with & between them: accept_lost_messages=yes; tls=verify, and ca=PATH beside it. */
#ifndef IM_SQL_MYSQL_LOCATION_H
#define IM_SQL_MYSQL_LOCATION_H

#include <stdbool.h>
#include <stddef.h>

#include "util/buf.h"
#include "util/url.h"

#define MYSQL_HOSTS_MAX 8
#define MYSQL_PORT_DEFAULT 3306

struct mysql_location {
    char user[URL_PART_MAX];
    char password[URL_PART_MAX];
    char database[URL_PART_MAX];
    struct mysql_host {
        char name[URL_PART_MAX];
        unsigned port;
    } hosts[MYSQL_HOSTS_MAX];
    size_t host_count;
    bool tls;              /* nothing is said unless the host proved who it is */
    char ca[URL_PART_MAX]; /* whose word is taken for that, a file of PEM; empty: the system's */
    bool accept_loss;      /* the database may be set up to lose what it acknowledged */
};

/* ERR_ARG: it is not of that form, names no database, more hosts than there may be, or a setting that there is not. */
enum err mysql_location_parse(const char *text, struct mysql_location *out);
/* Hosts and database, without account and password. Appended. */
void mysql_location_show(const char *text, struct buf *out);

#endif
