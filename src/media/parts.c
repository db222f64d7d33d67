/* parts.c: ranges and bits. */
#include "media/parts.h"

#include <assert.h>

static int64_t pieces(int64_t size, int64_t piece)
{
    return (size - 1) / piece + 1;
}

void parts_init(struct parts *parts, int64_t size, int64_t part_size)
{
    assert(size >= 1 && part_size >= 1);
    *parts = (struct parts){ .size = size, .part_size = part_size };
    if (pieces(size, part_size) > PARTS_MAX) {
        int64_t least = pieces(size, PARTS_MAX); /* at most size, so the multiple below fits where part_size does */
        int64_t times = pieces(least, part_size);
        parts->part_size = times > INT64_MAX / part_size ? size : times * part_size;
    }
    parts->count = pieces(size, parts->part_size);
    parts->missing = parts->count;
}

enum err parts_load(struct parts *parts, int64_t size, int64_t part_size, struct str bits)
{
    if (size < 1 || part_size < 1 || pieces(size, part_size) > PARTS_MAX)
        return ERR_PARSE;
    *parts = (struct parts){ .size = size, .part_size = part_size, .count = pieces(size, part_size) };
    parts->missing = parts->count;
    if (bits.size != parts_bits(parts).size)
        return ERR_PARSE;
    for (int64_t i = 0; i < (int64_t)bits.size * 8; i++) {
        if (((unsigned char)bits.ptr[i / 8] >> (i % 8) & 1) == 0)
            continue;
        if (i >= parts->count)
            return ERR_PARSE;
        parts_add(parts, i);
    }
    return OK;
}

struct str parts_bits(const struct parts *parts)
{
    return (struct str){ (const char *)parts->have, (size_t)(parts->count + 7) / 8 };
}

bool parts_range(const struct parts *parts, int64_t number, struct part_range *range)
{
    if (number < 0 || number >= parts->count)
        return false;
    range->from = number * parts->part_size;
    range->size = parts->size - range->from < parts->part_size ? parts->size - range->from : parts->part_size;
    return true;
}

bool parts_has(const struct parts *parts, int64_t number)
{
    return number >= 0 && number < parts->count && (parts->have[number / 8] >> (number % 8) & 1) != 0;
}

void parts_add(struct parts *parts, int64_t number)
{
    assert(number >= 0 && number < parts->count);
    if (parts_has(parts, number))
        return;
    parts->have[number / 8] = (unsigned char)(parts->have[number / 8] | 1u << (number % 8));
    parts->missing--;
}
