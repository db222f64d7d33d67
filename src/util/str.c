/* str.c: questions asked of slices that are too long for the header. */
#include "util/str.h"

static unsigned char lower(char c)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

bool str_equal_nocase(struct str a, struct str b)
{
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str text)
{
    while (text.size > 0 && is_blank(text.ptr[0])) {
        text.ptr++;
        text.size--;
    }
    while (text.size > 0 && is_blank(text.ptr[text.size - 1]))
        text.size--;
    return text;
}

bool str_to_i64(struct str text, int64_t *value)
{
    bool negative = text.size > 0 && text.ptr[0] == '-';
    size_t at = negative ? 1 : 0;
    if (at == text.size)
        return false;
    /* Counted below zero, where the range is one wider. */
    int64_t number = 0;
    for (; at < text.size; at++) {
        unsigned digit = (unsigned)(unsigned char)text.ptr[at] - '0';
        if (digit > 9 || number < (INT64_MIN + (int64_t)digit) / 10)
            return false;
        number = number * 10 - (int64_t)digit;
    }
    if (!negative && number == INT64_MIN)
        return false;
    *value = negative ? number : -number;
    return true;
}
