/* sniff.h: what a file is, read from its first bytes.
 * Never from its name or from what the client says. Pure. What is not known
 * for certain is application/octet-stream, which no browser runs or shows. */
#ifndef IM_MEDIA_SNIFF_H
#define IM_MEDIA_SNIFF_H

#include "util/str.h"

#define SNIFF_BYTES ((size_t)512) /* as many decide; fewer only of a shorter file */

/* Stored: a number never changes its meaning. */
enum media_kind { MEDIA_FILE = 0, MEDIA_IMAGE = 1, MEDIA_VIDEO = 2, MEDIA_AUDIO = 3 };

struct media_type {
    const char *mime; /* a literal */
    enum media_kind kind;
};

struct media_type media_sniff(struct str first);
/* What somebody who says this of a file takes it for: one of the types that media_sniff knows, else a file. */
enum media_kind media_kind_claimed(struct str mime);
const char *media_kind_name(enum media_kind kind); /* "file", "image", "video", "audio" */

/* Whether a browser may show it in place: pictures, videos and sound. */
static inline bool media_inline(enum media_kind kind)
{
    return kind != MEDIA_FILE;
}

#endif
