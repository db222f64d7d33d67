/* hex.h: one hexadecimal digit, for this folder's own parsers. */
#ifndef IM_HTTP_HEX_H
#define IM_HTTP_HEX_H

/* 0–15, or -1 for any other byte. */
static inline int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}

#endif
