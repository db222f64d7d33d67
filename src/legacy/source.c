/* source.c: the original's MySQL by libmariadb, in its text protocol, unbuffered. */
#include "legacy/source.h"

#include "util/url.h"
#include "util/mem.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>

#define PORT_DEFAULT 3306
#define CONNECT_TIMEOUT_S 10

struct source {
    MYSQL *mysql;
    MYSQL_RES *rows;
    unsigned columns;
    char why[512];
};

static enum err failed(struct source *source)
{
    snprintf(source->why, sizeof(source->why), "%s", mysql_error(source->mysql));
    return ERR_IO;
}

/* Writing to the store in between takes time: the server must not lose patience with a reader. */
static const char *const settings[] = {
    "SET SESSION net_write_timeout = 3600",
    "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
};

static enum err connected(struct source *source, const struct url *url)
{
    unsigned timeout = CONNECT_TIMEOUT_S;
    source->mysql = mysql_init(NULL);
    if (source->mysql == NULL)
        return ERR_SYSTEM;
    mysql_options(source->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &timeout);
    mysql_options(source->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    unsigned port = (unsigned)(url->port > 0 ? url->port : PORT_DEFAULT);
    if (mysql_real_connect(source->mysql, url->host, url->user, url->password, url->path, port, NULL, 0) == NULL)
        return failed(source);
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        if (mysql_query(source->mysql, settings[i]) != 0)
            return failed(source);
    return OK;
}

enum err source_open(const char *url, struct source **out)
{
    struct url parts;
    struct source *source = mem_zalloc(sizeof(*source));
    *out = source;
    if (url_parse(url, "mysql", &parts) != OK || parts.path[0] == '\0') {
        snprintf(source->why, sizeof(source->why), "give it as mysql://USER:PASSWORD@HOST:PORT/DATABASE");
        return ERR_ARG;
    }
    return connected(source, &parts);
}

void source_close(struct source **out)
{
    struct source *source = *out;
    if (source == NULL)
        return;
    if (source->rows != NULL)
        mysql_free_result(source->rows);
    if (source->mysql != NULL)
        mysql_close(source->mysql);
    free(source);
    *out = NULL;
}

const char *source_why(const struct source *source)
{
    return source->why;
}

enum err source_begin(struct source *source, const char *statement)
{
    if (mysql_query(source->mysql, statement) != 0)
        return failed(source);
    source->rows = mysql_use_result(source->mysql);
    if (source->rows == NULL)
        return failed(source);
    source->columns = mysql_num_fields(source->rows);
    return source->columns <= SOURCE_FIELDS_MAX ? OK : ERR_ARG;
}

bool source_next(struct source *source, struct str *fields)
{
    MYSQL_ROW row = mysql_fetch_row(source->rows);
    if (row == NULL)
        return false;
    const unsigned long *sizes = mysql_fetch_lengths(source->rows);
    for (unsigned i = 0; i < source->columns; i++)
        fields[i] = (struct str){ row[i], row[i] == NULL ? 0 : (size_t)sizes[i] };
    return true;
}

enum err source_end(struct source *source)
{
    enum err err = mysql_errno(source->mysql) == 0 ? OK : failed(source);
    mysql_free_result(source->rows);
    source->rows = NULL;
    return err;
}
