/* postings.c: most lists are one or two bytes. */
#include "search/postings.h"

static void distance_append(struct buf *out, unsigned distance)
{
    for (; distance >= 0x80; distance >>= 7)
        buf_append_byte(out, (char)(distance | 0x80));
    buf_append_byte(out, (char)distance);
}

void postings_pack(const uint16_t *numbers, size_t count, struct buf *out)
{
    unsigned last = 0;
    for (size_t i = 0; i < count; i++) {
        distance_append(out, numbers[i] - last);
        last = numbers[i];
    }
}

void postings_pack_docs(const struct docs *docs, struct buf *out)
{
    unsigned last = 0;
    for (unsigned i = 0; i < DOCS_WORDS; i++) {
        for (uint64_t word = docs->words[i]; word != 0; word &= word - 1) {
            unsigned number = i * 64 + (unsigned)__builtin_ctzll(word);
            distance_append(out, number - last);
            last = number;
        }
    }
}

bool postings_unpack(struct str bytes, struct docs *docs)
{
    unsigned number = 0;
    for (size_t i = 0; i < bytes.size;) {
        unsigned shift = 0;
        unsigned byte;
        do {
            if (i == bytes.size || shift > 14)
                return false;
            byte = (unsigned char)bytes.ptr[i++];
            number += (byte & 0x7f) << shift;
            shift += 7;
        } while ((byte & 0x80) != 0);
        if (number >= SEGMENT_DOCS)
            return false;
        docs_add(docs, number);
    }
    return true;
}
