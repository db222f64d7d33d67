/* intake.h: one file coming in, from its first byte to its place on the disk.
 * Reads the form around it, what it is, how large it may be, and its hash,
 * while the bytes go to the disk as they come. Belongs to one thread at a
 * time; everything but intake_new may block. */
#ifndef IM_MEDIA_INTAKE_H
#define IM_MEDIA_INTAKE_H

#include "media/blob.h"
#include "media/sniff.h"

#define INTAKE_NAME_MAX ((size_t)255)
#define INTAKE_SHA256_SIZE ((size_t)32)

struct intake_limits {
    int64_t size_max[4]; /* by enum media_kind */
    bool leave_images;   /* pictures are given no place: who looks at them does it (media/picture_job.h) */
};

struct intake;

/* content_type: of the request; multipart/form-data holds the file as one of its parts, anything else is the file
 * itself. name: what the client calls it; ptr NULL: as the form says. ERR_PARSE: a form without a boundary. */
enum err intake_new(const struct blobs *blobs, const struct intake_limits *limits, struct str content_type,
                    struct str name, struct intake **out);
/* Its temporary file goes, unless intake_settle was called; a placed one goes, too. */
void intake_free(struct intake **intake);

/* ERR_TOO_LARGE: more than its kind may have. ERR_PARSE: no good form. ERR_EXISTS: a second file in it. Or the
 * disk's errors. After an error only intake_free. */
enum err intake_feed(struct intake *intake, struct str bytes);
/* The body has ended: the file is synced and has its place, unless limits said so. ERR_ARG: it is empty, or the form held none. */
enum err intake_finish(struct intake *intake);
/* Its row is committed: it stays. */
void intake_settle(struct intake *intake);

struct intake_result {
    struct str fid;
    struct str name; /* well-formed UTF-8 without a path or control characters; may be empty */
    struct media_type type;
    int64_t size;
    unsigned char sha256[INTAKE_SHA256_SIZE];
};
/* After intake_finish; lives as long as the intake. */
const struct intake_result *intake_result(const struct intake *intake);

/* What of a client's name for a file is kept: its last part, or nothing. */
struct str intake_name(struct str name);

#endif
