/* json_text.c: escapes and numbers, byte by byte and strict. */
#include "util/json_text.h"

#include "util/utf8.h"

size_t json_string_size(const char *inside, bool *escaped)
{
    const char *quote = rawmemchr(inside, '"');
    *escaped = memchr(inside, '\\', (size_t)(quote - inside)) != NULL;
    if (!*escaped)
        return (size_t)(quote - inside);
    const char *at = inside;
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return (size_t)(at - inside);
}

/* Four hex digits at *at; moves on. */
static bool hex4(struct str text, size_t *at, uint32_t *unit)
{
    if (text.size - *at < 4)
        return false;
    uint32_t value = 0;
    for (size_t end = *at + 4; *at < end; (*at)++) {
        unsigned char c = (unsigned char)text.ptr[*at];
        uint32_t digit = c - (uint32_t)'0';
        if (digit > 9) {
            digit = (c | 0x20u) - (uint32_t)'a' + 10;
            if (digit < 10 || digit > 15)
                return false;
        }
        value = value << 4 | digit;
    }
    *unit = value;
    return true;
}

/* What follows "\u", the second half of a pair included. */
static bool unicode_escape(struct str text, size_t *at, uint32_t *code_point)
{
    uint32_t high;
    if (!hex4(text, at, &high) || (high >= 0xdc00 && high <= 0xdfff))
        return false;
    *code_point = high;
    if (high < 0xd800 || high > 0xdbff)
        return true;
    uint32_t low;
    if (text.size - *at < 2 || text.ptr[*at] != '\\' || text.ptr[*at + 1] != 'u')
        return false;
    *at += 2;
    if (!hex4(text, at, &low) || low < 0xdc00 || low > 0xdfff)
        return false;
    *code_point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    return true;
}

/* The byte that a one-letter escape stands for; 0 when there is none. */
static char short_escape(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

bool json_unescape(struct arena *arena, struct str inside, struct str *text)
{
    /* No escape is shorter than what it stands for. */
    char *out = (char *)arena_alloc(arena, inside.size + 1);
    size_t size = 0;
    size_t at = 0;
    while (at < inside.size) {
        char c = inside.ptr[at++];
        if (c != '\\') {
            out[size++] = c;
            continue;
        }
        if (at == inside.size)
            return false;
        char letter = inside.ptr[at++];
        uint32_t code_point;
        if (letter != 'u') {
            out[size] = short_escape(letter);
            if (out[size++] == 0)
                return false;
        } else if (unicode_escape(inside, &at, &code_point)) {
            size += utf8_encode(code_point, out + size);
        } else {
            return false;
        }
    }
    out[size] = '\0';
    *text = (struct str){ out, size };
    return true;
}

static size_t digits(struct str text, size_t at)
{
    size_t begin = at;
    while (at < text.size && text.ptr[at] >= '0' && text.ptr[at] <= '9')
        at++;
    return at - begin;
}

bool json_number_valid(struct str token)
{
    size_t at = token.size > 0 && token.ptr[0] == '-' ? 1 : 0;
    size_t whole = digits(token, at);
    if (whole == 0 || (whole > 1 && token.ptr[at] == '0'))
        return false;
    at += whole;
    if (at < token.size && token.ptr[at] == '.') {
        size_t fraction = digits(token, at + 1);
        if (fraction == 0)
            return false;
        at += 1 + fraction;
    }
    if (at < token.size && (token.ptr[at] == 'e' || token.ptr[at] == 'E')) {
        at++;
        if (at < token.size && (token.ptr[at] == '+' || token.ptr[at] == '-'))
            at++;
        size_t exponent = digits(token, at);
        if (exponent == 0)
            return false;
        at += exponent;
    }
    return at == token.size;
}
