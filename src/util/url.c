/* url.c: taking a database's URL apart (RFC 3986, section 3, as far as it is used). */
#include "util/url.h"

#include "util/str.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool decode(struct str text, char out[URL_PART_MAX])
{
    size_t size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.size ? hex_value(text.ptr[i + 1]) : -1;
            int low = high >= 0 ? hex_value(text.ptr[i + 2]) : -1;
            if (low < 0)
                return false;
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (c == '\0' || size + 1 >= URL_PART_MAX)
            return false;
        out[size++] = c;
    }
    out[size] = '\0';
    return true;
}

/* Takes what stands before the first (or last) c off text; false: there is none. */
static bool split(struct str *text, char c, bool last, struct str *before)
{
    const char *at = last ? memrchr(text->ptr, c, text->size) : memchr(text->ptr, c, text->size);
    if (at == NULL)
        return false;
    size_t size = (size_t)(at - text->ptr);
    *before = (struct str){ text->ptr, size };
    *text = (struct str){ at + 1, text->size - size - 1 };
    return true;
}

static bool port_of(struct str text, int *port)
{
    int64_t value;
    if (!str_to_i64(text, &value) || value < 1 || value > 65535)
        return false;
    *port = (int)value;
    return true;
}

enum err url_parse(const char *text, const char *scheme, struct url *out)
{
    struct str rest = str_from(text);
    struct str wanted = str_from(scheme);
    struct str authority, account, name;
    *out = (struct url){ 0 };
    if (rest.size < wanted.size + 3 || memcmp(rest.ptr, wanted.ptr, wanted.size) != 0 ||
        memcmp(rest.ptr + wanted.size, "://", 3) != 0)
        return ERR_ARG;
    rest = (struct str){ rest.ptr + wanted.size + 3, rest.size - wanted.size - 3 };
    if (!split(&rest, '/', false, &authority)) {
        authority = rest;
        rest = STR("");
    }
    if (!decode(rest, out->path))
        return ERR_ARG;
    if (split(&authority, '@', true, &account)) {
        if (!split(&account, ':', false, &name)) {
            name = account;
            account = STR("");
        }
        if (!decode(name, out->user) || !decode(account, out->password))
            return ERR_ARG;
    }
    if (split(&authority, ':', true, &name)) {
        if (!port_of(authority, &out->port))
            return ERR_ARG;
        authority = name;
    }
    return authority.size > 0 && decode(authority, out->host) ? OK : ERR_ARG;
}
