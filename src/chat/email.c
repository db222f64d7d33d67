/* email.c: addresses. */
#include "chat/email.h"

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A label of the domain: letters, digits and inner hyphens, 1 to 63. */
static bool label_valid(struct str label)
{
    if (label.size == 0 || label.size > 63)
        return false;
    if (!is_alnum(label.ptr[0]) || !is_alnum(label.ptr[label.size - 1]))
        return false;
    for (size_t i = 0; i < label.size; i++)
        if (!is_alnum(label.ptr[i]) && label.ptr[i] != '-')
            return false;
    return true;
}

bool email_valid(struct str email)
{
    if (email.size > EMAIL_SIZE_MAX)
        return false;
    const char *at = email.size == 0 ? NULL : memchr(email.ptr, '@', email.size);
    if (at == NULL || at == email.ptr)
        return false;
    for (const char *c = email.ptr; c < at; c++)
        if (!is_alnum(*c) && (*c == '\0' || strchr(".!#$%&'*+/=?^_`{|}~-", *c) == NULL))
            return false;
    const char *end = email.ptr + email.size;
    const char *label = at + 1;
    size_t labels = 0;
    for (const char *c = label; c <= end; c++) {
        if (c < end && *c != '.')
            continue;
        if (!label_valid((struct str){ label, (size_t)(c - label) }))
            return false;
        labels++;
        label = c + 1;
    }
    return labels >= 2;
}

void email_key(struct str email, char *out)
{
    for (size_t i = 0; i < email.size; i++) {
        char c = email.ptr[i];
        out[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
}

bool email_equal(struct str a, struct str b)
{
    return str_equal_nocase(a, b);
}
