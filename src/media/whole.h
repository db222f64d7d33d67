/* whole.h: a file that came in parts, read once more from its first byte to
 * its last: whether it is what was promised, what kind of file it is, and
 * whether that may be so large. Then it has its place. Nobody may write to it
 * meanwhile: media/hold.h sees to that here, blob_open_whole on other nodes. Belongs to one thread at a time; may block. */
#ifndef IM_MEDIA_WHOLE_H
#define IM_MEDIA_WHOLE_H

#include "media/intake.h"

struct whole;

/* size and sha256: as promised. ERR_NOT_FOUND: nothing of it is coming in. ERR_BUSY: a part is, or
 * it is read already. */
enum err whole_new(const struct blobs *blobs, const struct intake_limits *limits, struct str fid, int64_t size,
                   struct str sha256, struct whole **out);
void whole_free(struct whole **whole); /* the file stays as it is */

/* A few megabytes of it. ERR_MORE: again. OK: it is what was promised, is synced and has its place, unless limits said so;
 * type is filled.
 * ERR_REJECTED: other bytes. ERR_TOO_LARGE: more than its kind may have. Or the disk's errors. */
enum err whole_step(struct whole *whole, struct media_type *type);

#endif
