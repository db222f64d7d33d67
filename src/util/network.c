/* network.c: prefixes, compared bit by bit. */
#include "util/network.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#define TEXT_MAX 64

struct address {
    unsigned char bytes[16];
    int64_t bits; /* 32 or 128 */
};

static bool address_parse(const char *text, struct address *out)
{
    static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    if (inet_pton(AF_INET, text, out->bytes) == 1) {
        out->bits = 32;
        return true;
    }
    if (inet_pton(AF_INET6, text, out->bytes) != 1)
        return false;
    out->bits = 128;
    if (memcmp(out->bytes, mapped, sizeof(mapped)) == 0) {
        memmove(out->bytes, out->bytes + sizeof(mapped), 4);
        out->bits = 32;
    }
    return true;
}

static bool network_parse(struct str text, struct address *out, int64_t *prefix)
{
    char copy[TEXT_MAX];
    const char *slash = text.size == 0 ? NULL : memchr(text.ptr, '/', text.size);
    struct str address = text;
    if (slash != NULL)
        address.size = (size_t)(slash - text.ptr);
    if (address.size == 0 || address.size >= sizeof(copy))
        return false;
    memcpy(copy, address.ptr, address.size);
    copy[address.size] = '\0';
    if (strlen(copy) != address.size || !address_parse(copy, out))
        return false;
    *prefix = out->bits;
    if (slash == NULL)
        return true;
    struct str length = { slash + 1, text.size - address.size - 1 };
    return str_to_i64(length, prefix) && *prefix >= 0 && *prefix <= out->bits;
}

static bool has(const struct address *network, int64_t prefix, const struct address *address)
{
    size_t whole = (size_t)prefix / 8;
    unsigned rest = (unsigned)prefix % 8;
    if (network->bits != address->bits || memcmp(network->bytes, address->bytes, whole) != 0)
        return false;
    return rest == 0 || (network->bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

/* The next part of the list, without blanks around. false: there is none. */
static bool part_next(struct str *list, struct str *part)
{
    if (list->ptr == NULL)
        return false;
    const char *comma = list->size == 0 ? NULL : memchr(list->ptr, ',', list->size);
    *part = *list;
    if (comma == NULL) {
        *list = STR_NONE;
    } else {
        part->size = (size_t)(comma - list->ptr);
        *list = (struct str){ comma + 1, list->size - part->size - 1 };
    }
    *part = str_trim(*part);
    return true;
}

bool network_list_valid(struct str list)
{
    struct address network;
    struct str part;
    int64_t prefix;
    if (str_trim(list).size == 0)
        return true;
    while (part_next(&list, &part))
        if (!network_parse(part, &network, &prefix))
            return false;
    return true;
}

bool network_list_has(struct str list, const char *address)
{
    struct address wanted;
    struct address network;
    struct str part;
    int64_t prefix;
    if (!address_parse(address, &wanted))
        return false;
    while (part_next(&list, &part))
        if (network_parse(part, &network, &prefix) && has(&network, prefix, &wanted))
            return true;
    return false;
}
