/* range.c: one range, or the whole. */
#include "http/range.h"

/* Digits only; false when there are none or too many. */
static bool number_take(struct str text, uint64_t *number)
{
    if (text.size == 0 || text.size > 18)
        return false;
    *number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text.ptr[i] - '0');
    }
    return true;
}

static struct http_range suffix_range(uint64_t last, uint64_t size)
{
    if (last == 0 || size == 0)
        return (struct http_range){ .kind = HTTP_RANGE_NONE };
    uint64_t count = last < size ? last : size;
    return (struct http_range){ HTTP_RANGE_PART, size - count, count };
}

struct http_range http_range_parse(struct str header, uint64_t size)
{
    struct http_range whole = { HTTP_RANGE_WHOLE, 0, size };
    struct str unit = STR("bytes=");
    uint64_t first = 0;
    uint64_t last = 0;
    if (header.size <= unit.size || !str_equal_nocase((struct str){ header.ptr, unit.size }, unit))
        return whole;
    struct str set = str_trim((struct str){ header.ptr + unit.size, header.size - unit.size });
    const char *dash = set.size == 0 ? NULL : memchr(set.ptr, '-', set.size);
    if (dash == NULL)
        return whole;
    struct str left = { set.ptr, (size_t)(dash - set.ptr) };
    struct str right = { dash + 1, set.size - left.size - 1 };
    if (left.size == 0)
        return number_take(right, &last) ? suffix_range(last, size) : whole;
    if (!number_take(left, &first) || (right.size > 0 && (!number_take(right, &last) || last < first)))
        return whole;
    if (first >= size)
        return (struct http_range){ .kind = HTTP_RANGE_NONE };
    if (right.size == 0 || last >= size)
        last = size - 1;
    return (struct http_range){ HTTP_RANGE_PART, first, last - first + 1 };
}

bool http_etag_listed(struct str list, struct str etag)
{
    while (list.size > 0) {
        const char *comma = memchr(list.ptr, ',', list.size);
        size_t size = comma == NULL ? list.size : (size_t)(comma - list.ptr);
        struct str item = str_trim((struct str){ list.ptr, size });
        if (item.size > 2 && item.ptr[0] == 'W' && item.ptr[1] == '/')
            item = (struct str){ item.ptr + 2, item.size - 2 };
        if (str_equal(item, STR("*")) || str_equal(item, etag))
            return true;
        size_t taken = comma == NULL ? size : size + 1;
        list = (struct str){ list.ptr + taken, list.size - taken };
    }
    return false;
}
