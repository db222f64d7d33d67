/* parts.h: a file that comes in parts, and which of them are there.
 * All parts have one size but the last, which has the rest. Pure: a few
 * numbers and a bit for each part, as they are kept in the store. */
#ifndef IM_MEDIA_PARTS_H
#define IM_MEDIA_PARTS_H

#include "util/err.h"
#include "util/str.h"

#define PARTS_MAX 1024

struct parts {
    int64_t size;      /* of the file, at least 1 */
    int64_t part_size; /* at least 1 */
    int64_t count;     /* 1 to PARTS_MAX */
    int64_t missing;
    unsigned char have[PARTS_MAX / 8];
};

/* For a new file: parts of part_size or, where that would be too many, of a multiple of it. Both at least 1. */
void parts_init(struct parts *parts, int64_t size, int64_t part_size);
/* From what parts_bits gave. ERR_PARSE: no such file. */
enum err parts_load(struct parts *parts, int64_t size, int64_t part_size, struct str bits);
struct str parts_bits(const struct parts *parts); /* a slice of *parts */

struct part_range {
    int64_t from;
    int64_t size;
};
/* Where part number (from 0) lies. false: there is no such part. */
bool parts_range(const struct parts *parts, int64_t number, struct part_range *range);
bool parts_has(const struct parts *parts, int64_t number);
/* number is one of its parts. A second time is fine. */
void parts_add(struct parts *parts, int64_t number);

static inline bool parts_whole(const struct parts *parts)
{
    return parts->missing == 0;
}

#endif
