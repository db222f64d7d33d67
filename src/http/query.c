/* query.c: percent-encoding, and a parameter out of a query.
 * Values are handed out still encoded: most are compared or refused without
 * ever being decoded, and the caller knows where the decoded bytes shall live. */
#include "http/hex.h"
#include "http/parser.h"

/* The byte at *at of encoded text, moving *at on; -1 for a bad escape. */
static int byte_decode(struct str text, bool plus_blank, size_t *at)
{
    char byte = text.ptr[*at];
    if (byte != '%') {
        *at += 1;
        return (unsigned char)(plus_blank && byte == '+' ? ' ' : byte);
    }
    if (text.size - *at < 3)
        return -1;
    int high = hex_digit(text.ptr[*at + 1]);
    int low = hex_digit(text.ptr[*at + 2]);
    if (high < 0 || low < 0)
        return -1;
    *at += 3;
    return high * 16 + low;
}

enum err http_percent_decode(struct str text, bool plus_blank, char *out, size_t *size)
{
    size_t written = 0;
    for (size_t at = 0; at < text.size;) {
        int byte = byte_decode(text, plus_blank, &at);
        if (byte < 0)
            return ERR_PARSE;
        out[written++] = (char)byte;
    }
    *size = written;
    return OK;
}

static bool name_is(struct str encoded, const char *name)
{
    for (size_t at = 0; at < encoded.size;) {
        int byte = byte_decode(encoded, true, &at);
        if (byte <= 0 || byte != (unsigned char)*name)
            return false;
        name++;
    }
    return *name == '\0';
}

struct str http_query_get(struct str query, const char *name)
{
    const char *at = query.ptr;
    const char *end = query.size == 0 ? at : at + query.size;
    while (at < end) {
        const char *mark = memchr(at, '&', (size_t)(end - at));
        const char *pair_end = mark == NULL ? end : mark;
        const char *equals = memchr(at, '=', (size_t)(pair_end - at));
        const char *name_end = equals == NULL ? pair_end : equals;
        if (name_is((struct str){ at, (size_t)(name_end - at) }, name)) {
            const char *value = equals == NULL ? pair_end : equals + 1;
            return (struct str){ value, (size_t)(pair_end - value) };
        }
        at = mark == NULL ? end : mark + 1;
    }
    return STR_NONE;
}
