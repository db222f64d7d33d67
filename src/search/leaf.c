/* leaf.c: entries in, entries out. */
#include "search/leaf.h"

#include <assert.h>
#include <string.h>

#define ENTRY_LEAD ((size_t)5) /* at most: two counts, and a size of three bytes */
#define SIZE_BYTES 3           /* of postings: 21 bits */

int leaf_compare(struct str one, struct str other)
{
    size_t size = one.size < other.size ? one.size : other.size;
    int order = memcmp(one.ptr, other.ptr, size);
    return order != 0 ? order : (one.size > other.size) - (one.size < other.size);
}

static size_t shared_size(const struct leaf *leaf, struct str token)
{
    size_t size = 0;
    while (size < leaf->last_size && size < token.size && leaf->last[size] == token.ptr[size])
        size++;
    return size;
}

bool leaf_full(const struct leaf *leaf, struct str token, struct str postings)
{
    return leaf->bytes.size > 0 && leaf->bytes.size + ENTRY_LEAD + token.size + postings.size > LEAF_SIZE;
}

void leaf_add(struct leaf *leaf, struct str token, struct str postings)
{
    size_t shared = shared_size(leaf, token);
    size_t size = postings.size;
    assert(token.size > 0 && token.size <= TERMS_KEY_SIZE_MAX && size >> (7 * SIZE_BYTES) == 0);
    if (leaf->bytes.size == 0) {
        memcpy(leaf->first, token.ptr, token.size);
        leaf->first_size = token.size;
    }
    buf_append_byte(&leaf->bytes, (char)shared);
    buf_append_byte(&leaf->bytes, (char)(token.size - shared));
    buf_append(&leaf->bytes, token.ptr + shared, token.size - shared);
    for (; size >= 0x80; size >>= 7)
        buf_append_byte(&leaf->bytes, (char)(size | 0x80));
    buf_append_byte(&leaf->bytes, (char)size);
    buf_append_str(&leaf->bytes, postings);
    memcpy(leaf->last, token.ptr, token.size);
    leaf->last_size = token.size;
}

struct str leaf_first(const struct leaf *leaf)
{
    return (struct str){ leaf->first, leaf->first_size };
}

void leaf_clear(struct leaf *leaf)
{
    buf_clear(&leaf->bytes);
    leaf->first_size = leaf->last_size = 0;
}

void leaf_release(struct leaf *leaf)
{
    buf_release(&leaf->bytes);
    *leaf = (struct leaf){ 0 };
}

static void advance(struct str *rest, size_t size)
{
    rest->ptr += size;
    rest->size -= size;
}

static bool token_take(struct leaf_reader *reader)
{
    struct str *rest = &reader->rest;
    if (rest->size < 2)
        return false;
    size_t shared = (unsigned char)rest->ptr[0];
    size_t size = (unsigned char)rest->ptr[1];
    advance(rest, 2);
    if (shared > reader->size || shared + size == 0 || shared + size > TERMS_KEY_SIZE_MAX || size > rest->size)
        return false;
    memcpy(reader->token + shared, rest->ptr, size);
    reader->size = shared + size;
    advance(rest, size);
    return true;
}

static bool postings_take(struct leaf_reader *reader)
{
    struct str *rest = &reader->rest;
    size_t size = 0;
    for (unsigned i = 0;; i++) {
        if (rest->size == 0 || i == SIZE_BYTES)
            return false;
        unsigned byte = (unsigned char)rest->ptr[0];
        advance(rest, 1);
        size |= (size_t)(byte & 0x7f) << (7 * i);
        if ((byte & 0x80) == 0)
            break;
    }
    if (size > rest->size)
        return false;
    reader->postings = (struct str){ rest->ptr, size };
    advance(rest, size);
    return true;
}

bool leaf_next(struct leaf_reader *reader, bool *ok)
{
    if (reader->rest.size == 0)
        return false;
    *ok = token_take(reader) && postings_take(reader);
    return *ok;
}

struct str leaf_token(const struct leaf_reader *reader)
{
    return (struct str){ reader->token, reader->size };
}
