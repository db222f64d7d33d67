/* link.c: links, found by how they look. Pure. */
#include "search/link.h"

#include "store/message.h"

/* The protocol names them; the web client finds links by the same. */
static const char *const domains[] = { "com", "net", "org", "edu", "gov", "info", "io",  "cn",  "hk", "tw", "jp",
                                       "kr",  "de",  "fr",  "uk",  "eu",  "us",   "dev", "app", "me", "xyz" };
#define DOMAIN_COUNT (sizeof(domains) / sizeof(domains[0]))

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9');
}

/* Of a host's name, beyond ASCII too, or a dot between. */
static bool is_name(char c)
{
    return is_alnum(c) || c == '.' || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_domain(struct str label)
{
    if (label.size > 4 && str_equal_nocase((struct str){ label.ptr, 4 }, STR("xn--")))
        return true;
    for (size_t i = 0; i < DOMAIN_COUNT; i++)
        if (str_equal_nocase(label, str_from(domains[i])))
            return true;
    return false;
}

/* Whether a name that goes on to its end has a dot with a domain behind it, and the name is over there. */
static bool name_has_domain(struct str name)
{
    for (size_t at = 1; at < name.size; at++) {
        if (name.ptr[at] != '.' || name.ptr[at - 1] == '.')
            continue;
        size_t end = at + 1;
        while (end < name.size && (is_alnum(name.ptr[end]) || name.ptr[end] == '-'))
            end++;
        bool over = end == name.size || (unsigned char)name.ptr[end] >= 0x80 ||
                    (name.ptr[end] == '.' && (end + 1 == name.size || !is_alnum(name.ptr[end + 1])));
        if (over && is_domain((struct str){ name.ptr + at + 1, end - at - 1 }))
            return true;
        at = end - 1;
    }
    return false;
}

/* Whether the text has http or https before that place. */
static bool scheme_before(struct str text, size_t at)
{
    return (at >= 4 && str_equal_nocase((struct str){ text.ptr + at - 4, 4 }, STR("http"))) ||
           (at >= 5 && str_equal_nocase((struct str){ text.ptr + at - 5, 5 }, STR("https")));
}

static bool page_at(struct str text, size_t colon)
{
    return text.size - colon > 3 && text.ptr[colon + 1] == '/' && text.ptr[colon + 2] == '/' &&
           (unsigned char)text.ptr[colon + 3] > ' ' && scheme_before(text, colon);
}

bool link_in(struct str text)
{
    size_t at = 0;
    while (at < text.size) {
        char c = text.ptr[at];
        if (c == ':' && page_at(text, at))
            return true;
        if (!is_name(c)) {
            at++;
            continue;
        }
        if (at > 0 && text.ptr[at - 1] == '@')
            while (at < text.size && is_name(text.ptr[at]) && (unsigned char)text.ptr[at] < 0x80)
                at++; /* a mail address, as far as it goes: what is beyond ASCII may be a comma */
        size_t begin = at;
        while (at < text.size && is_name(text.ptr[at]))
            at++;
        if (name_has_domain((struct str){ text.ptr + begin, at - begin }))
            return true;
    }
    return false;
}

bool link_shown(int64_t type, struct str content)
{
    return (type == MESSAGE_TYPE_TEXT || type == MESSAGE_TYPE_LINK) && link_in(content);
}
