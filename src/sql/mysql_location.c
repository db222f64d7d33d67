/* mysql_location.c: an address with one or several hosts.
 * Each host is taken apart as an address of its own, between what stands
 * before and behind all of them. */
#include "sql/mysql_location.h"

#include <stdio.h>

#define SCHEME "mysql://"

/* One address with that host alone. */
static enum err host_parse(struct str before, struct str host, struct str after, struct mysql_location *out)
{
    struct buf one = { 0 };
    struct url url;
    buf_append_str(&one, before);
    buf_append_str(&one, host);
    buf_append_str(&one, after);
    buf_append_byte(&one, '\0');
    enum err err = url_parse(one.ptr, "mysql", &url);
    buf_release(&one);
    if (err != OK || url.path[0] == '\0' || out->host_count == MYSQL_HOSTS_MAX)
        return ERR_ARG;
    struct mysql_host *into = &out->hosts[out->host_count++];
    snprintf(into->name, sizeof into->name, "%s", url.host);
    into->port = url.port > 0 ? (unsigned)url.port : MYSQL_PORT_DEFAULT;
    snprintf(out->user, sizeof out->user, "%s", url.user);
    snprintf(out->password, sizeof out->password, "%s", url.password);
    snprintf(out->database, sizeof out->database, "%s", url.path);
    return OK;
}

static enum err setting_parse(struct str text, struct mysql_location *out)
{
    static const char ca[] = "ca=";
    size_t name = sizeof ca - 1;
    if (str_equal(text, STR("accept_lost_messages=yes"))) {
        out->accept_loss = true;
    } else if (str_equal(text, STR("tls=verify"))) {
        out->tls = true;
    } else if (text.size > name && text.size - name < sizeof out->ca && memcmp(text.ptr, ca, name) == 0) {
        memcpy(out->ca, text.ptr + name, text.size - name);
        out->ca[text.size - name] = '\0';
    } else {
        return ERR_ARG;
    }
    return OK;
}

/* The part behind the question mark. */
static enum err settings_parse(const char *text, struct mysql_location *out)
{
    enum err err = OK;
    for (bool more = true; err == OK && more;) {
        const char *end = strchr(text, '&');
        err = setting_parse((struct str){ text, end == NULL ? strlen(text) : (size_t)(end - text) }, out);
        more = end != NULL;
        text = more ? end + 1 : text;
    }
    return err == OK && out->ca[0] != '\0' && !out->tls ? ERR_ARG : err;
}

enum err mysql_location_parse(const char *text, struct mysql_location *out)
{
    size_t scheme = sizeof SCHEME - 1;
    *out = (struct mysql_location){ 0 };
    if (strncmp(text, SCHEME, scheme) != 0)
        return ERR_ARG;
    const char *slash = strchr(text + scheme, '/');
    if (slash == NULL)
        return ERR_ARG;
    const char *settings = strchr(slash, '?');
    struct str after = { slash, settings == NULL ? strlen(slash) : (size_t)(settings - slash) };
    enum err err = settings == NULL ? OK : settings_parse(settings + 1, out);
    const char *at = memrchr(text + scheme, '@', (size_t)(slash - text) - scheme);
    const char *host = at == NULL ? text + scheme : at + 1;
    struct str before = { text, (size_t)(host - text) };
    for (bool more = true; err == OK && more;) {
        const char *comma = memchr(host, ',', (size_t)(slash - host));
        const char *end = comma == NULL ? slash : comma;
        err = host_parse(before, (struct str){ host, (size_t)(end - host) }, after, out);
        more = comma != NULL;
        host = end + 1;
    }
    return err;
}

void mysql_location_show(const char *text, struct buf *out)
{
    struct mysql_location location;
    if (mysql_location_parse(text, &location) != OK) {
        buf_append_str(out, STR("an address of another form"));
        return;
    }
    buf_append_str(out, STR(SCHEME));
    for (size_t i = 0; i < location.host_count; i++)
        buf_append_format(out, "%s%s:%u", i == 0 ? "" : ",", location.hosts[i].name, location.hosts[i].port);
    buf_append_format(out, "/%s", location.database);
}
