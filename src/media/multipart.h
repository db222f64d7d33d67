/* multipart.h: the one file of a multipart/form-data body (RFC 7578), as the
 * body comes in. Pure: bytes in, the file's bytes out through a callback, and
 * nothing kept but a part's head. Fields that are no files are read over. */
#ifndef IM_MEDIA_MULTIPART_H
#define IM_MEDIA_MULTIPART_H

#include "util/err.h"
#include "util/str.h"

#define MULTIPART_BOUNDARY_MAX ((size_t)70) /* RFC 2046 section 5.1.1 */
#define MULTIPART_HEAD_MAX ((size_t)2048)
#define MULTIPART_PARTS_MAX 32
#define MULTIPART_OTHER_MAX ((size_t)64 * 1024) /* all that is not the file, heads included */

struct multipart {
    char delimiter[4 + 70]; /* CR LF - - boundary */
    size_t delimiter_size;
    size_t matched; /* of the delimiter */
    size_t implied; /* of these, bytes that never came */
    char head[2048];
    size_t head_size;
    size_t other_size;
    unsigned parts;
    uint8_t state;
    bool in_file;
    bool file_seen;
    char name[256]; /* the file's, as sent; zero-terminated */
};

/* From a Content-Type. ERR_ARG: no multipart/form-data with a good boundary. */
enum err multipart_init(struct multipart *multipart, struct str content_type);
/* data is given the file's bytes, in order; what it returns other than OK ends the feeding. ERR_PARSE: malformed.
 * ERR_ARG: a second file. ERR_TOO_LARGE: over a bound above. Nothing may be fed after an error. */
enum err multipart_feed(struct multipart *multipart, struct str bytes,
                        enum err (*data)(void *context, struct str bytes), void *context);
/* Whether the body was whole and held a file. */
bool multipart_done(const struct multipart *multipart);

#endif
